"""Raise an alert, say "I'm on it", close it. Every function works in the caller's transaction and commits nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from notifications import outbox
from notifications.tables import Alert, AlertKind, Notice, NoticeState

_WORTH_TELLING = timedelta(minutes=30)  # later than that the console's queue tells the truth better than a push

_DELIVERED = (NoticeState.SENDING, NoticeState.ACCEPTED)


class UnknownAlert(Exception):
    """No such alert, or no such token."""


@dataclass(frozen=True)
class Acknowledgement:
    """Who is on it since when. `won`: it is the one who asked just now."""

    won: bool
    by: int
    at: datetime


def raise_alert(
    session: Session,
    kind: AlertKind,
    site_id: int,
    site_name: str,
    subject: str,
    path: str,
    to: Sequence[int],
    now: datetime,
) -> int:
    """Tell the staff in `to`, on every device they have. Returns the alert's id.

    `subject` is an opaque id, `path` the console page to open. No parameter takes a name or an answer.
    """
    values = {
        "kind": kind,
        "site_id": site_id,
        "site_name": site_name,
        "subject": subject,
        "path": path,
        "raised_at": now,
        "deadline": now + _WORTH_TELLING,
    }
    alert_id = session.execute(insert(Alert).values(values).returning(Alert.id)).scalar_one()
    outbox.enqueue(session, alert_id, to, now)
    return alert_id


def acknowledge(session: Session, alert_id: int, staff_id: int, now: datetime) -> Acknowledgement:
    """ "I'm on it": the first one wins and everything pending is cancelled. Raises UnknownAlert."""
    changed = session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=staff_id)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", changed).rowcount == 1:
        outbox.cancel_pending(session, [alert_id])
        return Acknowledgement(True, staff_id, now)
    alert = session.get(Alert, alert_id, populate_existing=True)
    if alert is None or alert.acknowledged_at is None or alert.acknowledged_by is None:
        raise UnknownAlert
    return Acknowledgement(alert.acknowledged_by == staff_id, alert.acknowledged_by, alert.acknowledged_at)


def acknowledge_by_token(session: Session, token: str, now: datetime) -> Acknowledgement:
    """The same from a notification's own button, by the notice's token. Raises UnknownAlert."""
    notice = _notice(session, token)
    notice.state = NoticeState.ACKNOWLEDGED
    notice.shown_at = notice.shown_at or now
    notice.acknowledged_at = notice.acknowledged_at or now
    session.flush()
    return acknowledge(session, notice.alert_id, notice.staff_id, now)


def shown(session: Session, token: str, now: datetime) -> None:
    """The device showed the notification. Reported again, or after the acknowledgement, it changes nothing."""
    notice = _notice(session, token)
    notice.shown_at = notice.shown_at or now
    if notice.state in _DELIVERED:
        notice.state = NoticeState.SHOWN
        notice.leased_until = None
    session.flush()


def close(session: Session, subject: str, now: datetime) -> None:
    """The matter is settled (assigned or closed): cancel everything pending about it."""
    closed = session.scalars(
        update(Alert)
        .where(Alert.subject == subject, Alert.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Alert.id)
    ).all()
    outbox.cancel_pending(session, closed)


def of_subject(session: Session, subject: str) -> Sequence[Alert]:
    """Every alert about a subject, oldest first."""
    return session.scalars(select(Alert).where(Alert.subject == subject).order_by(Alert.id)).all()


def ledger(session: Session, alert_id: int) -> Sequence[Notice]:
    """Who was told of an alert, by what, and what came of it."""
    return session.scalars(select(Notice).where(Notice.alert_id == alert_id).order_by(Notice.id)).all()


def _notice(session: Session, token: str) -> Notice:
    notice = session.scalar(select(Notice).where(Notice.token == token))
    if notice is None:
        raise UnknownAlert
    return notice
