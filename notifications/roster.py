"""Who is told at which site, and who of them is on duty. Duty is set by the person, never guessed."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from notifications.db import UtcDateTime
from notifications.policy import Audience
from notifications.tables import PushSubscription, RosterEntry

_CLOSED_STEPS = {Audience.SUPERVISORS, Audience.ADMINISTRATORS, ""}
_step = func.coalesce(RosterEntry.step, RosterEntry.role)


def entry(session: Session, site_id: int, staff_id: int) -> RosterEntry | None:
    return session.scalar(select(RosterEntry).where(RosterEntry.site_id == site_id, RosterEntry.staff_id == staff_id))


def of_staff(session: Session, staff_id: int) -> list[RosterEntry]:
    """A person's entries, at every site where they have one."""
    return list(session.scalars(select(RosterEntry).where(RosterEntry.staff_id == staff_id)))


def of_site(session: Session, site_id: int) -> list[RosterEntry]:
    """A site's entries, in the order of their making."""
    return list(session.scalars(select(RosterEntry).where(RosterEntry.site_id == site_id).order_by(RosterEntry.id)))


def designate(session: Session, site_id: int, staff_id: int, designated: bool) -> None:
    """Tell this staff member of the site's alerts from now on, or no longer."""
    entry_for(session, site_id, staff_id).designated = designated
    session.flush()


def is_designated(session: Session, site_id: int, staff_id: int) -> bool:
    found = entry(session, site_id, staff_id)
    return found is not None and found.designated


def put_in_step(session: Session, site_id: int, staff_id: int, step: str | None) -> None:
    """An administrator's choice: `supervisors`, `administrators`, "" for neither; None: as the role says."""
    if step is not None and step not in _CLOSED_STEPS:
        raise ValueError("there is no such step to be in")
    entry_for(session, site_id, staff_id).step = step
    session.flush()


def set_duty(
    session: Session, site_id: int, staff_id: int, on: bool, now: datetime, until: datetime | None = None
) -> bool:
    """Begin or end duty at a site. True: it has just begun. Beginning twice keeps the first time, takes the new end."""
    found = entry_for(session, site_id, staff_id)
    begins = on and not found.is_on_duty(now)
    if begins:
        found.on_duty_since = now
    elif not on:
        found.on_duty_since = None
    found.on_duty_until = until if on else None
    session.flush()
    return begins


def on_duty(session: Session, site_id: int, now: datetime) -> list[int]:
    """Ids of the staff on duty at a site, designated or not."""
    query = select(RosterEntry.staff_id).where(RosterEntry.site_id == site_id, _is_on_duty(now))
    return list(session.scalars(query.order_by(RosterEntry.staff_id)))


def audience(session: Session, site_id: int, who: Sequence[Audience], now: datetime) -> list[int]:
    """Ids of the staff that a step tells."""
    return list(devices_of_audience(session, site_id, who, now))


def devices_of_audience(session: Session, site_id: int, who: Sequence[Audience], now: datetime) -> dict[int, list[int]]:
    """The same with the ids of each one's push subscriptions, in one statement: an intake waits for it."""
    found: dict[int, list[int]] = {}
    rows = session.connection().execute(_audience(tuple(sorted(set(who)))), {"site_id": site_id, "now": now})
    for staff_id, subscription_id in rows:
        devices = found.setdefault(staff_id, [])
        if subscription_id is not None:
            devices.append(subscription_id)
    return found


@cache
def _audience(who: tuple[Audience, ...]) -> Select[int, int | None]:
    """Built once for each combination: building it costs more than running it."""
    designated = RosterEntry.designated.is_(True)
    conditions = {
        Audience.ON_DUTY: designated & _is_on_duty(bindparam("now", type_=UtcDateTime())),
        Audience.DESIGNATED: designated,
        Audience.SUPERVISORS: _step == Audience.SUPERVISORS,
        Audience.ADMINISTRATORS: _step == Audience.ADMINISTRATORS,
    }
    query = (
        select(RosterEntry.staff_id, PushSubscription.id)
        .outerjoin(PushSubscription, PushSubscription.staff_id == RosterEntry.staff_id)
        .where(RosterEntry.site_id == bindparam("site_id"), or_(*(conditions[each] for each in who)))
    )
    return query.order_by(RosterEntry.staff_id, PushSubscription.id)


def entry_for(session: Session, site_id: int, staff_id: int) -> RosterEntry:
    """The entry, made if there is none."""
    found = entry(session, site_id, staff_id)
    if found is None:
        found = RosterEntry(site_id=site_id, staff_id=staff_id, designated=False, role="", by_schedule="ask")
        session.add(found)
    return found


def _is_on_duty(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return RosterEntry.on_duty_since.is_not(None) & (
        RosterEntry.on_duty_until.is_(None) | (RosterEntry.on_duty_until > now)
    )
