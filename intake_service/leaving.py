"""Who has just left a queue and by whose hand: for the pages on which they are still to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from intake_service import lists
from intake_service.lists import Filters, Listed
from intake_service.tables import Event, Participant, Staff
from intake_service.workflow import STEPS, Action
from shared_schema.intake import Status

LATELY = timedelta(minutes=10)  # longer than a page needs to hear of it, even by polling after a sleep
_EVENTS = 500  # the newest, whatever their age: the look costs the same in a table of millions
_STATUS = {
    Listed.NEEDS_ASSIGNMENT: Status.NEEDS_ASSIGNMENT,
    Listed.NEEDS_REASSIGNMENT: Status.NEEDS_REASSIGNMENT,
}


@dataclass(frozen=True)
class Left:
    """`words`: who did what, such as "Alice gave them to Bob"."""

    participant_id: UUID
    words: str
    site_id: int
    event_id: int


def lately(session: Session, member: Staff, queue: Listed, now: datetime) -> Sequence[Left]:
    """Those who left the queue within the last minutes at the sites where the member sees it, the latest first."""
    status = _STATUS[queue]
    events = session.scalars(
        _newest(now - LATELY).where(
            Event.from_status == status,
            Event.to_status != status,
            Participant.site_id.in_(lists.sites_of(session, member, queue, Filters())),
        )
    )
    return [_left(event) for event in events]


def everywhere(session: Session, since: datetime) -> Sequence[Left]:
    """Those who left either queue since then, at any site, the earliest first. Who may hear of it is the caller's."""
    events = session.scalars(
        _newest(since).where(Event.from_status.in_(_STATUS.values()), Event.to_status != Event.from_status)
    )
    return [_left(event) for event in reversed(events.all())]


def _newest(since: datetime) -> Select[Event]:
    newest = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
    return (
        select(Event)
        .join(Participant, Participant.id == Event.participant_id)
        .where(Event.id > newest - _EVENTS, Event.at > since)
        .options(joinedload(Event.staff), joinedload(Event.to_staff), contains_eager(Event.participant))
        .order_by(Event.id.desc())
    )


def _left(event: Event) -> Left:
    return Left(event.participant_id, _words(event), event.participant.site_id, event.id)


def _words(event: Event) -> str:
    who = event.staff.name if event.staff else "Somebody"
    if event.to_staff is not None:
        return f"{who} gave them to {event.to_staff.name}"
    return f"{who} {STEPS[Action(event.action)].done}"
