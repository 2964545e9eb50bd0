"""Giving a participant to a peer, and handing one on: one transaction, one winner."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import carrying, changes, matching
from intake_service.changes import Change
from intake_service.errors import InvalidRequest
from intake_service.joined_records import ids_of
from intake_service.tables import Assignment, Intake, Participant, Staff
from intake_service.workflow import Action
from notifications import alerts
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.intake import Status


def assign(
    session: Session, participant_id: UUID, staff_id: int, by: Staff, now: datetime, seen: int | None = None
) -> Assignment:
    """The participant leaves Needs Assignment or Needs Reassignment and is the staff member's.

    Who waited for them is told no more, the assignee is told. `seen`: the revision that the page showed.
    Raises NotFound, NotAllowed, InvalidRequest, and Conflict, which says who was faster and when.
    """
    change = Change(Action.ASSIGN, by, now, to_staff_id=staff_id, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is not None:
        to = Status(participant.held_status or Status.NEEDS_INTAKE)
        hand_over(session, participant, change, to, staff_id)
    return _standing(session, participant_id)


def transfer(
    session: Session,
    participant_id: UUID,
    staff_id: int,
    reason: str,
    by: Staff,
    now: datetime,
    seen: int | None = None,
) -> Assignment:
    """Somebody else carries the participant from now on; the earlier assignment stays in the history.

    The new one is told. Raises as `assign` does, and InvalidRequest without a reason.
    """
    change = Change(Action.TRANSFER, by, now, reason, to_staff_id=staff_id, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is not None:
        carrier = carrying.current(session, participant_id)
        if carrier is None:
            raise InvalidRequest("Nobody has this participant. Convert the pathway type to one with a caseload first.")
        if carrier.staff_id == staff_id:
            raise InvalidRequest(f"{carrier.staff.name} has this participant already. Choose somebody else.")
        hand_over(session, participant, change, Status(participant.status), staff_id)
    return _standing(session, participant_id)


def hand_over(session: Session, participant: Participant, change: Change, to: Status, staff_id: int) -> None:
    """Swap, put down, take up and tell: what assigning, transferring and reactivating to somebody have in common."""
    carrying.require_able(session, participant.site_id, staff_id)
    placed = matching.place_of(session, participant, staff_id, change.now)
    carrier = carrying.current(session, participant.id)
    before = None if carrier is None else carrier.staff_id
    changes.swap(session, participant, change, to, {"held_status": None}, carrier=before)
    carrying.put_down(session, participant.id, change.by.id, change.now, handed_on=True)
    carrying.take_up(session, participant.id, staff_id, change.by.id, change.now, placed)
    kind = AlertKind.ASSIGNED_TO_YOU if before is None else AlertKind.TRANSFERRED
    tell_newest(session, participant, kind, [staff_id], change.now)
    signal(session, QUEUE)


def tell_newest(
    session: Session, participant: Participant, kind: AlertKind | None, to: list[int] | None, now: datetime
) -> None:
    """Cancel what is still on its way about the participant's intakes, and send `kind`, if any, about the newest one.

    `to` is None: to whom the site's policy names.
    """
    intakes = session.execute(
        select(Intake.id, Intake.sequence)
        .where(Intake.participant_id.in_(ids_of(participant.id)))
        .order_by(Intake.sequence)
    ).all()
    for intake_id, _ in intakes:
        alerts.close(session, str(intake_id), now)
    if kind is not None and to != []:
        newest = next(intake_id for intake_id, sequence in intakes if sequence == participant.intake_sequence)
        site = participant.site
        alerts.raise_alert(session, kind, site.id, site.name, str(newest), f"/intakes/{newest}", to, now)


def _standing(session: Session, participant_id: UUID) -> Assignment:
    assignment = carrying.current(session, participant_id)
    assert assignment is not None  # noqa: S101  (just written, or found to be so)
    return assignment
