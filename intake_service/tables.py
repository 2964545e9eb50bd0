"""People, places and what happened. Personal data is in EncryptedText columns and nowhere else."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText
from shared_schema.intake import PathwayType, Status


class Role(StrEnum):
    ADMINISTRATOR = "organizational administrator"
    SUPERVISOR = "peer supervisor"
    PEER_SPECIALIST = "peer specialist"
    VOLUNTEER = "volunteer"


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Site(Base):
    """A drop-in center. `greeting`, `where_to_wait`: by language. `languages`: what its kiosks offer, in order.

    `hours` is a shared_schema.hours.Hours; `kiosk_settings`, `queue_settings` hold what differs from their defaults.
    """

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    languages: Mapped[list[str]] = mapped_column(JSON)
    greeting: Mapped[dict[str, str]] = mapped_column(JSON)
    where_to_wait: Mapped[dict[str, str]] = mapped_column(JSON)
    hours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kiosk_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    queue_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Staff(Base):
    """Somebody who signs in. An administrator sees every site, anybody else those in StaffSite."""

    __tablename__ = "staff"
    __table_args__ = (_one_of("role", Role),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    caseload_eligible: Mapped[bool]
    capacity: Mapped[int] = mapped_column(default=12)
    languages: Mapped[list[str]] = mapped_column(JSON)
    sites: Mapped[list[Site]] = relationship(secondary="staff_site", order_by="Site.name")


class StaffSite(Base):
    __tablename__ = "staff_site"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)


class StaffSession(Base):
    """A signed-in browser. Only the digest of its token is kept, so a copied database signs nobody in."""

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Kiosk(Base):
    """A device at a site. It is paired once with a code that expires; codes and credentials are kept as digests."""

    __tablename__ = "kiosk"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    pairing_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    pairing_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    credential_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    enrolled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    app_version: Mapped[str | None] = mapped_column(String(40))
    held: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    site: Mapped[Site] = relationship()


class Participant(Base):
    """A person seeking peer support. `queue_number` orders the waiting: the sequence of the intake that began it."""

    __tablename__ = "participant"
    __table_args__ = (
        _one_of("status", Status),
        _one_of("pathway", PathwayType),
        Index(None, "site_id", "status", "urgent", "queue_number"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    status: Mapped[str] = mapped_column(String(20))
    pathway: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(EncryptedText)
    """What to call the person; the ticket's words when no name was given."""
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(String(20))
    urgent: Mapped[bool]
    queue_number: Mapped[int] = mapped_column(BigId)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime)
    site: Mapped[Site] = relationship()


class Intake(Base):
    """A received brief intake, unchanged for good. `answers` is the record's answers as JSON, encrypted.

    The intake is written before its participant, whose queue number is the intake's sequence: hence the deferred key.
    """

    __tablename__ = "intake"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number is never given twice

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    participant_id: Mapped[UUID] = mapped_column(
        ForeignKey("participant.id", deferrable=True, initially="DEFERRED"), index=True
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosk.id"))
    form_name: Mapped[str] = mapped_column(String(40))
    form_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(20))
    express: Mapped[bool]
    urgent: Mapped[bool]
    ticket: Mapped[str] = mapped_column(String(40))
    answers: Mapped[str] = mapped_column(EncryptedText)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proof: Mapped[str] = mapped_column(String(64))
    content_mac: Mapped[str] = mapped_column(String(64))
    """Keyed digest of the record: tells a repeat from another content under the same id, and tells nothing else."""
    participant: Mapped[Participant] = relationship()


class Assignment(Base):
    """Who carries a participant. The database allows one current row (without an end) per participant."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_current",
            "participant_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "staff_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    assigned_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    assigner: Mapped[Staff] = relationship(foreign_keys=[assigned_by])


class Event(Base):
    """Something that happened to a participant's record, including a look at it. Rows are only ever added."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    kiosk_id: Mapped[UUID | None] = mapped_column(ForeignKey("kiosk.id"))
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(EncryptedText)


class KeyInUse(Base):
    """A key of the keys folder that this database's contents need. Without it the service does not start."""

    __tablename__ = "key_in_use"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
