"""The drop-in centers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.site_settings import LONGEST_NAME, Decided
from intake_service.tables import Site
from intake_service.telling import tell_everything, tell_site
from shared_schema.form import load_form


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


def decide(session: Session, site: Site, decided: Decided) -> None:
    """Change a site to what an administrator decided; its kiosks learn of it within a minute.

    Raises Conflict when another site has the name.
    """
    if session.scalar(select(Site.id).where(Site.name == decided.name, Site.id != site.id)) is not None:
        raise Conflict("There is a site of this name already.")
    site.name, site.languages = decided.name, decided.languages
    site.greeting, site.where_to_wait = decided.greeting, decided.where_to_wait
    site.hours = decided.hours.model_dump(mode="json")
    site.kiosk_settings = decided.settings.model_dump(mode="json", exclude_defaults=True)
    session.flush()
    tell_site(session, site)


def named(session: Session, name: str) -> Site:
    """The site of this name. Raises NotFound."""
    site = session.scalar(select(Site).where(Site.name == name.strip()))
    if site is None:
        raise NotFound("There is no site of this name. See: sites list")
    return site


def every(session: Session) -> list[Site]:
    """All sites by name."""
    return list(session.scalars(select(Site).order_by(Site.name)))
