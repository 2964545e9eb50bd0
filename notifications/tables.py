"""Who is told, what about, and what came of each send. Staff and sites are known here by their id alone."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.db import Base, BigId, UtcDateTime


class AlertKind(StrEnum):
    READY_FOR_ASSIGNMENT = "ready_for_assignment"
    URGENT = "urgent"
    ASSIGNED_TO_YOU = "assigned_to_you"
    TEST = "test"


class NoticeState(StrEnum):
    """queued -> sending (leased by a worker) -> accepted by the push service -> shown on the phone -> acknowledged."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SHOWN = "shown"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PushSubscription(Base):
    """One browser of one staff member. `suspect_since`: the push service refused us; an operator must look.

    An id is never given twice: notices still on their way to a removed device must not reach another one.
    """

    __tablename__ = "push_subscription"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigId, index=True)
    endpoint: Mapped[str] = mapped_column(String(1024), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(32))
    device_name: Mapped[str] = mapped_column(String(80))
    device_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the secret in the browser's cookie: it is still the same device when its endpoint has changed."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspect_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RosterEntry(Base):
    """A staff member at a site: designated to be told or not, on duty since when or not at all."""

    __tablename__ = "roster_entry"
    __table_args__ = (UniqueConstraint("site_id", "staff_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(BigId)
    staff_id: Mapped[int] = mapped_column(BigId, index=True)
    designated: Mapped[bool]
    on_duty_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Alert(Base):
    """Something that people are told about. `subject` is an opaque id (the intake's), `path` the console page it opens.

    No column can hold a name or an answer: the text is made from kind and site alone.
    """

    __tablename__ = "alert"
    __table_args__ = (Index(None, "site_id", "raised_at"), Index(None, "subject"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    site_id: Mapped[int] = mapped_column(BigId)
    site_name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[int | None] = mapped_column(BigId)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """One send of one alert to one device: the outbox row and the line of the delivery ledger."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "state", "next_try_at"), Index(None, "alert_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"))
    staff_id: Mapped[int] = mapped_column(BigId)
    channel: Mapped[str] = mapped_column(String(20))
    subscription_id: Mapped[int | None] = mapped_column(BigId)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    """Random, in the payload: the service worker reports "shown" and "I'm on it" with it."""
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(String(200))
