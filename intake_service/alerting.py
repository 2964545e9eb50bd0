"""Who is told of a site's alerts, as its staff see and set it: the roster by name, who would be told, a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from intake_service.tables import Role, Site, Staff
from notifications import alerts, channels, roster, sites
from notifications.channels import Reach
from notifications.policy import Step
from notifications.tables import AlertKind, RosterEntry


@dataclass(frozen=True)
class Person:
    """Somebody at a site. `entry` is None as long as nothing is known but that they work there."""

    id: int
    name: str
    role: str
    entry: RosterEntry | None
    reach: Reach
    is_on_duty: bool

    @property
    def is_missed(self) -> bool:
        """Designated, and nothing can reach them."""
        return self.entry is not None and self.entry.designated and not self.reach.is_reachable


@dataclass(frozen=True)
class StepNow:
    """A step of the policy and whom it would tell at this moment. `is_first`: this one would be told at once."""

    step: Step
    people: Sequence[Person]
    is_first: bool


def people_at(session: Session, site_id: int, now: datetime) -> list[Person]:
    """Everybody who works at the site, administrators among them: designated first, then by name."""
    found = session.scalars(
        select(Staff).where(Staff.active, or_(Staff.sites.any(Site.id == site_id), Staff.role == Role.ADMINISTRATOR))
    ).all()
    entries = {entry.staff_id: entry for entry in roster.of_site(session, site_id)}
    reach = channels.reach(session, [each.id for each in found])
    people = [_person(each, entries.get(each.id), reach[each.id], now) for each in found]
    return sorted(people, key=lambda each: (not (each.entry and each.entry.designated), each.name.casefold()))


def would_be_told(session: Session, site_id: int, now: datetime) -> list[StepNow]:
    """Every step of the site's policy with its people, as things are at this moment."""
    people = {each.id: each for each in people_at(session, site_id, now)}
    steps: list[StepNow] = []
    first_is_found = False
    for step in sites.rules(session, site_id).policy.steps:
        told = [people[staff_id] for staff_id in roster.audience(session, site_id, step.who, now) if staff_id in people]
        is_first = not first_is_found and any(each.reach.is_reachable for each in told)
        first_is_found = first_is_found or is_first
        steps.append(StepNow(step, told, is_first))
    return steps


def test(session: Session, site: Site, now: datetime) -> int | None:
    """A test alert to those who would be told first. Returns its id; None when nobody would be told."""
    first = next((each for each in would_be_told(session, site.id, now) if each.is_first), None)
    if first is None:
        return None
    to = [each.id for each in first.people]
    return alerts.raise_alert(session, AlertKind.TEST, site.id, site.name, f"test-{site.id}", "/alerts", to, now)


def missed_at(session: Session, site_id: int, now: datetime) -> list[str]:
    """The names of those who are designated at a site and whom nothing can reach."""
    return [each.name for each in people_at(session, site_id, now) if each.is_missed]


def _person(member: Staff, entry: RosterEntry | None, reach: Reach, now: datetime) -> Person:
    return Person(member.id, member.name, member.role, entry, reach, entry is not None and entry.is_on_duty(now))
