"""The one door through which a participant's record changes: compare and swap, with an event beside it.

A page says which `revision` of the participant it showed (`seen`); without it, what the transaction itself has read
counts. Of two people who act on the same revision one wins; the other gets a Conflict that says who was faster, what
they did and when. The same person doing the same thing twice (a double tap) has done it once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import audit, rights
from intake_service.errors import Conflict, InvalidRequest
from intake_service.site_clock import local
from intake_service.tables import Event, Participant, Site, Staff
from intake_service.workflow import STEPS, Action
from shared_schema.intake import Status

LONGEST_REASON = 500  # characters

_NOT_CHANGES = (Action.VIEW, Action.MOVE_CONTACT_PERMISSION)


@dataclass(frozen=True)
class Change:
    """Who does what, when, why. `to_staff_id`, `to_value`: whom it gives the participant to, what it is set to."""

    action: Action
    by: Staff
    now: datetime
    reason: str | None = None
    to_staff_id: int | None = None
    to_value: str | None = None
    seen: int | None = None


def begin(session: Session, participant_id: UUID, change: Change) -> Participant | None:
    """The participant, fresh, when this may be done to it now; None when this very person has just done it.

    Raises NotFound, NotAllowed, InvalidRequest for a reason that is missing or too long, Conflict.
    """
    participant = rights.require(
        session, change.by, change.action, session.get(Participant, participant_id, populate_existing=True)
    )
    step = STEPS[change.action]
    checked_reason(change.reason, needed=step.needs_reason)
    last = _last_change(session, participant.id)
    if _is_same(change, last, participant):
        return None
    is_fresh = change.seen in {None, participant.revision} and participant.joined_into is None
    if not is_fresh or Status(participant.status) not in step.leads:
        raise _lost(participant, change, last)
    return participant


def swap(
    session: Session,
    participant: Participant,
    change: Change,
    to: Status,
    values: Mapping[str, Any] | None = None,
    *,
    carrier: int | None = None,
    from_value: str | None = None,
) -> None:
    """The participant goes to the status `to`, with these other columns, and the event says so. Raises Conflict.

    `carrier`: who has carried the participant until now. `from_value`: what the change's `to_value` replaces.
    """
    was = Status(participant.status)
    if to not in STEPS[change.action].leads[was]:
        raise ValueError(f"{change.action} does not lead from {was} to {to}")
    swapped = session.execute(
        update(Participant)
        .where(Participant.id == participant.id, Participant.revision == participant.revision)
        .values(status=to, revision=Participant.revision + 1, **(values or {}))
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", swapped).rowcount != 1:
        session.expire(participant)
        raise _lost(participant, change, _last_change(session, participant.id))
    session.refresh(participant)
    session.flush()
    audit.event(
        session,
        participant.site_id,
        {
            "participant_id": participant.id,
            "at": change.now,
            "action": change.action,
            "staff_id": change.by.id,
            "from_status": was,
            "to_status": to,
            "from_staff_id": carrier,
            "to_staff_id": change.to_staff_id,
            "from_value": from_value,
            "to_value": change.to_value,
            "reason": checked_reason(change.reason),
        },
    )


def time_at(site: Site, at: datetime, now: datetime) -> str:
    """`09:45 EST` on the same day, else `23 November, 09:45 EST`: in the site's own time zone."""
    here = local(site, at)
    day = "" if here.date() == local(site, now).date() else f"{here:%d %B}, "
    return f"{day}{here:%H:%M %Z}"


def day_at(site: Site, at: datetime) -> str:
    """`23 November 2026`: in the site's own time zone."""
    return f"{local(site, at):%d %B %Y}"


def date_at(site: Site, at: datetime) -> str:
    """`2026-11-23`, which every language reads: in the site's own time zone."""
    return local(site, at).date().isoformat()


def checked_reason(reason: str | None, *, needed: bool = False) -> str | None:
    """The reason without blanks around it; a blank one is none. Raises InvalidRequest for a missing or too long one."""
    reason = (reason or "").strip() or None
    if reason is None and needed:
        raise InvalidRequest("Say why in a few words. The history keeps it.")
    if reason is not None and len(reason) > LONGEST_REASON:
        raise InvalidRequest(f"A reason has at most {LONGEST_REASON} characters; this one has {len(reason)}.")
    return reason


def _last_change(session: Session, participant_id: UUID) -> Event | None:
    return session.scalar(
        select(Event)
        .where(Event.participant_id == participant_id, Event.action.not_in(_NOT_CHANGES))
        .options(joinedload(Event.staff), joinedload(Event.to_staff))
        .order_by(Event.id.desc())
        .limit(1)
    )


def _is_same(change: Change, last: Event | None, participant: Participant) -> bool:
    """Whether the last change is this one, by this person, on top of what their page had shown."""
    return (
        last is not None
        and (last.action, last.staff_id) == (change.action, change.by.id)
        and (last.to_staff_id, last.to_value) == (change.to_staff_id, change.to_value)
        and change.seen in {None, participant.revision - 1}
    )


def _lost(participant: Participant, change: Change, last: Event | None) -> Conflict:
    """What losing means, in words."""
    if participant.joined_into is not None:
        return Conflict("This record was joined with another one of the same person. Work with that one.")
    if last is None or last.staff is None or last.action == Action.RECEIVE:
        return Conflict(f"This participant is in {participant.status} now. Nothing was changed.")
    at = time_at(participant.site, last.at, change.now)
    who = "You were there before" if last.staff_id == change.by.id else f"{last.staff.name} was faster"
    if last.to_staff is not None:
        return Conflict(f"{who}: {last.to_staff.name} has had this participant since {at}. Nothing was changed.")
    return Conflict(f"{who}: {STEPS[Action(last.action)].done}, at {at}. Nothing was changed.")
