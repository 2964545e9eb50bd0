"""Who is designated at which site, and who of them is on duty. Duty is set by the person, never guessed."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from notifications.tables import RosterEntry


def entry(session: Session, site_id: int, staff_id: int) -> RosterEntry | None:
    return session.scalar(select(RosterEntry).where(RosterEntry.site_id == site_id, RosterEntry.staff_id == staff_id))


def of_staff(session: Session, staff_id: int) -> list[RosterEntry]:
    """A person's entries, at every site where they have one."""
    return list(session.scalars(select(RosterEntry).where(RosterEntry.staff_id == staff_id)))


def designate(session: Session, site_id: int, staff_id: int, designated: bool) -> None:
    """Tell this staff member of the site's alerts from now on, or no longer."""
    _entry_for(session, site_id, staff_id).designated = designated
    session.flush()


def set_duty(session: Session, site_id: int, staff_id: int, on: bool, now: datetime) -> None:
    """Begin or end duty at a site. Beginning twice keeps the first time."""
    found = _entry_for(session, site_id, staff_id)
    if on != (found.on_duty_since is not None):
        found.on_duty_since = now if on else None
    session.flush()


def on_duty(session: Session, site_id: int) -> list[int]:
    """Ids of the staff on duty at a site, designated or not."""
    return _staff(session, site_id, RosterEntry.on_duty_since.is_not(None))


def to_be_told(session: Session, site_id: int) -> list[int]:
    """Ids of the designated staff on duty; when nobody of them is, all designated: nobody waits unseen."""
    designated = RosterEntry.designated.is_(True)
    return _staff(session, site_id, designated, RosterEntry.on_duty_since.is_not(None)) or _staff(
        session, site_id, designated
    )


def _staff(session: Session, site_id: int, *conditions: ColumnElement[bool]) -> list[int]:
    query = select(RosterEntry.staff_id).where(RosterEntry.site_id == site_id, *conditions)
    return list(session.scalars(query.order_by(RosterEntry.staff_id)))


def _entry_for(session: Session, site_id: int, staff_id: int) -> RosterEntry:
    found = entry(session, site_id, staff_id)
    if found is None:
        found = RosterEntry(site_id=site_id, staff_id=staff_id, designated=False)
        session.add(found)
    return found
