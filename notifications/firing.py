"""What timers do when their time has come."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifications import alerts, duty, escalation, sites, timers
from notifications.sites import Rules
from notifications.tables import Alert, AlertKind, Timer

_AGAIN = timedelta(minutes=1)  # one that cannot be fired must not keep the others from it

_log = logging.getLogger(__name__)


def fire_due(session: Session, now: datetime, limit: int) -> int:
    """Fire up to `limit` timers that are due; how many there were.

    All in one savepoint, whose changes are written together. Should one of them fail, each in its own: a bad one stays
    alone.
    """
    due = timers.take(session, now, limit)
    if not due:
        return 0
    known = _Known(session, due)
    try:
        with session.begin_nested():
            for timer in due:
                _FIRE[timer.what](session, timer, known, now)
    except OperationalError:
        raise
    except Exception:  # what it is comes again, and is told then
        _fire_each_alone(session, [timer.id for timer in due], known, now)
    return len(due)


def _fire_each_alone(session: Session, due: list[int], known: "_Known", now: datetime) -> None:
    for timer_id in due:
        timer = session.get_one(Timer, timer_id)
        what = timer.what
        try:
            with session.begin_nested():
                _FIRE[what](session, timer, known, now)
        except OperationalError:
            raise
        except Exception as error:
            _log.error("a timer (%s) could not be fired (%s); again in a minute", what, type(error).__name__)
            timers.put_off(session, timer_id, now + _AGAIN)


class _Known:
    """What a batch of timers is about, read once: their alerts, locked until the transaction ends, and sites' rules."""

    def __init__(self, session: Session, due: list[Timer]) -> None:
        self._session = session
        ids = [timer.alert_id for timer in due if timer.alert_id is not None]
        locked = select(Alert).where(Alert.id.in_(ids)).order_by(Alert.id).with_for_update()
        found = session.scalars(locked.execution_options(populate_existing=True)) if ids else ()
        self._alerts = {alert.id: alert for alert in found}
        self._rules: dict[int, Rules] = {}

    def alert(self, timer: Timer) -> Alert:
        return self._alerts[timer.alert_id or 0]

    def rules(self, site_id: int) -> Rules:
        if site_id not in self._rules:
            self._rules[site_id] = sites.rules(self._session, site_id)
        return self._rules[site_id]


def _step(session: Session, timer: Timer, known: _Known, now: datetime) -> None:
    alert = known.alert(timer)
    escalation.fire_step(session, timer, alert, known.rules(alert.site_id), now)


def _comes_back(session: Session, timer: Timer, known: _Known, now: datetime) -> None:
    alert = known.alert(timer)
    escalation.fire_comes_back(session, timer, alert, known.rules(alert.site_id), now)


def _shift(session: Session, timer: Timer, _known: _Known, now: datetime) -> None:
    duty.fire_shift(session, timer, now)


def _waiting(session: Session, timer: Timer, _known: _Known, now: datetime) -> None:
    """Still nobody was assigned: closing the matter would have deleted the timer."""
    session.delete(timer)
    _raise(session, AlertKind.WAITING_TOO_LONG, timer, now)


def _call(session: Session, timer: Timer, _known: _Known, now: datetime) -> None:
    """By the site's policy, beginning with whoever carries the participant."""
    session.delete(timer)
    site_id = timer.site_id or 0
    name = sites.name(session, site_id)
    kind, carrier = AlertKind.CALLBACK_DUE, timer.staff_id
    alerts.raise_alert(session, kind, site_id, name, timer.subject, timer.path, None, now, carrier=carrier)


def _kiosk(session: Session, timer: Timer, _known: _Known, now: datetime) -> None:
    """It was not heard from: its next sign of life sets the timer anew."""
    session.delete(timer)
    _raise(session, AlertKind.KIOSK_OFFLINE, timer, now)


def _raise(session: Session, kind: AlertKind, timer: Timer, now: datetime) -> None:
    site_id = timer.site_id or 0
    name = sites.name(session, site_id)
    alerts.raise_alert(session, kind, site_id, name, timer.subject, timer.path, None, now)


_FIRE: dict[str, Callable[[Session, Timer, _Known, datetime], None]] = {
    timers.STEP: _step,
    timers.COMES_BACK: _comes_back,
    timers.WAITING: _waiting,
    timers.CALL: _call,
    timers.KIOSK: _kiosk,
    timers.SHIFT: _shift,
}
