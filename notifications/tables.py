"""Who is told, what about, and what came of each send. Staff and sites are known here by their id alone."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText


class AlertKind(StrEnum):
    READY_FOR_ASSIGNMENT = "ready_for_assignment"
    URGENT = "urgent"
    ASSIGNED_TO_YOU = "assigned_to_you"
    TRANSFERRED = "transferred"
    WAITING_TOO_LONG = "waiting_too_long"
    BACK_TO_REASSIGNMENT = "back_to_reassignment"
    KIOSK_OFFLINE = "kiosk_offline"
    KIOSK_HOLDING = "kiosk_holding"
    CONCERN = "concern"
    CALLBACK_DUE = "callback_due"
    CATCH_UP = "catch_up"
    SHIFT_BEGINS = "shift_begins"
    CHANNEL_TEST = "channel_test"
    TEST = "test"


class ChannelKind(StrEnum):
    WEB_PUSH = "web_push"
    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"


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

    Endpoint and keys are what reaches the person's device, so they are encrypted; `endpoint_digest` finds it.
    `vapid_key_id`: of the key that it was made with; empty is the first one (see notifications/vapid.py).
    An id is never given twice: notices still on their way to a removed device must not reach another one.
    """

    __tablename__ = "push_subscription"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigId, index=True)
    endpoint: Mapped[str] = mapped_column(
        EncryptedText("push_subscription.endpoint"), deferred=True, deferred_group="reach"
    )
    endpoint_digest: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(
        EncryptedText("push_subscription.p256dh"), deferred=True, deferred_group="reach"
    )
    auth: Mapped[str] = mapped_column(EncryptedText("push_subscription.auth"), deferred=True, deferred_group="reach")
    vapid_key_id: Mapped[str] = mapped_column(String(16), default="")
    device_name: Mapped[str] = mapped_column(String(80))
    device_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the secret in the browser's cookie: it is still the same device when its endpoint has changed."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspect_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RosterEntry(Base):
    """A staff member at a site: designated to be told or not, on duty from when to when or not at all.

    `role`: the step of the policy that their role puts them in, told by the service: "", `supervisors` or
    `administrators`. `step` is an administrator's other choice, None as long as there is none; "" is none of the two.
    `by_schedule`: what the weekly schedule does when a shift begins: `ask` or `set` duty.
    """

    __tablename__ = "roster_entry"
    __table_args__ = (UniqueConstraint("site_id", "staff_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(BigId)
    staff_id: Mapped[int] = mapped_column(BigId, index=True)
    designated: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(20), default="")
    step: Mapped[str | None] = mapped_column(String(20))
    on_duty_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    on_duty_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_schedule: Mapped[str] = mapped_column(String(10), default="ask")

    def is_on_duty(self, now: datetime) -> bool:
        return self.on_duty_since is not None and (self.on_duty_until is None or now < self.on_duty_until)


class Shift(Base):
    """A weekly time at which somebody means to be on duty, in the site's time zone. `weekday`: `mon` to `sun`."""

    __tablename__ = "shift"
    __table_args__ = (Index(None, "site_id", "staff_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(BigId)
    staff_id: Mapped[int] = mapped_column(BigId)
    weekday: Mapped[str] = mapped_column(String(3))
    begins: Mapped[time]
    ends: Mapped[time]


class Recipient(Base):
    """What is to be known of a staff member to tell them something: the language. The service keeps it."""

    __tablename__ = "recipient"

    staff_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(20))


class AlertSite(Base):
    """What is to be known of a site to tell of it. The service keeps all of it but the policy.

    `waiting_too_long`: minutes. `policy`: what differs from notifications.policy.Policy's defaults.
    """

    __tablename__ = "alert_site"

    site_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(64))
    waiting_too_long: Mapped[int]
    policy: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Channel(Base):
    """An address beside web push: a person's own, or a site's (`staff_id` is None). It counts once it is confirmed.

    `code`: what the test message carries; typing it in confirms the channel. `failing_since`: sends fail.
    """

    __tablename__ = "channel"
    __table_args__ = (Index(None, "staff_id"), Index(None, "site_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int | None] = mapped_column(BigId)
    site_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(EncryptedText("channel.address"), deferred=True)
    code: Mapped[str | None] = mapped_column(String(6))
    code_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


_OPEN = "acknowledged_at IS NULL AND closed_at IS NULL"


class Alert(Base):
    """Something that people are told about. `subject` is an opaque id (the intake's), `path` the console page it opens.

    No column can hold a name or an answer: the text is made from kind, site and `count` alone. `step` is the policy's
    that was told last; its times count from `clock`. `unanswered_since`: every step was told and nobody came.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(None, "site_id", "raised_at"),
        Index(None, "subject"),
        Index("ix_alert_open", "site_id", "kind", sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    site_id: Mapped[int] = mapped_column(BigId)
    site_name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(default=1)
    deadline: Mapped[datetime] = mapped_column(UtcDateTime)
    clock: Mapped[datetime | None] = mapped_column(UtcDateTime)
    step: Mapped[int] = mapped_column(default=0)
    unanswered_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[int | None] = mapped_column(BigId)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """One send of one alert to one device or address: the outbox row and the line of the delivery ledger.

    `says`: an AlertKind, or one of notifications.messages' words about an alert. A site's address has no `staff_id`.
    """

    __tablename__ = "notice"
    __table_args__ = (Index(None, "state", "next_try_at"), Index(None, "alert_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"))
    staff_id: Mapped[int | None] = mapped_column(BigId)
    says: Mapped[str] = mapped_column(String(40))
    step: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(20))
    subscription_id: Mapped[int | None] = mapped_column(BigId)
    channel_id: Mapped[int | None] = mapped_column(BigId)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    """Random, in the payload: the service worker reports "shown" and "I'm on it" with it."""
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last try began."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it failed, expired or was cancelled."""
    failure: Mapped[str | None] = mapped_column(String(200))


class LedgerLine(Base):
    """What happened to an alert as a whole, beside its notices. Rows are only ever added."""

    __tablename__ = "ledger_line"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    what: Mapped[str] = mapped_column(String(20))
    step: Mapped[int | None]
    staff_id: Mapped[int | None] = mapped_column(BigId)


class Timer(Base):
    """Something to do at a time. Of a `what` and `subject` there is one; whoever fires it moves it on or deletes it."""

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("what", "subject"), Index(None, "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    what: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"), index=True)
    step: Mapped[int] = mapped_column(default=0)
    site_id: Mapped[int | None] = mapped_column(BigId)
    staff_id: Mapped[int | None] = mapped_column(BigId)
    path: Mapped[str] = mapped_column(String(200), default="")


class Lease(Base):
    """Who alone may do something until when: on SQLite one worker sends."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(32))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
