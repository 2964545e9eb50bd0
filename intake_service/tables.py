"""People, places and what happened. Personal data is in EncryptedText columns and nowhere else."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText
from shared_schema.intake import PathwayType, Status


class Role(StrEnum):
    ADMINISTRATOR = "organizational administrator"
    SUPERVISOR = "peer supervisor"
    PEER_SPECIALIST = "peer specialist"
    VOLUNTEER = "volunteer"


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The database itself takes no other word."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Site(Base):
    """A drop-in center. `greeting`, `where_to_wait`: by language. `languages`: what its kiosks offer, in order.

    `hours` is a shared_schema.hours.Hours; `kiosk_settings`, `queue_settings`, `records_settings` hold what differs
    from their defaults.
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
    records_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Staff(Base):
    """Somebody who signs in. An administrator sees every site, anybody else those in StaffSite."""

    __tablename__ = "staff"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(255))
    """See passwords.py; NO_PASSWORD until an invitation is taken up."""
    directory_subject: Mapped[str | None] = mapped_column(String(255), index=True, unique=True)
    """Who this is in the organization's directory (OpenID Connect `sub`)."""
    active: Mapped[bool] = mapped_column(default=True)
    caseload_eligible: Mapped[bool]
    capacity: Mapped[int] = mapped_column(default=12)
    languages: Mapped[list[str]] = mapped_column(JSON)
    gender: Mapped[str | None] = mapped_column(String(10))
    """`woman` or `man` when the person says so, because participants may ask for one; never inferred."""
    strengths: Mapped[list[str]] = mapped_column(JSON, default=list)
    """shared_schema.peer_functions.PeerFunction values."""
    sites: Mapped[list[Site]] = relationship(secondary="staff_site", order_by="Site.name")


class StaffSite(Base):
    __tablename__ = "staff_site"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)


class StaffSession(Base):
    """A signed-in browser. Only the digest of its token is kept, so a copied database signs nobody in.

    It keeps the terms that it began with: `idle_minutes`, and `enrolling`, which opens nothing but the pages where a
    second factor is added. `proved_at`: when the person last proved who they are.
    """

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    idle_minutes: Mapped[int]
    enrolling: Mapped[bool]
    browser: Mapped[str] = mapped_column(String(80))
    """Such as "Firefox on Linux", for the person's own list."""


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
    """A person seeking peer support. Changed in intake_service/changes.py alone: each change adds 1 to `revision`.

    `queue_number` and `id` order the waiting: the newest intake's sequence when the wait began. `intake_sequence` is
    the participant's own newest intake. `held_status`: what reassigning restores, set while Needs Reassignment.
    `joined_into`: this record turned out to be somebody already known; it is in no list any more and is kept whole.
    `erased_at`: nothing personal is left of it, see erasure.py; nobody sees it any more, and it still counts.
    """

    __tablename__ = "participant"
    __table_args__ = (
        one_of("status", Status),
        one_of("pathway", PathwayType),
        CheckConstraint(f"(status = '{Status.NEEDS_REASSIGNMENT}') = (held_status IS NOT NULL)", name="held_status"),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        Index(None, "site_id", "status", "urgent", "queue_number", "id"),
        Index(None, "site_id", "queue_number", "id"),
        Index(None, "site_id", "language", "status", "urgent", "queue_number", "id"),
        Index(None, "site_id", "pathway", "status", "urgent", "queue_number", "id"),
        Index(None, "joined_into"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    status: Mapped[str] = mapped_column(String(20))
    held_status: Mapped[str | None] = mapped_column(String(20))
    pathway: Mapped[str] = mapped_column(String(30))
    tier: Mapped[int | None]
    name: Mapped[str] = mapped_column(EncryptedText("participant.name"))
    """What to call the person; the ticket's words when no name was given."""
    phone: Mapped[str | None] = mapped_column(EncryptedText("participant.phone"))
    language: Mapped[str] = mapped_column(String(20))
    urgent: Mapped[bool]
    queue_number: Mapped[int] = mapped_column(BigId)
    intake_sequence: Mapped[int] = mapped_column(BigId)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=1)
    joined_into: Mapped[UUID | None] = mapped_column(ForeignKey("participant.id"))
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    site: Mapped[Site] = relationship()

    @property
    def is_urgent_still(self) -> bool:
        """Urgent at the intake, and nobody has said since that the full intake is done or that they left."""
        return self.urgent and self.status not in {Status.ACTIVE, Status.DISCHARGED}


class Intake(Base):
    """A received brief intake, unchanged until it is erased. `answers` is the record's answers as JSON, encrypted.

    Of an erased one `ticket` is empty and `answers` hold the consent alone, or nothing.

    It was completed at a kiosk or by a staff member. It is written before its participant, whose queue number is the
    intake's sequence: hence the deferred key.
    """

    __tablename__ = "intake"
    __table_args__ = (
        CheckConstraint("(kiosk_id IS NULL) <> (staff_id IS NULL)", name="completed_by"),
        {"sqlite_autoincrement": True},  # a number is never given twice
    )

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    participant_id: Mapped[UUID] = mapped_column(
        ForeignKey("participant.id", deferrable=True, initially="DEFERRED"), index=True
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kiosk_id: Mapped[UUID | None] = mapped_column(ForeignKey("kiosk.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    form_name: Mapped[str] = mapped_column(String(40))
    form_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(20))
    express: Mapped[bool]
    urgent: Mapped[bool]
    ticket: Mapped[str] = mapped_column(String(40))
    answers: Mapped[str] = mapped_column(EncryptedText("intake.answers"))
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proof: Mapped[str] = mapped_column(String(64))
    content_mac: Mapped[str] = mapped_column(String(64))
    """Keyed digest of the record: tells a repeat from another content under the same id, and tells nothing else."""
    participant: Mapped[Participant] = relationship()


class NameToken(Base):
    """A keyed token that an intake can be found by; see names.py. Ordered so that the newest of a site come first."""

    __tablename__ = "name_token"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """The intake's. No foreign key: it is written in the intake's own transaction, many at once, and never changed."""


class PossibleDuplicate(Base):
    """A participant who may be somebody known, with what speaks for it; decided by a person, and undone by one.

    `before`: how the kept record stood before the join, for undoing it; see duplicates.py.
    """

    __tablename__ = "possible_duplicate"
    __table_args__ = (UniqueConstraint("participant_id", "known_id"), Index(None, "known_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    known_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    name_alike: Mapped[int | None]
    """Of 100; None when a name was not given or is not alike."""
    same_phone: Mapped[bool]
    same_day: Mapped[bool]
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[str | None] = mapped_column(String(20))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    participant: Mapped[Participant] = relationship(foreign_keys=[participant_id])
    known: Mapped[Participant] = relationship(foreign_keys=[known_id])
    decider: Mapped[Staff | None] = relationship(foreign_keys=[decided_by])


class UrgentCall(Base):
    """Somebody at a kiosk needs a person now, before the intake of this id is finished. It holds no answer.

    `called_at` is the kiosk's clock, `received_at` ours. `queue_number`: the place in the queue that the intake takes.
    `ended_at`: the intake has arrived, or `closed_by` has closed it.
    """

    __tablename__ = "urgent_call"
    __table_args__ = (Index(None, "site_id", "ended_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    intake_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosk.id"))
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    queue_number: Mapped[int] = mapped_column(BigId)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    site: Mapped[Site] = relationship()
    kiosk: Mapped[Kiosk] = relationship()
    closer: Mapped[Staff | None] = relationship()


class Assignment(Base):
    """Who carries a participant. The database allows one current row (without an end) per participant.

    `rank` of `ranked`: where matching had put the chosen one among how many. `removal_id`: ended by that removal.
    """

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
        Index(None, "removal_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    assigned_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rank: Mapped[int | None]
    ranked: Mapped[int | None]
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("staff_removal.id"))
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    assigner: Mapped[Staff] = relationship(foreign_keys=[assigned_by])


class StaffRemoval(Base):
    """A staff member left; undone when it was a mistake and nobody of theirs was reassigned yet.

    `designated_at`: the sites whose alerts they had got.
    """

    __tablename__ = "staff_removal"
    __table_args__ = (
        Index(
            "uq_staff_removal_standing",
            "staff_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    removed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(EncryptedText("staff_removal.reason"))
    designated_at: Mapped[list[int]] = mapped_column(JSON)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    remover: Mapped[Staff] = relationship(foreign_keys=[removed_by])


class Event(Base):
    """Something that happened to a participant's record, including a look at it. Rows are only ever added.

    `action`: a workflow.Action. `staff_id`: who did it. `from_staff_id`, `to_staff_id`: who carried and who carries the
    participant. `from_value`, `to_value`: pathway types, or tiers.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    kiosk_id: Mapped[UUID | None] = mapped_column(ForeignKey("kiosk.id"))
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    from_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    to_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    from_value: Mapped[str | None] = mapped_column(String(40))
    to_value: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(EncryptedText("event.reason"))
    participant: Mapped[Participant] = relationship()
    staff: Mapped[Staff | None] = relationship(foreign_keys=[staff_id])
    from_staff: Mapped[Staff | None] = relationship(foreign_keys=[from_staff_id])
    to_staff: Mapped[Staff | None] = relationship(foreign_keys=[to_staff_id])


class Callback(Base):
    """Somebody is to be called. Of a participant there is one that has not ended.

    `ended_by` has called (`called`), or has called it off; the event beside it has the words.
    """

    __tablename__ = "callback"
    __table_args__ = (
        Index(
            "uq_callback_open",
            "participant_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"), index=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    called: Mapped[bool] = mapped_column(default=False)
    setter: Mapped[Staff] = relationship(foreign_keys=[set_by])


class Concern(Base):
    """A worry that staff have written down for the administrators, and what they did about it. Nobody else reads it.

    `about_staff_id`: a colleague it names, who is never told of it and never sees it. The page makes the id.
    """

    __tablename__ = "concern"
    __table_args__ = (Index(None, "closed_at", "written_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    written_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    about_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str] = mapped_column(EncryptedText("concern.words"))
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(EncryptedText("concern.outcome"))
    participant: Mapped[Participant] = relationship()
    writer: Mapped[Staff] = relationship(foreign_keys=[written_by])
    about: Mapped[Staff | None] = relationship(foreign_keys=[about_staff_id])
    acknowledger: Mapped[Staff | None] = relationship(foreign_keys=[acknowledged_by])
    closer: Mapped[Staff | None] = relationship(foreign_keys=[closed_by])


class KeyInUse(Base):
    """A key of the keys folder that this database's contents need. Without it the service does not start."""

    __tablename__ = "key_in_use"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
