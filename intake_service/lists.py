"""The lists of the console, a page at a time. A page costs the same among a thousand participants as among a million.

Each list is merged from slices that an index holds in the list's order: one for each site (and, where the urgent are
pinned, for urgent or not). A page reads its rows from each slice and no more. Narrowed to a language or a pathway it is
the same with an index of its own, which has the status in it: everybody is then a slice for each status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from intake_service import rights
from intake_service.errors import NotAllowed
from intake_service.joined_records import stands
from intake_service.tables import Assignment, Intake, Participant, Staff
from shared_schema.intake import PathwayType, Status

_Column = ColumnElement[Any] | InstrumentedAttribute[Any]

PAGE = 50
MOST_COUNTED = 1000
"""Counting stops here: counting a million rows takes longer than showing fifty, and "1000+" says as much."""


class Listed(StrEnum):
    """The lists of the Participants tab beside its search. Values are their names in addresses."""

    NEEDS_ASSIGNMENT = "needs-assignment"
    NEEDS_REASSIGNMENT = "needs-reassignment"
    ALL = "all"
    ACTIVE = "active"
    DISCHARGED = "discharged"


_STATUS = {
    Listed.NEEDS_ASSIGNMENT: Status.NEEDS_ASSIGNMENT,
    Listed.NEEDS_REASSIGNMENT: Status.NEEDS_REASSIGNMENT,
    Listed.ACTIVE: Status.ACTIVE,
    Listed.DISCHARGED: Status.DISCHARGED,
}
_QUEUES = {Listed.NEEDS_ASSIGNMENT, Listed.NEEDS_REASSIGNMENT}
"""The urgent first, then who came first. The other lists begin with who came last."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. `waiting_since`: who has waited since then or longer."""

    site_id: int | None = None
    pathway: PathwayType | None = None
    language: str | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where a page ends; the next one begins after it. `urgent` says nothing in lists that are not queues."""

    urgent: bool
    number: int
    id: UUID


@dataclass(frozen=True)
class Row:
    """A participant with their newest intake and, if anybody carries them, who and since when."""

    participant: Participant
    intake_id: UUID
    ticket: str
    carried_by: str | None
    carried_since: datetime | None


@dataclass(frozen=True)
class Page:
    """`after`: where the next page begins; None when there is none."""

    rows: tuple[Row, ...]
    after: Place | None


def listed(
    session: Session, member: Staff, which: Listed, filters: Filters | None = None, after: Place | None = None
) -> Page:
    """A page of up to PAGE. Raises NotAllowed for a list that is not this person's.

    Needs Assignment is also for designated staff, at the sites where they are; the others are for who sees everybody.
    """
    filters = filters or Filters()
    sites = sites_of(session, member, which, filters)
    if not sites:
        return Page((), None)
    rows = _rows(session, _first(which, sorted(sites), filters, after), which)
    return Page(tuple(rows[:PAGE]), _place(rows[PAGE - 1].participant) if len(rows) > PAGE else None)


def carried(session: Session, member: Staff, status: Status) -> Sequence[Row]:
    """My Participants: one's own of a status, those assigned last at the top. No list of people to care for is endless,
    so it comes whole."""
    rows = session.execute(
        select(Participant, Intake.id, Intake.ticket, Assignment.assigned_at)
        .join(Assignment, Assignment.participant_id == Participant.id)
        .join(Intake, Intake.sequence == Participant.intake_sequence)
        .options(joinedload(Participant.site))
        .where(Assignment.staff_id == member.id, Assignment.ended_at.is_(None), Participant.status == status)
        .order_by(Assignment.id.desc())
    )
    return [Row(participant, intake_id, ticket, member.name, since) for participant, intake_id, ticket, since in rows]


def rows_of(session: Session, participant_ids: Sequence[UUID]) -> list[Row]:
    """These participants, in this order. Whether they may be seen is the caller's to know."""
    found = {row.Participant.id: Row(*row) for row in session.execute(_ROWS.where(Participant.id.in_(participant_ids)))}
    return [found[each] for each in participant_ids if each in found]


def count(session: Session, member: Staff, which: Listed, filters: Filters | None = None) -> int:
    """How many a list has, at most MOST_COUNTED. Raises NotAllowed as `listed` does."""
    filters = filters or Filters()
    sites = sites_of(session, member, which, filters)
    if not sites:
        return 0
    some = select(literal(1)).where(*_conditions(which, filters), Participant.site_id.in_(sites)).limit(MOST_COUNTED)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def sites_of(session: Session, member: Staff, which: Listed, filters: Filters) -> frozenset[int]:
    """The sites whose participants the member sees in a list. Raises NotAllowed."""
    if which is Listed.NEEDS_ASSIGNMENT:
        sites = rights.sites_of_queue(session, member)
    elif rights.sees_everybody(member):
        sites = rights.own_sites(session, member)
    else:
        raise NotAllowed("This list is for supervisors and administrators.")
    return sites if filters.site_id is None else sites & {filters.site_id}


def _first(which: Listed, sites: Sequence[int], filters: Filters, after: Place | None) -> Subquery:
    """The ids of a page and of one more, which tells whether there is a next one."""
    slices = [
        _slice(which, site, status, urgent, filters, after)
        for site, (status, urgent) in product(sites, _kinds(which, filters))
        if after is None or which not in _QUEUES or not urgent or after.urgent
    ]
    merged = union_all(*(select(each.subquery()) for each in slices)).subquery()
    return (
        select(merged.c.id)
        .order_by(*_order(which, merged.c.urgent, merged.c.queue_number, merged.c.id))
        .limit(PAGE + 1)
        .subquery()
    )


def _kinds(which: Listed, filters: Filters) -> Sequence[tuple[Status | None, bool | None]]:
    """The slices of a site. ALL has an index with neither status nor flag, unless it is narrowed."""
    if which is not Listed.ALL:
        return [(_STATUS[which], True), (_STATUS[which], False)]
    if filters.language is None and filters.pathway is None:
        return [(None, None)]
    return list(product(Status, (True, False)))


def _slice(
    which: Listed, site: int, status: Status | None, urgent: bool | None, filters: Filters, after: Place | None
) -> Select[bool, int, UUID]:
    key = tuple_(Participant.queue_number, Participant.id)
    conditions = [Participant.site_id == site, *_narrowing(filters)]
    if status is not None:
        conditions.append(Participant.status == status)
    if urgent is not None:
        conditions.append(Participant.urgent == urgent)
    if after is not None and which not in _QUEUES:
        conditions.append(key < tuple_(literal(after.number), literal(after.id, Participant.id.type)))
    elif after is not None and urgent == after.urgent:
        conditions.append(key > tuple_(literal(after.number), literal(after.id, Participant.id.type)))
    return (
        select(Participant.urgent, Participant.queue_number, Participant.id)
        .where(*conditions)
        .order_by(*_slice_order(which))
        .limit(PAGE + 1)
    )


def _slice_order(which: Listed) -> Sequence[ColumnElement[Any]]:
    return _order(which, Participant.urgent, Participant.queue_number, Participant.id)[-2:]


def _order(which: Listed, urgent: _Column, number: _Column, key: _Column) -> Sequence[ColumnElement[Any]]:
    return (urgent.desc(), number.asc(), key.asc()) if which in _QUEUES else (number.desc(), key.desc())


def _conditions(which: Listed, filters: Filters) -> list[ColumnElement[bool]]:
    return _narrowing(filters) + ([Participant.status == _STATUS[which]] if which in _STATUS else [])


def _narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [stands()]
    if filters.pathway is not None:
        conditions.append(Participant.pathway == filters.pathway)
    if filters.language is not None:
        conditions.append(Participant.language == filters.language)
    if filters.waiting_since is not None:
        conditions.append(Participant.waiting_since <= filters.waiting_since)
    return conditions


def _rows(session: Session, ids: Subquery, which: Listed) -> list[Row]:
    rows = session.execute(
        _ROWS.join(ids, ids.c.id == Participant.id).order_by(
            *_order(which, Participant.urgent, Participant.queue_number, Participant.id)
        )
    )
    return [Row(*row) for row in rows]


_ROWS = (
    select(Participant, Intake.id, Intake.ticket, Staff.name, Assignment.assigned_at)
    .join(Intake, Intake.sequence == Participant.intake_sequence)
    .outerjoin(Assignment, (Assignment.participant_id == Participant.id) & Assignment.ended_at.is_(None))
    .outerjoin(Staff, Staff.id == Assignment.staff_id)
    .options(joinedload(Participant.site))
)


def _place(participant: Participant) -> Place:
    return Place(participant.urgent, participant.queue_number, participant.id)
