"""A participant is to be called: set for a time, told to whoever carries them when it has come, until it is done.

The timer is a row like every other (notifications/timers.py) and goes with the participant to whoever carries them.
From the moment that it is due the site's policy decides how it goes on.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import changes, rights
from intake_service.changes import Change
from intake_service.errors import InvalidRequest
from intake_service.joined_records import ids_of
from intake_service.site_clock import local, zone_of
from intake_service.tables import Assignment, Callback, Participant, Site, Staff
from intake_service.workflow import Action
from notifications import alerts
from notifications.tables import Alert
from shared_schema.intake import Status

WITHIN = timedelta(hours=24)
"""A call back is made within a day; what a form proposes lies in it."""

_FURTHEST = timedelta(days=366)
_STEP = 15  # minutes: what a form proposes is rounded up to it


def set_for(
    session: Session, participant_id: UUID, due_at: datetime, by: Staff, now: datetime, seen: int | None = None
) -> None:
    """The participant is to be called then; an earlier time that was set is replaced.

    Raises NotFound, NotAllowed, InvalidRequest for a time that has passed or is over a year away, Conflict.
    """
    if not now - timedelta(minutes=1) <= due_at <= now + _FURTHEST:
        raise InvalidRequest("Choose a time from now on, within a year.")
    change = Change(Action.SET_CALLBACK, by, now, to_value=due_at.isoformat(), seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    standing = open_of(session, participant.id)
    before = standing.due_at.isoformat() if standing else None
    changes.swap(session, participant, change, Status(participant.status), from_value=before)
    if standing is None:
        standing = Callback(participant_id=participant.id, due_at=due_at, set_by=by.id, set_at=now)
        session.add(standing)
        session.flush()
    else:
        standing.due_at, standing.set_by, standing.set_at = due_at, by.id, now
        alerts.close(session, subject(standing.id), now)
    _set_timer(session, standing, participant, _carrier(session, participant.id))


def called(
    session: Session,
    participant_id: UUID,
    words: str,
    by: Staff,
    now: datetime,
    seen: int | None = None,
) -> None:
    """The call was made; `words` say what came of it, if anything is to be said. Nobody is told of it any more.

    Raises NotFound, NotAllowed, InvalidRequest, Conflict.
    """
    _end(session, participant_id, Change(Action.CALLED_BACK, by, now, words, seen=seen))


def call_off(
    session: Session, participant_id: UUID, reason: str, by: Staff, now: datetime, seen: int | None = None
) -> None:
    """Nobody is to call any more. Raises as `called` does."""
    _end(session, participant_id, Change(Action.CALL_OFF_CALLBACK, by, now, reason, seen=seen))


def acknowledge(session: Session, participant_id: UUID, by: Staff, now: datetime) -> None:
    """ "I'm on it": nobody else is told, and it comes back should the call not be made. Raises NotFound."""
    rights.require(session, by, Action.VIEW, session.get(Participant, participant_id))
    standing = open_of(session, participant_id)
    for alert in alerts.of_subject(session, subject(standing.id)) if standing else ():
        if alert.closed_at is None:
            alerts.acknowledge(session, alert.id, by.id, now)


def open_of(session: Session, participant_id: UUID) -> Callback | None:
    """The call that is still to be made, also one of a record that was joined into this one."""
    return session.scalar(_open(participant_id).order_by(Callback.due_at).limit(1))


def open_by_participant(session: Session, participant_ids: Collection[UUID]) -> dict[UUID, Callback]:
    """The calls to be made of a list of participants."""
    rows = session.scalars(
        select(Callback).where(Callback.participant_id.in_(participant_ids), Callback.ended_at.is_(None))
    )
    return {row.participant_id: row for row in rows}


def alert_of(session: Session, callback: Callback) -> Alert | None:
    """What is being told of it, if it is due: open until somebody is on it."""
    told = alerts.of_subject(session, subject(callback.id))
    return next((alert for alert in reversed(told) if alert.closed_at is None), None)


def follow(session: Session, participant_id: UUID, carrier: int | None, now: datetime) -> None:
    """Somebody else carries the participant now, or nobody: a call to be made is theirs. A due one is told anew."""
    for callback in session.scalars(_open(participant_id)):
        participant = session.get_one(Participant, callback.participant_id)
        alerts.close(session, subject(callback.id), now)
        _set_timer(session, callback, participant, carrier)


def end_with(session: Session, participant_id: UUID, by: int, now: datetime) -> None:
    """The participant has left: nobody calls any more."""
    for callback in session.scalars(_open(participant_id)).all():
        callback.ended_at, callback.ended_by = now, by
        alerts.close(session, subject(callback.id), now)
    session.flush()


def forget(session: Session, participant_ids: Collection[UUID], now: datetime) -> None:
    """Every call of a record that is erased, made or not; nobody is told of one any more."""
    for callback in session.scalars(select(Callback).where(Callback.participant_id.in_(participant_ids))).all():
        alerts.close(session, subject(callback.id), now)
        session.delete(callback)
    session.flush()


def moment(site: Site, day: date, at: time) -> datetime:
    """That time by the site's own clock, in UTC. One that daylight saving leaves out is an hour later."""
    return datetime.combine(day, at, zone_of(site)).astimezone(UTC)


def proposed(site: Site, now: datetime) -> datetime:
    """What a form offers when nothing was chosen: in an hour, by the site's clock, or tomorrow morning at ten."""
    here = local(site, now)
    later = here + timedelta(hours=1)
    later += timedelta(minutes=-later.minute % _STEP)
    if later.date() == here.date():
        return later.replace(second=0, microsecond=0)
    return datetime.combine(later.date(), time(10), here.tzinfo)


def _end(session: Session, participant_id: UUID, change: Change) -> None:
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    standing = open_of(session, participant.id)
    if standing is None:
        raise InvalidRequest("There is no call to be made. Somebody has seen to it already.")
    changes.swap(session, participant, change, Status(participant.status))
    ended = session.execute(
        update(Callback)
        .where(Callback.id == standing.id, Callback.ended_at.is_(None))
        .values(ended_at=change.now, ended_by=change.by.id, called=change.action is Action.CALLED_BACK)
        .execution_options(synchronize_session="fetch")
    )
    assert cast("CursorResult[Any]", ended).rowcount == 1  # noqa: S101  (the participant's revision was swapped)
    alerts.close(session, subject(standing.id), change.now)


def _open(participant_id: UUID) -> Select[Callback]:
    return (
        select(Callback)
        .where(Callback.participant_id.in_(ids_of(participant_id)), Callback.ended_at.is_(None))
        .options(joinedload(Callback.setter))
        .execution_options(populate_existing=True)
    )


def _carrier(session: Session, participant_id: UUID) -> int | None:
    return session.scalar(
        select(Assignment.staff_id).where(Assignment.participant_id == participant_id, Assignment.ended_at.is_(None))
    )


def _set_timer(session: Session, callback: Callback, participant: Participant, carrier: int | None) -> None:
    path = f"/participants/{participant.joined_into or participant.id}"
    alerts.call_back(session, participant.site_id, subject(callback.id), path, carrier, callback.due_at)


def subject(callback_id: int) -> str:
    """What alerts about the call are filed under."""
    return f"callback-{callback_id}"
