"""The drop-in centers."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import audit
from intake_service.audit import Act
from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.site_settings import LONGEST_NAME, Decided
from intake_service.tables import Site, Staff
from intake_service.telling import tell_everything, tell_site
from shared_schema.form import load_form
from shared_schema.hours import Hours
from shared_schema.kiosk_api import KioskSettings


def add(session: Session, name: str, languages: Sequence[str] = ()) -> Site:
    """A new site. `languages`: what its kiosks offer, in order; every reviewed one when none is named.

    Raises InvalidRequest, Conflict when the name is taken.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"A site's name is one line of 1 to {LONGEST_NAME} characters.")
    reviewed = load_form().reviewed_languages()
    if unknown := [language for language in languages if language not in reviewed]:
        raise InvalidRequest(f"{', '.join(unknown)}: not offered. There is {', '.join(reviewed)}.")
    if session.scalar(select(Site.id).where(Site.name == name)) is not None:
        raise Conflict("There is a site of this name already.")
    site = Site(name=name, languages=list(languages or reviewed), greeting={}, where_to_wait={})
    session.add(site)
    session.flush()
    tell_everything(session)  # its administrators are those of every site
    return site


def decide(session: Session, site: Site, decided: Decided, by: Staff, now: datetime) -> None:
    """Change a site to what an administrator decided; its kiosks learn of it within a minute.

    Raises Conflict when another site has the name.
    """
    if session.scalar(select(Site.id).where(Site.name == decided.name, Site.id != site.id)) is not None:
        raise Conflict("There is a site of this name already.")
    before = state(site)
    site.name, site.languages = decided.name, decided.languages
    site.greeting, site.where_to_wait = decided.greeting, decided.where_to_wait
    site.hours = decided.hours.model_dump(mode="json")
    site.kiosk_settings = decided.settings.model_dump(mode="json", exclude_defaults=True)
    session.flush()
    was, becomes = audit.differences(before, state(site))
    audit.record(session, Act.SITE_CHANGED, now, by=by, to=site, before=was, after=becomes)
    tell_site(session, site)


def state(site: Site) -> dict[str, Any]:
    """What an audit entry says of a site before and after a change. Of the staff's PIN it is a part of its digest."""
    columns = ("name", "languages", "greeting", "where_to_wait")
    settings = KioskSettings.model_validate(site.kiosk_settings).model_dump(mode="json")
    if pin := settings.get("staff_pin"):
        settings["staff_pin"] = f"set, {hashlib.sha256(pin.encode()).hexdigest()[:8]}"
    hours = Hours.model_validate(site.hours).model_dump(mode="json")
    return {**{name: getattr(site, name) for name in columns}, "hours": hours, **settings}


def named(session: Session, name: str) -> Site:
    """The site of this name. Raises NotFound."""
    site = session.scalar(select(Site).where(Site.name == name.strip()))
    if site is None:
        raise NotFound("There is no site of this name. See: sites list")
    return site


def every(session: Session) -> list[Site]:
    """All sites by name."""
    return list(session.scalars(select(Site).order_by(Site.name)))
