"""Going on duty, and weekly schedules that do it or ask for it. Times are the site's own, daylight saving included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule
from sqlalchemy import String, cast, delete, select
from sqlalchemy.orm import Session

from notifications import alerts, roster, sites, timers
from notifications.tables import AlertKind, Shift, Timer
from shared_schema.hours import WEEKDAYS, Hours, Weekday

LONGEST = timedelta(hours=12)
"""Duty that nothing else ends ends then: a forgotten switch must not hold alerts for somebody at home."""

_HALF_A_WEEK = timedelta(days=3.5)

ASK, SET = "ask", "set"
"""What a schedule does when a shift begins: ask the person to go on duty, or put them on duty."""


@dataclass(frozen=True)
class ShiftTimes:
    """One shift of a week. Ending before it begins: over midnight."""

    weekday: Weekday
    begins: time
    ends: time


def ends_at(hours: Hours, now: datetime) -> datetime:
    """When duty that begins now ends by itself: when the site closes, or after LONGEST.

    Somebody who comes before the site opens stays until it closes.
    """
    opens = hours.opens_next(now)
    closes = hours.closes_at(opens or now)
    return min(now + LONGEST, closes) if closes is not None else now + LONGEST


def begin(session: Session, site_id: int, staff_id: int, until: datetime, now: datetime) -> None:
    """On duty from now on. Who is waiting for somebody already is told in one message, with their count."""
    begins = roster.set_duty(session, site_id, staff_id, True, now, until)
    entry = roster.entry_for(session, site_id, staff_id)
    waiting = alerts.open_at(session, site_id)
    if begins and entry.designated and waiting:
        name = sites.name(session, site_id)
        subject = f"catch-up-{site_id}-{staff_id}"
        alerts.raise_alert(
            session, AlertKind.CATCH_UP, site_id, name, subject, "/queue", [staff_id], now, count=waiting
        )


def end(session: Session, site_id: int, staff_id: int, now: datetime) -> None:
    roster.set_duty(session, site_id, staff_id, False, now)


def schedule(session: Session, site_id: int, staff_id: int) -> list[Shift]:
    """A person's week at a site, in its order."""
    found = session.scalars(select(Shift).where(Shift.site_id == site_id, Shift.staff_id == staff_id))
    return sorted(found, key=lambda shift: ([*WEEKDAYS].index(_weekday(shift)), shift.begins))


def set_schedule(
    session: Session, site_id: int, staff_id: int, shifts: Sequence[ShiftTimes], does: str, now: datetime
) -> None:
    """The person's week at this site from now on. `does`: ASK or SET."""
    for earlier in schedule(session, site_id, staff_id):
        timers.drop(session, timers.SHIFT, str(earlier.id))
    session.execute(delete(Shift).where(Shift.site_id == site_id, Shift.staff_id == staff_id))
    roster.entry_for(session, site_id, staff_id).by_schedule = does
    for each in shifts:
        shift = Shift(site_id=site_id, staff_id=staff_id, weekday=each.weekday, begins=each.begins, ends=each.ends)
        session.add(shift)
        session.flush()
        _set_next(session, shift, now)


def clocks_changed(session: Session, site_id: int) -> None:
    """The site has another time zone: its shifts begin by that, each on the day on which it would have."""
    zone = sites.rules(session, site_id).time_zone
    shifts = select(Shift, Timer).join(Timer, (Timer.what == timers.SHIFT) & (Timer.subject == cast(Shift.id, String)))
    for shift, timer in session.execute(shifts.where(Shift.site_id == site_id)):
        timer.due_at = next_begin(_weekday(shift), shift.begins, zone, timer.due_at - _HALF_A_WEEK)
    session.flush()


def next_begin(weekday: Weekday, begins: time, time_zone: str, after: datetime) -> datetime:
    """The first beginning later than `after` (aware), in UTC.

    A time that the clocks leave out in spring is the moment after the gap; one that comes twice in autumn the first.
    """
    zone = ZoneInfo(time_zone)
    local = after.astimezone(zone)
    rule = rrule(
        WEEKLY,
        byweekday=WEEKDAYS.index(weekday),
        dtstart=datetime.combine(local.date() - timedelta(days=7), begins, zone),
    )
    return next(moment for each in rule if (moment := each.astimezone(UTC)) > after)


def fire_shift(session: Session, timer: Timer, now: datetime) -> None:
    """A shift has begun; one that is over already, because no worker ran, is left out."""
    shift = session.get(Shift, int(timer.subject))
    if shift is None:
        session.delete(timer)
        return
    began = timer.due_at
    ends = _end_of(shift, began, sites.rules(session, shift.site_id).time_zone)
    if now < ends:
        _begin_shift(session, shift, ends, now)
    _set_next(session, shift, now)


def _begin_shift(session: Session, shift: Shift, ends: datetime, now: datetime) -> None:
    entry = roster.entry_for(session, shift.site_id, shift.staff_id)
    if entry.by_schedule == SET:
        begin(session, shift.site_id, shift.staff_id, ends, now)
    elif not entry.is_on_duty(now):
        subject = f"shift-{shift.id}"
        name = sites.name(session, shift.site_id)
        alerts.raise_alert(
            session, AlertKind.SHIFT_BEGINS, shift.site_id, name, subject, "/duty", [shift.staff_id], now
        )


def _set_next(session: Session, shift: Shift, now: datetime) -> None:
    zone = sites.rules(session, shift.site_id).time_zone
    due = next_begin(_weekday(shift), shift.begins, zone, now)
    timers.set_timer(session, timers.SHIFT, str(shift.id), due)


def _end_of(shift: Shift, began: datetime, time_zone: str) -> datetime:
    local = began.astimezone(ZoneInfo(time_zone))
    day = local.date() + timedelta(days=1) if shift.ends <= shift.begins else local.date()
    return datetime.combine(day, shift.ends, local.tzinfo)


def _weekday(shift: Shift) -> Weekday:
    return next(day for day in WEEKDAYS if day == shift.weekday)
