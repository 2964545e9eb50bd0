"""The delivery ledger that workers share: enqueue with the cause, claim with a lease, settle with what came of it.

A row is marked as being sent before it is sent. When a worker dies its lease runs out and the notice is sent again with
the same tag and token: at least once on the wire, once for the person.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, and_, insert, or_, select, update
from sqlalchemy.orm import Session

from notifications.messages import Message
from notifications.signals import OUTBOX, signal
from notifications.tables import Alert, AlertKind, Notice, NoticeState, PushSubscription

NO_DEVICE = "no device has alerts turned on"
_PENDING = (NoticeState.QUEUED, NoticeState.SENDING)


@dataclass(frozen=True)
class Claimed:
    """A notice that this worker may send until `leased_until`. Without an endpoint the device was removed meanwhile."""

    notice_id: int
    leased_until: datetime
    attempts: int
    deadline: datetime
    message: Message
    subscription_id: int | None
    endpoint: str | None
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Outcome:
    """What came of a send: the new state, why, and when to try again if it is queued once more.

    `attempted`: false when it was put back without a try, which must not count for the next one's wait.
    """

    state: NoticeState
    failure: str | None = None
    next_try_at: datetime | None = None
    attempted: bool = True


def enqueue(session: Session, alert_id: int, to: Sequence[int], now: datetime) -> None:
    """One notice per device of each person; for somebody without a device a line that says so."""
    devices = select(PushSubscription.staff_id, PushSubscription.id).where(PushSubscription.staff_id.in_(to))
    found = [(staff_id, subscription_id) for staff_id, subscription_id in session.execute(devices)]
    unreachable = [(staff_id, None) for staff_id in to if staff_id not in {staff_id for staff_id, _ in found}]
    rows = [
        {
            "alert_id": alert_id,
            "staff_id": staff_id,
            "channel": "web_push",
            "subscription_id": subscription_id,
            "token": secrets.token_urlsafe(24),
            "state": NoticeState.QUEUED if subscription_id else NoticeState.FAILED,
            "failure": None if subscription_id else NO_DEVICE,
            "next_try_at": now,
            "queued_at": now,
        }
        for staff_id, subscription_id in [*found, *unreachable]
    ]
    if rows:
        session.execute(insert(Notice), rows)
        signal(session, OUTBOX)


def claim(session: Session, now: datetime, lease: timedelta, limit: int) -> list[Claimed]:
    """Take up to `limit` notices that are due, oldest first, marked as being sent. Overdue ones expire.

    Workers never get the same row: PostgreSQL skips locked rows, and SQLite's session holds the write lock from its
    beginning (`db.writing`).
    """
    due = or_(
        and_(Notice.state == NoticeState.QUEUED, Notice.next_try_at <= now),
        and_(Notice.state == NoticeState.SENDING, Notice.leased_until < now),
    )
    ids = session.scalars(
        select(Notice.id).where(due).order_by(Notice.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    leased_until = now + lease
    rows = session.execute(
        select(Notice, Alert, PushSubscription)
        .join(Alert, Alert.id == Notice.alert_id)
        .outerjoin(PushSubscription, PushSubscription.id == Notice.subscription_id)
        .where(Notice.id.in_(ids))
        .order_by(Notice.id)
    )
    claimed = []
    for notice, alert, subscription in rows:
        if alert.deadline <= now:
            notice.state = NoticeState.EXPIRED
            notice.failure = "too late: nobody could be reached in time"
            continue
        notice.state = NoticeState.SENDING
        notice.leased_until = leased_until
        notice.attempts += 1
        claimed.append(_claimed(notice, alert, subscription))
    session.flush()
    return claimed


def settle(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write what came of a send. False: the notice is no longer ours (cancelled, lease ran out); nothing is written."""
    values: dict[str, Any] = {"state": outcome.state, "failure": outcome.failure, "leased_until": None}
    if outcome.state is NoticeState.ACCEPTED:
        values["accepted_at"] = now
    if not outcome.attempted:
        values["attempts"] = Notice.attempts - 1
    if outcome.next_try_at is not None:
        values["next_try_at"] = outcome.next_try_at
    changed = session.execute(
        update(Notice)
        .where(
            Notice.id == claimed.notice_id,
            Notice.state == NoticeState.SENDING,
            Notice.leased_until == claimed.leased_until,
        )
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", changed).rowcount == 1


def cancel_pending(session: Session, alert_ids: Sequence[int]) -> None:
    """Nobody else needs to be told: what was not sent yet will not be."""
    session.execute(
        update(Notice)
        .where(Notice.alert_id.in_(alert_ids), Notice.state.in_(_PENDING))
        .values(state=NoticeState.CANCELLED, leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _claimed(notice: Notice, alert: Alert, subscription: PushSubscription | None) -> Claimed:
    assert notice.leased_until is not None  # noqa: S101  (set by the caller)
    return Claimed(
        notice_id=notice.id,
        leased_until=notice.leased_until,
        attempts=notice.attempts,
        deadline=alert.deadline,
        message=Message(AlertKind(alert.kind), alert.site_name, alert.id, alert.path, notice.token),
        subscription_id=subscription.id if subscription else None,
        endpoint=subscription.endpoint if subscription else None,
        p256dh=subscription.p256dh if subscription else "",
        auth=subscription.auth if subscription else "",
    )
