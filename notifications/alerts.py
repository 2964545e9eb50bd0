"""Raise an alert, say "I'm on it", close it. Every function works in the caller's transaction and commits nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, case, func, insert, select, update
from sqlalchemy.orm import Session

from notifications import escalation, outbox, roster, sites, timers
from notifications.escalation import ESCALATING, WORTH_TELLING, Matter
from notifications.messages import TAKEN_CARE_OF
from notifications.outbox import Target
from notifications.policy import Audience
from notifications.tables import Alert, AlertKind, ChannelKind, LedgerLine, Notice, NoticeState

_AUDIENCE = {
    AlertKind.WAITING_TOO_LONG: (Audience.ON_DUTY, Audience.SUPERVISORS),
    AlertKind.BACK_TO_REASSIGNMENT: (Audience.SUPERVISORS,),
    AlertKind.KIOSK_OFFLINE: (Audience.ON_DUTY, Audience.SUPERVISORS),
    AlertKind.KIOSK_HOLDING: (Audience.ON_DUTY, Audience.SUPERVISORS),
    AlertKind.CONCERN: (Audience.ADMINISTRATORS,),
}
_ADD = insert(Alert).returning(Alert.id)
_OVERTAKEN = timedelta(seconds=2)  # so that the replacement of a notice in the air does not arrive before it
_DELIVERED = (NoticeState.SENDING, NoticeState.ACCEPTED)
_NEVER_LEFT = (NoticeState.FAILED, NoticeState.EXPIRED)
_TESTS = (AlertKind.TEST, AlertKind.CHANNEL_TEST)


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
    to: Sequence[int] | None,
    now: datetime,
    *,
    count: int = 1,
    without: Sequence[int] = (),
    carrier: int | None = None,
) -> int:
    """Tell the staff in `to`; None: whom the site's policy names for this kind, step by step. Returns the alert's id.

    `subject` is an opaque id, `path` the console page to open. No parameter takes a name or an answer.
    `without`: never tell these, such as the one whom a concern is about; it holds for kinds that tell one audience.
    `carrier`: whose a call is that is due.
    """
    values = {
        "kind": kind,
        "site_id": site_id,
        "site_name": site_name,
        "subject": subject,
        "path": path,
        "raised_at": now,
        "clock": now,
        "count": count,
        "deadline": now + WORTH_TELLING,
    }
    alert_id: int = session.connection().execute(_ADD, values).scalar_one()
    if to is None and kind in ESCALATING:
        rules = sites.rules(session, site_id)
        due = [escalation.begin(session, Matter(alert_id, kind, site_id, carrier), rules, now)]
        if kind is not AlertKind.CALLBACK_DUE:  # nobody stands in a queue for it
            too_long = now + timedelta(minutes=rules.waiting_too_long)
            due.append(timers.Setting(timers.WAITING, subject, too_long, site_id=site_id, path=path))
        timers.set_timers(session, due)
    else:
        chosen = _audience(session, kind, site_id, now) if to is None else to
        outbox.enqueue(session, alert_id, kind, [each for each in chosen if each not in without], now)
    return alert_id


def acknowledge(
    session: Session, alert_id: int, staff_id: int, now: datetime, by_device: int | None = None
) -> Acknowledgement:
    """ "I'm on it": the first one wins and everything pending is cancelled. Raises UnknownAlert.

    On the other phones that were told, the alert is replaced by "taken care of"; `by_device`: the subscription that
    said so, which knows. Saying it again gives the winner the site's time once more.
    """
    timers.drop_of_alerts(session, [alert_id])
    changed = session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=staff_id, deadline=now + WORTH_TELLING)
        .execution_options(synchronize_session="fetch")
    )
    alert = session.get(Alert, alert_id, populate_existing=True)
    if alert is None or alert.acknowledged_at is None or alert.acknowledged_by is None:
        raise UnknownAlert
    if cast("CursorResult[Any]", changed).rowcount == 1:
        escalation.note(session, alert_id, "acknowledged", now, staff_id=staff_id)
        _replace_on_phones(session, [alert_id], now, by_device)
        outbox.cancel_pending(session, [alert_id], now, but=TAKEN_CARE_OF)
    if alert.kind in ESCALATING and alert.closed_at is None:
        escalation.wait_for_an_end(session, alert_id, alert.site_id, now)
    return Acknowledgement(alert.acknowledged_by == staff_id, alert.acknowledged_by, alert.acknowledged_at)


def acknowledge_by_token(session: Session, token: str, now: datetime) -> Acknowledgement:
    """The same from a notification's own button, by the notice's token. Raises UnknownAlert."""
    notice = _notice(session, token)
    if notice.staff_id is None:  # a site's address is nobody's phone
        raise UnknownAlert
    said = acknowledge(session, notice.alert_id, notice.staff_id, now, notice.subscription_id)
    session.refresh(notice)
    notice.state = NoticeState.ACKNOWLEDGED
    notice.shown_at = notice.shown_at or now
    notice.acknowledged_at = notice.acknowledged_at or now
    notice.ended_at = None
    session.flush()
    return said


def shown(session: Session, token: str, now: datetime) -> None:
    """The device showed the notification. Reported again, or after the acknowledgement, it changes nothing."""
    notice = _notice(session, token)
    notice.shown_at = notice.shown_at or now
    if notice.state in _DELIVERED:
        notice.state = NoticeState.SHOWN
        notice.leased_until = None
    session.flush()


def close(session: Session, subject: str, now: datetime) -> None:
    """The matter is settled (assigned or closed): cancel everything pending about it, and say so on the phones."""
    for what in (timers.WAITING, timers.CALL):
        timers.drop(session, what, subject)
    open_ones = list(
        session.scalars(select(Alert.id).where(Alert.subject == subject, Alert.closed_at.is_(None)).order_by(Alert.id))
    )
    timers.drop_of_alerts(session, open_ones)
    closed = session.scalars(
        update(Alert)
        .where(Alert.id.in_(open_ones), Alert.closed_at.is_(None))
        .values(closed_at=now, deadline=now + WORTH_TELLING)
        .returning(Alert.id)
    ).all()
    for alert_id in closed:
        escalation.note(session, alert_id, "closed", now)
    _replace_on_phones(session, closed, now)
    outbox.cancel_pending(session, closed, now, but=TAKEN_CARE_OF)


def call_back(session: Session, site_id: int, subject: str, path: str, staff_id: int | None, due_at: datetime) -> None:
    """Tell the staff member, at that time, that a call is due; then by the site's policy those who lead it.

    None: those who lead it alone. Closing the subject forgets it.
    """
    timers.set_timer(session, timers.CALL, subject, due_at, site_id=site_id, staff_id=staff_id, path=path)


def of_subject(session: Session, subject: str) -> Sequence[Alert]:
    """Every alert about a subject, oldest first."""
    return session.scalars(select(Alert).where(Alert.subject == subject).order_by(Alert.id)).all()


def who_is_on_it(session: Session, subjects: Sequence[str]) -> dict[str, int]:
    """Staff ids by subject: who was the first to say "I'm on it"."""
    said = select(Alert.subject, Alert.acknowledged_by).where(
        Alert.subject.in_(subjects), Alert.acknowledged_by.is_not(None), Alert.kind.in_(ESCALATING)
    )
    first: dict[str, int] = {}
    for subject, staff_id in session.execute(said.order_by(Alert.acknowledged_at, Alert.id)):
        if staff_id is not None:
            first.setdefault(subject, staff_id)
    return first


def of_site(session: Session, site_id: int, limit: int, before: int | None = None) -> Sequence[Alert]:
    """A site's alerts, latest first; `before`: older than the one of this id. Concerns are not listed for a site."""
    older = Alert.id < before if before is not None else Alert.id > 0
    listed = Alert.site_id == site_id, Alert.kind != AlertKind.CONCERN, older
    query = select(Alert).where(*listed).order_by(Alert.id.desc()).limit(limit)
    return session.scalars(query).all()


def open_at(session: Session, site_id: int) -> int:
    """How many alerts of a site nobody has acknowledged."""
    counted = session.scalar(select(func.count()).where(Alert.site_id == site_id, _is_open()))
    return counted or 0


def unanswered(session: Session, site_ids: Sequence[int]) -> Sequence[Alert]:
    """Alerts that were told to every step and that nobody has acknowledged: what the red banner is for."""
    told = Alert.unanswered_since.is_not(None)
    return session.scalars(select(Alert).where(Alert.site_id.in_(site_ids), _is_open(), told).order_by(Alert.id)).all()


def ledger(session: Session, alert_id: int) -> Sequence[Notice]:
    """Who was told of an alert, by what, and what came of it."""
    return session.scalars(select(Notice).where(Notice.alert_id == alert_id).order_by(Notice.id)).all()


def told(session: Session, alert_id: int) -> int:
    """On how many devices and addresses people are being told of an alert, or were."""
    reached = Notice.state.not_in((*_NEVER_LEFT, NoticeState.CANCELLED))
    return session.scalar(select(func.count()).where(Notice.alert_id == alert_id, reached)) or 0


def lines(session: Session, alert_id: int) -> Sequence[LedgerLine]:
    """What happened to an alert as a whole."""
    return session.scalars(select(LedgerLine).where(LedgerLine.alert_id == alert_id).order_by(LedgerLine.id)).all()


def _is_open() -> ColumnElement[bool]:
    return Alert.kind.in_(ESCALATING) & Alert.acknowledged_at.is_(None) & Alert.closed_at.is_(None)


def _audience(session: Session, kind: AlertKind, site_id: int, now: datetime) -> list[int]:
    """Those whom the kind is for; when there are none, the administrators: nothing is said to nobody."""
    return roster.audience(session, site_id, _AUDIENCE[kind], now) or roster.audience(
        session, site_id, (Audience.ADMINISTRATORS,), now
    )


def _replace_on_phones(session: Session, alert_ids: Sequence[int], now: datetime, by_device: int | None = None) -> None:
    """Tell every phone that shows one of these, or may be getting it at this moment, that it is over: once."""
    last_said = func.max(Notice.id).filter(Notice.says != TAKEN_CARE_OF)
    last_replaced = func.coalesce(func.max(Notice.id).filter(Notice.says == TAKEN_CARE_OF), 0)
    in_the_air = func.max(case((Notice.state == NoticeState.SENDING, 1), else_=0))
    showing = session.execute(
        select(Notice.alert_id, Notice.staff_id, Notice.subscription_id, in_the_air)
        .join(Alert, Alert.id == Notice.alert_id)
        .where(
            Notice.alert_id.in_(alert_ids),
            Notice.subscription_id.is_not(None),
            Notice.sent_at.is_not(None),
            Notice.state.not_in(_NEVER_LEFT),
            Alert.kind.not_in(_TESTS),
        )
        .group_by(Notice.alert_id, Notice.staff_id, Notice.subscription_id)
        .having(last_said > last_replaced)
        .order_by(Notice.alert_id, Notice.subscription_id)
    ).all()
    for alert_id, staff_id, device, is_in_the_air in showing:
        if device != by_device:
            target = Target(staff_id, ChannelKind.WEB_PUSH, subscription_id=device)
            outbox.put(session, alert_id, TAKEN_CARE_OF, [target], now + _OVERTAKEN if is_in_the_air else now)


def _notice(session: Session, token: str) -> Notice:
    notice = session.scalar(select(Notice).where(Notice.token == token))
    if notice is None:
        raise UnknownAlert
    return notice
