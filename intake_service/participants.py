"""The lists of the console, and who may look at what."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from intake_service import staff
from intake_service.errors import NotFound
from intake_service.tables import Assignment, Event, Intake, Participant, Staff
from notifications import roster
from shared_schema.intake import Status

PAGE = 50


@dataclass(frozen=True)
class Colleague:
    """Somebody who can be assigned, with what a supervisor wants to know first."""

    id: int
    name: str
    languages: tuple[str, ...]
    on_duty: bool
    caseload: int
    capacity: int


def waiting(session: Session, member: Staff, after: tuple[bool, int] | None = None) -> list[tuple[Participant, UUID]]:
    """Needs Assignment at the member's sites, urgent first, then who came first; with each one's latest intake.

    A page of up to PAGE; `after` is the `urgent` and `queue_number` of the last one seen.
    """
    conditions: list[ColumnElement[bool]] = [
        Participant.status == Status.NEEDS_ASSIGNMENT,
        Participant.site_id.in_(_sites_seen(session, member)),
    ]
    if after is not None:
        urgent, number = after
        conditions.append(tuple_(~Participant.urgent, Participant.queue_number) > tuple_(not urgent, number))
    rows = session.execute(
        select(Participant, Intake.id)
        .join(Intake, Intake.sequence == Participant.queue_number)
        .options(joinedload(Participant.site))
        .where(*conditions)
        .order_by(Participant.urgent.desc(), Participant.queue_number)
        .limit(PAGE)
    )
    return [(participant, intake_id) for participant, intake_id in rows]


def caseload(session: Session, member: Staff, status: Status) -> list[tuple[Participant, UUID, datetime]]:
    """One's own participants of a status with their intake and since when, those assigned first at the top."""
    rows = session.execute(
        select(Participant, Intake.id, Assignment.assigned_at)
        .join(Assignment, Assignment.participant_id == Participant.id)
        .join(Intake, Intake.sequence == Participant.queue_number)
        .options(joinedload(Participant.site))
        .where(Assignment.staff_id == member.id, Assignment.ended_at.is_(None), Participant.status == status)
        .order_by(Assignment.id)
    )
    return [(participant, intake_id, at) for participant, intake_id, at in rows]


def review(session: Session, member: Staff, intake_id: UUID, now: datetime) -> Intake:
    """The intake, to be read by somebody who may; every look is kept. Raises NotFound, also for who may not."""
    intake = session.scalar(
        select(Intake)
        .where(Intake.id == intake_id)
        .options(joinedload(Intake.participant).joinedload(Participant.site))
    )
    if intake is None or not _may_see(session, member, intake.participant):
        raise NotFound("There is no such intake, or it is not at your site.")
    session.add(Event(participant_id=intake.participant_id, at=now, action="intake viewed", staff_id=member.id))
    session.flush()
    return intake


def assignment_of(session: Session, participant_id: UUID) -> Assignment | None:
    """Who carries the participant now."""
    return session.scalar(
        select(Assignment)
        .where(Assignment.participant_id == participant_id, Assignment.ended_at.is_(None))
        .options(joinedload(Assignment.staff), joinedload(Assignment.assigner))
    )


def colleagues(session: Session, site_id: int) -> list[Colleague]:
    """Who can be assigned at a site: on duty first, then those with the smallest caseload."""
    carried = (
        select(Assignment.staff_id, func.count().label("carried"))
        .where(Assignment.ended_at.is_(None))
        .group_by(Assignment.staff_id)
        .subquery()
    )
    rows = session.execute(
        select(Staff, func.coalesce(carried.c.carried, 0))
        .outerjoin(carried, carried.c.staff_id == Staff.id)
        .where(Staff.active, Staff.caseload_eligible, Staff.sites.any(id=site_id))
    )
    on_duty = set(roster.on_duty(session, site_id))
    found = [
        Colleague(each.id, each.name, tuple(each.languages), each.id in on_duty, count, each.capacity)
        for each, count in rows
    ]
    return sorted(found, key=lambda each: (not each.on_duty, each.caseload, each.name))


def _sites_seen(session: Session, member: Staff) -> list[int]:
    """Where the member sees the queue: supervisors and administrators at theirs, designated staff where designated."""
    sites = [site.id for site in staff.sites_of(session, member)]
    if staff.may_assign(member):
        return sites
    designated = {entry.site_id for entry in roster.of_staff(session, member.id) if entry.designated}
    return [site for site in sites if site in designated]


def _may_see(session: Session, member: Staff, participant: Participant) -> bool:
    if participant.site_id in _sites_seen(session, member):
        return (
            staff.may_assign(member)
            or participant.status == Status.NEEDS_ASSIGNMENT
            or _own(session, member, participant)
        )
    return _own(session, member, participant)


def _own(session: Session, member: Staff, participant: Participant) -> bool:
    current = assignment_of(session, participant.id)
    return current is not None and current.staff_id == member.id
