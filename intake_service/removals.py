"""A staff member leaves: each of their participants needs reassignment. It can be undone until one was reassigned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from intake_service import audit, carrying, changes, invitations, participants, rights, sessions, sign_in, telling
from intake_service.audit import Act
from intake_service.changes import Change, time_at
from intake_service.errors import Conflict, NotFound
from intake_service.tables import Assignment, Participant, Site, Staff, StaffRemoval
from intake_service.workflow import Action
from notifications import alerts, channels, roster, subscriptions
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.intake import Status


def remove_staff(session: Session, staff_id: int, by: Staff, now: datetime, reason: str | None = None) -> StaffRemoval:
    """The staff member signs in no more, is on duty nowhere, and each of their participants becomes Needs Reassignment.

    Their sessions, devices, addresses for alerts and one-time links are gone, also should the removal be undone.
    Supervisors of those sites are told. Raises NotFound, NotAllowed, InvalidRequest for a reason that is too long,
    Conflict when somebody else has just done it.
    """
    leaving = rights.require_removing(session, by, session.get(Staff, staff_id, populate_existing=True))
    reason = changes.checked_reason(reason)
    removed = session.execute(
        update(Staff)
        .where(Staff.id == staff_id, Staff.active)
        .values(active=False)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", removed).rowcount != 1:
        return _removed_already(session, leaving, by, now)
    _shut_out(session, staff_id)
    removal = StaffRemoval(
        staff_id=staff_id,
        removed_by=by.id,
        removed_at=now,
        reason=reason,
        designated_at=_take_off_the_roster(session, leaving),
    )
    session.add(removal)
    session.flush()
    change = Change(Action.REMOVE_STAFF, by, now, reason)
    given_back = [each for each in _carried(session, staff_id) if _give_back(session, each, change, removal)]
    for site in {each.site for each in given_back}:
        _tell_leaders(session, site, removal, now)
    told = {"active": False, "needs_reassignment": len(given_back)}
    audit.record(session, Act.STAFF_REMOVED, now, by=by, to=leaving, before={"active": True}, after=told)
    signal(session, QUEUE)
    return removal


def undo_removal(session: Session, removal_id: int, by: Staff, now: datetime) -> None:
    """The staff member is back with every participant who still needs reassignment, each in the status held before.

    Who was discharged or converted meanwhile stays so. Doing it twice changes nothing. Raises NotFound, NotAllowed,
    Conflict once somebody of theirs was reassigned.
    """
    removal = session.get(StaffRemoval, removal_id, populate_existing=True)
    leaving = rights.require_removing(session, by, removal.staff if removal else None)
    if removal is None:
        raise NotFound("There is no such removal.")
    if removal.undone_at is not None:
        return
    if _reassigned(session, removal):
        raise Conflict("Somebody of theirs was reassigned already, so this cannot be undone. Add them as new instead.")
    undone = session.execute(
        update(StaffRemoval)
        .where(StaffRemoval.id == removal_id, StaffRemoval.undone_at.is_(None))
        .values(undone_at=now, undone_by=by.id)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", undone).rowcount != 1:
        return
    session.execute(
        update(Staff).where(Staff.id == leaving.id).values(active=True).execution_options(synchronize_session="fetch")
    )
    for participant in _waiting_for(session, removal):
        change = Change(Action.UNDO_REMOVAL, by, now, to_staff_id=leaving.id)
        held = Status(participant.held_status or Status.ACTIVE)
        changes.swap(session, participant, change, held, {"held_status": None})
        carrying.take_up(session, participant.id, leaving.id, by.id, now)
    telling.tell_staff(session, leaving)
    for site_id in removal.designated_at:
        roster.designate(session, site_id, leaving.id, True)
    for site in leaving.sites:
        alerts.close(session, _subject(removal, site.id), now)
    audit.record(session, Act.STAFF_BACK, now, by=by, to=leaving, before={"active": False}, after={"active": True})
    signal(session, QUEUE)


def undoable(session: Session, member: Staff) -> Sequence[StaffRemoval]:
    """The removals that the member may still undo, the latest first, each with its `staff`."""
    removals = session.scalars(
        select(StaffRemoval)
        .where(StaffRemoval.undone_at.is_(None))
        .options(joinedload(StaffRemoval.staff), joinedload(StaffRemoval.remover))
        .order_by(StaffRemoval.id.desc())
    )
    return [
        removal
        for removal in removals
        if rights.may_remove(session, member, removal.staff) and not _reassigned(session, removal)
    ]


def _removed_already(session: Session, leaving: Staff, by: Staff, now: datetime) -> StaffRemoval:
    standing = session.scalar(
        select(StaffRemoval).where(StaffRemoval.staff_id == leaving.id, StaffRemoval.undone_at.is_(None))
    )
    if standing is None:
        raise Conflict(f"{leaving.name} does not work here any more.")
    if standing.removed_by == by.id:
        return standing
    site = next(iter(leaving.sites), None)
    at = time_at(site, standing.removed_at, now) if site else f"{standing.removed_at:%d %B, %H:%M} UTC"
    raise Conflict(f"{standing.remover.name} was faster: removed {leaving.name} at {at}. Nothing was changed.")


def _shut_out(session: Session, staff_id: int) -> None:
    sessions.end_all(session, staff_id)
    sign_in.forget_browsers(session, staff_id)
    invitations.void(session, staff_id)
    subscriptions.remove_all(session, staff_id)
    channels.remove_all(session, staff_id)


def _carried(session: Session, staff_id: int) -> Sequence[Participant]:
    return session.scalars(
        select(Participant)
        .join(Assignment, Assignment.participant_id == Participant.id)
        .where(Assignment.staff_id == staff_id, Assignment.ended_at.is_(None))
        .order_by(Participant.id)
        .with_for_update(of=Participant)
        .execution_options(populate_existing=True)
    ).all()


def _give_back(session: Session, participant: Participant, change: Change, removal: StaffRemoval) -> bool:
    """False: somebody has taken the participant off the staff member's hands just before."""
    carrier = carrying.current(session, participant.id)
    if carrier is None or carrier.staff_id != removal.staff_id:
        return False
    changes.swap(
        session,
        participant,
        change,
        Status.NEEDS_REASSIGNMENT,
        {
            "held_status": participant.status,
            "queue_number": participants.newest_number(session),
            "waiting_since": change.now,
        },
        carrier=removal.staff_id,
    )
    carrying.put_down(session, participant.id, change.by.id, change.now, removal.id, handed_on=False)
    return True


def _take_off_the_roster(session: Session, leaving: Staff) -> list[int]:
    """Returns the sites where the person was designated. They are told nothing any more and are on duty nowhere."""
    designated = [entry.site_id for entry in roster.of_staff(session, leaving.id) if entry.designated]
    telling.tell_staff(session, leaving)
    return designated


def _waiting_for(session: Session, removal: StaffRemoval) -> Sequence[Participant]:
    """Who still needs reassignment because of this removal."""
    return session.scalars(
        select(Participant)
        .join(Assignment, Assignment.participant_id == Participant.id)
        .where(Assignment.removal_id == removal.id, Participant.status == Status.NEEDS_REASSIGNMENT)
        .order_by(Participant.id)
        .execution_options(populate_existing=True)
    ).all()


def _reassigned(session: Session, removal: StaffRemoval) -> bool:
    later = aliased(Assignment)
    again = exists().where(later.participant_id == Assignment.participant_id, later.id > Assignment.id)
    return session.scalar(select(Assignment.id).where(Assignment.removal_id == removal.id, again).limit(1)) is not None


def _tell_leaders(session: Session, site: Site, removal: StaffRemoval, now: datetime) -> None:
    alerts.raise_alert(
        session,
        AlertKind.BACK_TO_REASSIGNMENT,
        site.id,
        site.name,
        _subject(removal, site.id),
        "/participants/needs-reassignment",
        None,
        now,
    )


def _subject(removal: StaffRemoval, site_id: int) -> str:
    return f"removal-{removal.id}-{site_id}"
