"""What is done to one participant: looked at, converted, discharged, reactivated, moved along."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from intake_service import assignments, audit, callbacks, carrying, changes, rights
from intake_service.changes import Change
from intake_service.errors import InvalidRequest, NotFound
from intake_service.joined_records import ids_of
from intake_service.tables import Event, Intake, Participant, Staff
from intake_service.workflow import WITH_CASELOAD, Action
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.intake import PathwayType, Status

_GOES_ON_READING = timedelta(minutes=15)

TIERS = {1: "Making Progress", 2: "Maintaining Position", 3: "Exiting Support"}


def found(session: Session, member: Staff, participant_id: UUID) -> Participant:
    """The participant, for somebody who may see them. Raises NotFound. Leaves no trace: to be read, see `review`."""
    participant = session.scalar(
        select(Participant).where(Participant.id == participant_id).options(joinedload(Participant.site))
    )
    return rights.require(session, member, Action.VIEW, participant)


def look(session: Session, member: Staff, participant_id: UUID, now: datetime) -> Participant:
    """The participant's page, to be read by somebody who may. The audit has every look; the participant's history has
    one of somebody who goes on reading. Raises NotFound.
    """
    participant = found(session, member, participant_id)
    lately = select(Event.id).where(
        Event.participant_id == participant.id,
        Event.action == Action.VIEW,
        Event.staff_id == member.id,
        Event.at > now - _GOES_ON_READING,
    )
    if session.scalar(lately.limit(1)) is None:
        audit.event(session, participant.site_id, _a_look(member, participant.id, now))
    else:
        audit.record(session, Action.VIEW, now, by=member, to=participant)
    return participant


def review(session: Session, member: Staff, intake_id: UUID, now: datetime) -> Intake:
    """The intake, to be read by somebody who may; every look is kept. Raises NotFound, also for who may not."""
    intake = _intake(session, member, intake_id)
    audit.event(session, intake.site_id, _a_look(member, intake.participant_id, now), {"intake": intake.id.hex})
    return intake


def of_intake(session: Session, member: Staff, intake_id: UUID) -> Participant:
    """Whose record the intake is in now. Leaves no trace. Raises NotFound."""
    return standing(session, _intake(session, member, intake_id).participant)


def _intake(session: Session, member: Staff, intake_id: UUID) -> Intake:
    intake = session.scalar(
        select(Intake)
        .where(Intake.id == intake_id)
        .options(joinedload(Intake.participant).joinedload(Participant.site))
    )
    if intake is None or not rights.may_see(session, member, standing(session, intake.participant)):
        raise NotFound("There is no such intake, or it is not at your site.")
    return intake


def _a_look(member: Staff, participant_id: UUID, now: datetime) -> dict[str, Any]:
    return {"participant_id": participant_id, "at": now, "action": Action.VIEW, "staff_id": member.id}


def standing(session: Session, participant: Participant) -> Participant:
    """The record that this one was joined into, or this very one."""
    while participant.joined_into is not None:
        participant = session.get_one(Participant, participant.joined_into)
    return participant


def intakes_of(session: Session, member: Staff, participant_id: UUID) -> Sequence[Intake]:
    """Every brief intake of the participant and of records joined into theirs, the newest first. Raises NotFound."""
    participant = found(session, member, participant_id)
    return session.scalars(
        select(Intake).where(Intake.participant_id.in_(ids_of(participant.id))).order_by(Intake.sequence.desc())
    ).all()


def history(session: Session, member: Staff, participant_id: UUID) -> Sequence[Event]:
    """Everything that happened to the participant, the latest first, with the staff named in it. Raises NotFound.

    Looks at intakes are in it; contact permission's moves, which go with the assignments, are not.
    """
    participant = found(session, member, participant_id)
    return session.scalars(
        select(Event)
        .where(Event.participant_id == participant.id, Event.action != Action.MOVE_CONTACT_PERMISSION)
        .options(joinedload(Event.staff), joinedload(Event.from_staff), joinedload(Event.to_staff))
        .order_by(Event.id.desc())
    ).all()


def full_intake_done(session: Session, participant_id: UUID, by: Staff, now: datetime, seen: int | None = None) -> None:
    """Needs Intake -> Active. Raises NotFound, NotAllowed, Conflict."""
    change = Change(Action.FULL_INTAKE_DONE, by, now, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is not None:
        changes.swap(session, participant, change, Status.ACTIVE)
        signal(session, QUEUE)


def set_tier(
    session: Session,
    participant_id: UUID,
    tier: int,
    by: Staff,
    now: datetime,
    reason: str | None = None,
    seen: int | None = None,
) -> None:
    """Tier 1, 2 or 3 (see TIERS); it weighs the caseload. Raises NotFound, NotAllowed, InvalidRequest, Conflict."""
    if tier not in TIERS:
        raise InvalidRequest("A tier is 1, 2 or 3.")
    change = Change(Action.SET_TIER, by, now, reason, to_value=str(tier), seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is not None and participant.tier != tier:
        before = None if participant.tier is None else str(participant.tier)
        changes.swap(session, participant, change, Status(participant.status), {"tier": tier}, from_value=before)


def discharge(
    session: Session, participant_id: UUID, reason: str, by: Staff, now: datetime, seen: int | None = None
) -> None:
    """Nobody carries or waits for the participant any more; everything pending is cancelled. A reason is asked.

    Raises NotFound, NotAllowed, InvalidRequest, Conflict.
    """
    change = Change(Action.DISCHARGE, by, now, reason, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is not None:
        callbacks.end_with(session, participant.id, by.id, now)
        _let_go(session, participant, change, Status.DISCHARGED)


def reactivate(
    session: Session,
    participant_id: UUID,
    by: Staff,
    now: datetime,
    staff_id: int | None = None,
    reason: str | None = None,
    seen: int | None = None,
) -> None:
    """Discharged -> Needs Assignment, waiting from now on; or straight to a staff member: Needs Intake.

    Raises NotFound, NotAllowed, InvalidRequest, Conflict.
    """
    change = Change(Action.REACTIVATE, by, now, reason, to_staff_id=staff_id, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    if staff_id is None:
        return_to_queue(session, participant, change)
    else:
        assignments.hand_over(session, participant, change, Status.NEEDS_INTAKE, staff_id)


def convert(
    session: Session,
    participant_id: UUID,
    pathway: PathwayType,
    reason: str,
    by: Staff,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Change the service pathway type. A reason is asked, the history is kept.

    To a type without a caseload: nobody carries or waits for the participant any more, who is Active. From there to a
    type with one: Needs Assignment. Discharged stays discharged. Raises NotFound, NotAllowed, InvalidRequest, Conflict.
    """
    change = Change(Action.CONVERT, by, now, reason, to_value=pathway, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    if participant.pathway == pathway:
        raise InvalidRequest(f"The pathway type is {pathway} already. Choose another one.")
    before, changed = participant.pathway, {"pathway": pathway}
    is_carried = carrying.current(session, participant.id) is not None
    if participant.status == Status.DISCHARGED:
        changes.swap(session, participant, change, Status.DISCHARGED, changed, from_value=before)
    elif pathway not in WITH_CASELOAD:
        _let_go(session, participant, change, Status.ACTIVE, changed, before)
    elif participant.status == Status.ACTIVE and not is_carried:
        return_to_queue(session, participant, change, changed, before)
    else:
        changes.swap(session, participant, change, Status(participant.status), changed, from_value=before)
        signal(session, QUEUE)


def return_to_queue(
    session: Session,
    participant: Participant,
    change: Change,
    values: Mapping[str, Any] | None = None,
    from_value: str | None = None,
) -> None:
    """Needs Assignment, behind everybody who waits already; the designated staff are told."""
    waiting = {"queue_number": newest_number(session), "waiting_since": change.now, "urgent": False}
    changes.swap(
        session, participant, change, Status.NEEDS_ASSIGNMENT, waiting | dict(values or {}), from_value=from_value
    )
    assignments.tell_newest(session, participant, AlertKind.READY_FOR_ASSIGNMENT, None, change.now)
    signal(session, QUEUE)


def newest_number(session: Session) -> int:
    """The queue number of whoever begins to wait without a new intake: they stand behind the newest one."""
    return session.scalar(select(func.max(Intake.sequence))) or 0


def _let_go(
    session: Session,
    participant: Participant,
    change: Change,
    to: Status,
    values: Mapping[str, Any] | None = None,
    from_value: str | None = None,
) -> None:
    """Nobody carries or waits for the participant from now on."""
    carrier = carrying.current(session, participant.id)
    before = None if carrier is None else carrier.staff_id
    changes.swap(
        session,
        participant,
        change,
        to,
        {"held_status": None} | dict(values or {}),
        carrier=before,
        from_value=from_value,
    )
    carrying.put_down(session, participant.id, change.by.id, change.now, handed_on=False)
    assignments.tell_newest(session, participant, None, [], change.now)
    signal(session, QUEUE)
