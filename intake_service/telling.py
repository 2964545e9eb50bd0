"""What the notifications room must know of sites and staff, told whenever it changes: it never asks."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Role, Site, Staff
from notifications import duty, messages, sites
from notifications.policy import Audience
from shared_schema.hours import Hours

_STEP_OF = {Role.SUPERVISOR: Audience.SUPERVISORS, Role.ADMINISTRATOR: Audience.ADMINISTRATORS}


def tell_everything(session: Session) -> None:
    """Every site and everybody, as they are now."""
    for site in session.scalars(select(Site).order_by(Site.id)):
        tell_site(session, site)
    for member in session.scalars(select(Staff).order_by(Staff.id)):
        tell_staff(session, member)


def tell_site(session: Session, site: Site) -> None:
    """Its name, the time zone of its hours, and when somebody waits too long there."""
    before, zone = sites.rules(session, site.id).time_zone, Hours.model_validate(site.hours).time_zone
    too_long = site.queue_settings.get("waiting_too_long", sites.WAITING_TOO_LONG)
    sites.keep_site(session, site.id, site.name, zone, too_long)
    if zone != before:
        duty.clocks_changed(session, site.id)


def tell_staff(session: Session, member: Staff) -> None:
    """The language they are told in, and the policy's step that their role puts them in at each of their sites.

    An administrator is one at every site. Somebody who does not work here any more is told nothing.
    """
    known = messages.languages()
    language = next((each for each in member.languages if each in known), known[0])
    step = _STEP_OF.get(Role(member.role), "") if member.active else ""
    at = _sites_of(session, member) if member.active else []
    sites.keep_staff(session, member.id, language, dict.fromkeys(at, step))


def _sites_of(session: Session, member: Staff) -> list[int]:
    if member.role == Role.ADMINISTRATOR:
        return list(session.scalars(select(Site.id)))
    return [site.id for site in member.sites]
