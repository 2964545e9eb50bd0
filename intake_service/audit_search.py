"""Looking through the audit: by who, whom, what, where and when, the newest first. For administrators alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from intake_service import rights
from intake_service.audit import Kind
from intake_service.audit_tables import AuditEntry
from intake_service.concerns import not_about
from intake_service.tables import Concern, Event, Kiosk, Participant, Site, Staff

PAGE = 50
KIOSK = "kiosk"
SERVICE = "service"
"""Who did something, beside staff."""


@dataclass(frozen=True)
class Place:
    """An entry's place in the order; a page begins after it."""

    at: datetime
    id: int


@dataclass(frozen=True)
class Sought:
    """`who`: a staff member's id, KIOSK or SERVICE. `since`, `until`: aware; `until` is not in it. None: any."""

    who: int | str | None = None
    whom: tuple[Kind, str] | None = None
    action: str | None = None
    site: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """`event`: what the entry tells of, when it is a change to a participant."""

    entry: AuditEntry
    event: Event | None

    @property
    def place(self) -> Place:
        return Place(self.entry.at, self.entry.id)


@dataclass(frozen=True)
class Names:
    """What those are called whom entries name by id."""

    staff: Mapping[str, str]
    sites: Mapping[str, str]
    kiosks: Mapping[str, str]
    participants: Mapping[str, str]

    def of(self, kind: str | None, object_id: str | None) -> str:
        known = {
            Kind.STAFF.value: self.staff,
            Kind.SITE.value: self.sites,
            Kind.KIOSK.value: self.kiosks,
            Kind.PARTICIPANT.value: self.participants,
        }
        return known.get(kind or "", {}).get(object_id or "", "")


def find(
    session: Session, by: Staff, sought: Sought, after: Place | None = None, limit: int = PAGE
) -> tuple[list[Found], Place | None]:
    """A page of entries, and where the next one begins. Raises NotAllowed for who is not an administrator."""
    rights.require_every_policy(by)
    query = _sought(session, by, sought).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < (after.at, after.id))
    rows = [Found(entry, event) for entry, event in session.execute(query)]
    return rows[:limit], rows[limit - 1].place if len(rows) > limit else None


def every(session: Session, by: Staff, sought: Sought, at_once: int = 500) -> Iterator[list[Found]]:
    """Everything, some at a time, each forgotten by the session before the next."""
    after: Place | None = None
    while True:
        rows, after = find(session, by, sought, after, at_once)
        yield rows
        if after is None:
            return
        session.expunge_all()


def names_in(session: Session, rows: list[Found], whom: tuple[Kind, str] | None = None) -> Names:
    """Who is named in these entries, and whom the search was narrowed to."""
    people = {row.entry.object_id for row in rows if row.entry.kind == Kind.PARTICIPANT}
    people |= {whom[1]} if whom and whom[0] is Kind.PARTICIPANT else set()
    ids = [found for each in people if (found := _uuid(each)) is not None]
    named = select(Participant.id, Participant.name).where(Participant.id.in_(ids))
    return Names(
        staff={str(key): name for key, name in session.execute(select(Staff.id, Staff.name).order_by(Staff.name))},
        sites={str(key): name for key, name in session.execute(select(Site.id, Site.name).order_by(Site.name))},
        kiosks={key.hex: name for key, name in session.execute(select(Kiosk.id, Kiosk.name).order_by(Kiosk.name))},
        participants={key.hex: name for key, name in session.execute(named)},
    )


def _sought(session: Session, by: Staff, sought: Sought) -> Select[AuditEntry, Event]:
    query = (
        select(AuditEntry, Event)
        .outerjoin(Event, Event.id == AuditEntry.event_id)
        .options(*(joinedload(each) for each in (Event.staff, Event.from_staff, Event.to_staff)))
        .options(joinedload(Event.participant).joinedload(Participant.site))
    )
    return query.where(*_conditions(session, by, sought))


def _conditions(session: Session, by: Staff, sought: Sought) -> Iterator[ColumnElement[bool]]:
    # Whoever a concern names learns nothing of it here either. There are few: the ids are asked for beforehand.
    about_me = [key.hex for key in session.scalars(select(Concern.id).where(~not_about(by)))]
    if about_me:
        yield or_(AuditEntry.kind.is_(None), AuditEntry.kind != Kind.CONCERN, AuditEntry.object_id.not_in(about_me))
    if sought.who == KIOSK:
        yield AuditEntry.kiosk_id.is_not(None)
    elif sought.who == SERVICE:
        yield AuditEntry.kiosk_id.is_(None) & AuditEntry.staff_id.is_(None)
    elif sought.who is not None:
        yield AuditEntry.staff_id == sought.who
    if sought.whom is not None:
        yield (AuditEntry.kind == sought.whom[0]) & (AuditEntry.object_id == sought.whom[1])
    if sought.action is not None:
        yield AuditEntry.action == sought.action
    if sought.site is not None:
        yield AuditEntry.site_id == sought.site
    if sought.since is not None:
        yield AuditEntry.at >= sought.since
    if sought.until is not None:
        yield AuditEntry.at < sought.until


def _uuid(digits: str | None) -> UUID | None:
    try:
        return UUID(digits or "")
    except ValueError:
        return None
