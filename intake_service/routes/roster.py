"""Who is told: designated staff, their duty and their weeks, and who would be told right now."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import alerting, audit, rights, staff
from intake_service.audit import Act, Kind
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.errors import InvalidRequest, NotFound
from intake_service.routes.at_sites import Fields, chosen_site, require_leader, text
from intake_service.routes.entering import local as local_path
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Reader, SignedIn
from intake_service.site_clock import hours_of, local
from intake_service.tables import Site
from notifications import duty, roster
from notifications.duty import ASK, SET, ShiftTimes
from notifications.policy import Audience
from notifications.tables import Shift
from shared_schema.hours import WEEKDAYS

router = APIRouter()

_STEPS: dict[str, str | None] = {"role": None, "none": "", **{each.value: each.value for each in Audience}}
_SHIFTS_A_DAY = 2


@router.get("/roster")
def designated(request: Request, session: Reading, who: Reader, site: int | None = None, done: str = "") -> Response:
    """Everybody at a site: designated, in which step, on duty, reachable by what."""
    chosen = chosen_site(session, who, site)
    require_leader(who)
    return console_page(
        request,
        session,
        who,
        "roster.html",
        site=chosen,
        people=alerting.people_at(session, chosen.id, datetime.now(UTC)),
        may_decide=rights.may_decide_policy(who.staff),
        done=done,
    )


@router.post("/roster/{site_id}/test")
def test(request: Request, session: Writing, who: Actor, site_id: int) -> Response:
    """A test alert to those who would be told first."""
    require_leader(who)
    chosen = chosen_site(session, who, site_id)
    alert_id = alerting.test(session, chosen, datetime.now(UTC))
    commit_and_wake_worker(request, session)
    return RedirectResponse(f"/roster/now?site={site_id}&tested={alert_id or 0}", 303)


@router.post("/roster/{site_id}/{staff_id}")
def designate(
    session: Writing,
    who: Actor,
    site_id: int,
    staff_id: int,
    designated: Annotated[bool, Form()] = False,
    step: Annotated[str, Form()] = "role",
) -> Response:
    rights.require_policy(session, who.staff, site_id)
    if staff_id not in {each.id for each in alerting.people_at(session, site_id, datetime.now(UTC))}:
        raise NotFound("Nobody of this number works at this site.")
    if step not in _STEPS:
        raise InvalidRequest("Choose a step from the list.")
    before = _state(session, site_id, staff_id)
    roster.designate(session, site_id, staff_id, designated)
    roster.put_in_step(session, site_id, staff_id, _STEPS[step])
    _record(session, Act.ROSTER_CHANGED, who, site_id, staff_id, before, _state(session, site_id, staff_id))
    return RedirectResponse(f"/roster?site={site_id}&done=saved", 303)


@router.get("/roster/now")
def right_now(
    request: Request, session: Reading, who: Reader, site: int | None = None, tested: int | None = None
) -> Response:
    """Who would be told right now? `tested`: a test alert has just been sent; 0: there was nobody to send it to."""
    chosen = chosen_site(session, who, site)
    now = datetime.now(UTC)
    return console_page(
        request,
        session,
        who,
        "told_now.html",
        site=chosen,
        steps=alerting.would_be_told(session, chosen.id, now),
        missed=alerting.missed_at(session, chosen.id, now),
        tested=tested,
    )


@router.get("/duty")
def duty_page(request: Request, session: Reading, who: Reader) -> Response:
    """One's own duty at each of one's sites."""
    entries = {entry.site_id: entry for entry in roster.of_staff(session, who.staff.id)}
    now = datetime.now(UTC)
    return console_page(
        request,
        session,
        who,
        "duty.html",
        duties=[
            (site, entries.get(site.id), local(site, duty.ends_at(hours_of(site), now)))
            for site in staff.sites_of(session, who.staff)
        ],
        local=local,
    )


@router.post("/duty")
def set_duty(
    request: Request,
    session: Writing,
    who: Actor,
    site_id: Annotated[int, Form()],
    on: Annotated[bool, Form()] = False,
    until: Annotated[str, Form(max_length=5)] = "",
    back: Annotated[str, Form()] = "/alerts",
) -> Response:
    """On, off, or on until a time of the site's clock (`17:30`); without one, until the site closes.

    `back`: the page on which the switch was turned.
    """
    chosen = chosen_site(session, who, site_id)
    now = datetime.now(UTC)
    before = _state(session, site_id, who.staff.id)
    if on:
        ends = _at(chosen, until, now) if until else duty.ends_at(hours_of(chosen), now)
        duty.begin(session, site_id, who.staff.id, ends, now)
    else:
        duty.end(session, site_id, who.staff.id, now)
    after = _state(session, site_id, who.staff.id)
    _record(session, Act.DUTY_CHANGED, who, site_id, who.staff.id, before, after)
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse(local_path(back), 303)


@router.get("/schedule")
def week(
    request: Request,
    session: Reading,
    who: Reader,
    site: int | None = None,
    staff_id: int | None = None,
    done: str = "",
) -> Response:
    """A person's week at a site: one's own, or for those who lead the site anybody's."""
    chosen = chosen_site(session, who, site)
    people = {each.id: each for each in alerting.people_at(session, chosen.id, datetime.now(UTC))}
    person = people.get(_whose(session, who, chosen, staff_id))
    if person is None:
        raise NotFound("Nobody of this number works at this site.")
    shifts: dict[str, list[Shift]] = {}
    for shift in duty.schedule(session, chosen.id, person.id):
        shifts.setdefault(shift.weekday, []).append(shift)
    return console_page(
        request,
        session,
        who,
        "schedule.html",
        site=chosen,
        person=person,
        people=people.values() if rights.sees_everybody(who.staff) else (),
        shifts=shifts,
        weekdays=WEEKDAYS,
        shifts_a_day=_SHIFTS_A_DAY,
        does=person.entry.by_schedule if person.entry else ASK,
        time_zone=hours_of(chosen).time_zone,
        done=done,
    )


@router.post("/schedule/{site_id}/{staff_id}")
def set_week(session: Writing, who: Actor, site_id: int, staff_id: int, fields: Fields) -> Response:
    """Fields `mon-1-begins`, `mon-1-ends` and so on; an empty pair is no shift. `does`: ask, or set duty."""
    chosen = chosen_site(session, who, site_id)
    whose = _whose(session, who, chosen, staff_id)
    shifts = [
        ShiftTimes(day, _time(begins), _time(ends))
        for day in WEEKDAYS
        for number in range(1, _SHIFTS_A_DAY + 1)
        if (begins := text(fields, f"{day}-{number}-begins")) + (ends := text(fields, f"{day}-{number}-ends"))
    ]
    does = SET if text(fields, "does") == SET else ASK
    before = _week(session, site_id, whose)
    duty.set_schedule(session, site_id, whose, shifts, does, datetime.now(UTC))
    _record(session, Act.WEEK_CHANGED, who, site_id, whose, before, _week(session, site_id, whose))
    return RedirectResponse(f"/schedule?site={site_id}&staff_id={whose}&done=saved", 303)


def _state(session: Session, site_id: int, staff_id: int) -> dict[str, Any]:
    entry = roster.entry(session, site_id, staff_id)
    if entry is None:
        return {"designated": False}
    since, until = entry.on_duty_since, entry.on_duty_until
    return {
        "designated": entry.designated,
        "step": entry.step,
        "on_duty_since": since.isoformat() if since else None,
        "on_duty_until": until.isoformat() if until else None,
    }


def _week(session: Session, site_id: int, staff_id: int) -> dict[str, Any]:
    entry = roster.entry(session, site_id, staff_id)
    shifts = [
        f"{shift.weekday} {shift.begins:%H:%M}-{shift.ends:%H:%M}"
        for shift in duty.schedule(session, site_id, staff_id)
    ]
    return {"shifts": shifts, "does": entry.by_schedule if entry else ASK}


def _record(
    session: Session,
    act: Act,
    who: SignedIn,
    site_id: int,
    staff_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    was, becomes = audit.differences(before, after)
    audit.record(
        session,
        act,
        datetime.now(UTC),
        by=who.staff,
        kind=Kind.STAFF,
        object_id=staff_id,
        site_id=site_id,
        before=was,
        after=becomes,
    )


def _whose(session: Reading, who: SignedIn, site: Site, staff_id: int | None) -> int:
    """Raises NotFound, NotAllowed."""
    if staff_id is None or staff_id == who.staff.id:
        return who.staff.id
    require_leader(who)
    if staff_id not in {each.id for each in alerting.people_at(session, site.id, datetime.now(UTC))}:
        raise NotFound("Nobody of this number works at this site.")
    return staff_id


def _at(site: Site, clock: str, now: datetime) -> datetime:
    """The next time that the site's clock shows this."""
    here = local(site, now)
    at = datetime.combine(here.date(), _time(clock), here.tzinfo)
    return at if at > here else at + timedelta(days=1)


def _time(clock: str) -> time:
    try:
        hours, minutes = clock.split(":")
        return time(int(hours), int(minutes))
    except ValueError:
        raise InvalidRequest("A time is written like 09:30, and a shift has a beginning and an end.") from None
