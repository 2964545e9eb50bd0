"""Kiosks that fall silent, or hold what they could not hand in: staff are told while there is time to look."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from intake_service.tables import Kiosk
from notifications import alerts, timers
from notifications.tables import AlertKind
from shared_schema.hours import Hours
from shared_schema.kiosk_api import Heartbeat

SILENT_AFTER = timedelta(minutes=5)  # of one sign of life a minute
_AFTER_OPENING = timedelta(minutes=15)  # a kiosk that is switched off at night is switched on again by then
_PAGE = "/board"


def heard(session: Session, kiosk: Kiosk, beat: Heartbeat, now: datetime) -> None:
    """A sign of life, before it is written to the kiosk's row.

    From now on it is watched: silent for SILENT_AFTER while the site is open, staff are told. So they are when it holds
    intakes at two signs of life in a row, or one that the service refused.
    """
    timers.set_timer(session, timers.KIOSK, str(kiosk.id), _silent_at(kiosk, now), site_id=kiosk.site_id, path=_PAGE)
    if kiosk.last_seen_at is not None and kiosk.last_seen_at < now - SILENT_AFTER:
        alerts.close(session, str(kiosk.id), now)
    if beat.refused or (beat.held and kiosk.held):
        _tell_once(session, kiosk, now)
    elif kiosk.refused or kiosk.held:
        alerts.close(session, _holding(kiosk.id), now)


def forget(session: Session, kiosk_id: UUID, now: datetime) -> None:
    """It was taken out of service: nobody waits for it any more."""
    timers.drop(session, timers.KIOSK, str(kiosk_id))
    for subject in (str(kiosk_id), _holding(kiosk_id)):
        alerts.close(session, subject, now)


def _tell_once(session: Session, kiosk: Kiosk, now: datetime) -> None:
    subject = _holding(kiosk.id)
    if all(alert.closed_at is not None for alert in alerts.of_subject(session, subject)):
        site = kiosk.site
        alerts.raise_alert(session, AlertKind.KIOSK_HOLDING, site.id, site.name, subject, _PAGE, None, now)


def _silent_at(kiosk: Kiosk, now: datetime) -> datetime:
    due = now + SILENT_AFTER
    opens = Hours.model_validate(kiosk.site.hours).opens_next(due)
    return due if opens is None else opens + _AFTER_OPENING


def _holding(kiosk_id: UUID) -> str:
    return f"holding-{kiosk_id}"
