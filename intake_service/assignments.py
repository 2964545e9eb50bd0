"""Giving a waiting participant to a peer: one transaction, one winner."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from intake_service import participants, staff
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from intake_service.tables import Assignment, Event, Intake, Participant, Staff
from notifications import alerts
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.intake import Status


def assign(session: Session, participant_id: UUID, staff_id: int, by: Staff, now: datetime) -> Assignment:
    """The participant leaves the queue and is the staff member's; who waited for them is told no more.

    Raises NotAllowed, NotFound, InvalidRequest, and Conflict, which says who was faster and when.
    """
    participant = session.get(Participant, participant_id)
    if participant is None or participant.site_id not in {site.id for site in staff.sites_of(session, by)}:
        raise NotFound("There is no such participant at your sites.")
    if not staff.may_assign(by):
        raise NotAllowed("A supervisor or an administrator assigns.")
    if staff_id not in {each.id for each in participants.colleagues(session, participant.site_id)}:
        raise InvalidRequest("Choose somebody of this site's staff from the list.")
    _take_from_queue(session, participant)
    assignment = Assignment(participant_id=participant_id, staff_id=staff_id, assigned_by=by.id, assigned_at=now)
    session.add(assignment)
    session.add(
        Event(
            participant_id=participant_id,
            at=now,
            action="assigned",
            staff_id=by.id,
            from_status=Status.NEEDS_ASSIGNMENT,
            to_status=Status.NEEDS_INTAKE,
        )
    )
    session.flush()
    _tell(session, participant, staff_id, now)
    signal(session, QUEUE)
    return assignment


def _take_from_queue(session: Session, participant: Participant) -> None:
    """Compare and swap: of two supervisors one finds the participant still waiting, the other is told."""
    changed = session.execute(
        update(Participant)
        .where(Participant.id == participant.id, Participant.status == Status.NEEDS_ASSIGNMENT)
        .values(status=Status.NEEDS_INTAKE)
        .execution_options(synchronize_session=False)
    )
    session.expire(participant)
    if cast("CursorResult[Any]", changed).rowcount == 1:
        return
    current = participants.assignment_of(session, participant.id)
    if current is None:
        raise Conflict("This participant is not waiting any more.")
    raise Conflict(
        f"{current.assigner.name} was faster: {current.staff.name} has had this participant "
        f"since {current.assigned_at:%H:%M} UTC. Nothing was changed."
    )


def _tell(session: Session, participant: Participant, staff_id: int, now: datetime) -> None:
    """Cancel what is still on its way about the intake, and send the assignee theirs."""
    intake_id = session.scalars(select(Intake.id).where(Intake.sequence == participant.queue_number)).one()
    alerts.close(session, str(intake_id), now)
    site = participant.site
    alerts.raise_alert(
        session,
        AlertKind.ASSIGNED_TO_YOU,
        site.id,
        site.name,
        str(intake_id),
        f"/intakes/{intake_id}",
        [staff_id],
        now,
    )
