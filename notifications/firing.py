"""What timers do when their time has come."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifications import alerts, duty, escalation, sites, timers
from notifications.tables import AlertKind, Timer

_AGAIN = timedelta(minutes=1)  # one that cannot be fired must not keep the others from it

_log = logging.getLogger(__name__)


def fire_due(session: Session, now: datetime, limit: int) -> int:
    """Fire up to `limit` timers that are due; how many there were. Each in a savepoint: a bad one stays alone."""
    due = timers.take(session, now, limit)
    for timer in due:
        what, timer_id = timer.what, timer.id
        try:
            with session.begin_nested():
                _FIRE[what](session, timer, now)
        except OperationalError:
            raise
        except Exception as error:
            _log.error("a timer (%s) could not be fired (%s); again in a minute", what, type(error).__name__)
            timers.put_off(session, timer_id, now + _AGAIN)
    return len(due)


def _waiting(session: Session, timer: Timer, now: datetime) -> None:
    """Still nobody was assigned: closing the matter would have deleted the timer."""
    session.delete(timer)
    _raise(session, AlertKind.WAITING_TOO_LONG, timer, now)


def _call(session: Session, timer: Timer, now: datetime) -> None:
    """By the site's policy, beginning with whoever carries the participant."""
    session.delete(timer)
    site_id = timer.site_id or 0
    name = sites.name(session, site_id)
    kind, carrier = AlertKind.CALLBACK_DUE, timer.staff_id
    alerts.raise_alert(session, kind, site_id, name, timer.subject, timer.path, None, now, carrier=carrier)


def _kiosk(session: Session, timer: Timer, now: datetime) -> None:
    """It was not heard from: its next sign of life sets the timer anew."""
    session.delete(timer)
    _raise(session, AlertKind.KIOSK_OFFLINE, timer, now)


def _raise(session: Session, kind: AlertKind, timer: Timer, now: datetime) -> None:
    site_id = timer.site_id or 0
    name = sites.name(session, site_id)
    alerts.raise_alert(session, kind, site_id, name, timer.subject, timer.path, None, now)


_FIRE: dict[str, Callable[[Session, Timer, datetime], None]] = {
    timers.STEP: escalation.fire_step,
    timers.COMES_BACK: escalation.fire_comes_back,
    timers.WAITING: _waiting,
    timers.CALL: _call,
    timers.KIOSK: _kiosk,
    timers.SHIFT: duty.fire_shift,
}
