"""An administrator's pages about sites: what each one decides for its kiosks, and how its kiosks are."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import changes, kiosk_handoff, kiosks, rights, sites
from intake_service.db import Reading, Writing
from intake_service.errors import Conflict, NotFound
from intake_service.routes.pages import bar, page
from intake_service.routes.signed_in import Actor, Fresh, Reader, SignedIn
from intake_service.site_settings import DAYS, HEADINGS, fields_of, read
from intake_service.tables import Site
from shared_schema.form import load_form
from shared_schema.intake import PathwayType

router = APIRouter(prefix="/sites")

_STAFF_LANGUAGE = "en"
_SILENT = timedelta(minutes=5)  # a kiosk says every minute that it is alive


async def _fields(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.get("")
def every(request: Request, session: Reading, who: Reader) -> Response:
    """All sites and their kiosks."""
    rights.require_every_policy(who.staff)
    of_site: dict[int, list[object]] = {}
    for kiosk in kiosks.every(session):
        of_site.setdefault(kiosk.site_id, []).append(kiosk)
    return page(
        request,
        "sites.html",
        **bar(session, who),
        listed=[(site, of_site.get(site.id, [])) for site in sites.every(session)],
        silent_since=datetime.now(UTC) - _SILENT,
    )


@router.get("/{site_id}")
def one(request: Request, session: Reading, who: Reader, site_id: int, done: bool = False) -> Response:
    site = site_to_decide(session, who, site_id)
    return _shown(request, session, who, site, fields_of(site), {}, done=done)


@router.post("/{site_id}")
def decide(request: Request, session: Writing, who: Actor, site_id: int, fields: Fields) -> Response:
    site = site_to_decide(session, who, site_id)
    decided, problems = read(fields, site)
    try:
        if decided is not None:
            sites.decide(session, site, decided, who.staff, datetime.now(UTC))
            return RedirectResponse(f"/sites/{site_id}?done=true", 303)
    except Conflict as refusal:
        problems = {"name": refusal.detail}
    return _shown(request, session, who, site, fields, problems)


@router.post("/{site_id}/kiosks")
def add_kiosk(
    request: Request, session: Writing, who: Fresh, site_id: int, name: Annotated[str, Form(max_length=120)] = ""
) -> Response:
    """A new kiosk, or one that is paired again. Its code is on this page and nowhere else."""
    site = site_to_decide(session, who, site_id)
    now = datetime.now(UTC)
    kiosk, code = kiosks.add(session, site, kiosks.checked_name(name), request.app.state.keys, now, who.staff)
    address, until = request.app.state.settings.public_url, changes.time_at(site, now + kiosks.PAIRING_VALID, now)
    return page(
        request,
        "kiosk_code.html",
        **bar(session, who),
        site=site,
        kiosk=kiosk,
        code=code,
        until=until,
        address=address,
        picture=kiosk_handoff.picture(address, code),
        file_name=kiosk_handoff.FILE_NAME,
        file_link=kiosk_handoff.link(kiosk_handoff.file(kiosk.name, address, code, until)),
    )


@router.post("/{site_id}/kiosks/{kiosk_id}/revocation")
def revoke_kiosk(session: Writing, who: Fresh, site_id: int, kiosk_id: UUID) -> Response:
    """A lost kiosk opens nothing from now on."""
    site = site_to_decide(session, who, site_id)
    if kiosk_id not in {kiosk.id for kiosk in kiosks.every(session) if kiosk.site_id == site.id}:
        raise NotFound("There is no such kiosk at this site.")
    kiosks.revoke(session, kiosk_id, datetime.now(UTC), who.staff)
    return RedirectResponse("/sites", 303)


def site_to_decide(session: Reading, who: SignedIn, site_id: int) -> Site:
    """The site, for somebody who decides about it. Raises NotFound, NotAllowed."""
    rights.require_policy(session, who.staff, site_id)
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound("There is no such site.")
    return site


def _shown(
    request: Request,
    session: Reading,
    who: SignedIn,
    site: Site,
    fields: dict[str, str],
    problems: dict[str, str],
    *,
    done: bool = False,
) -> Response:
    """The form, as it was typed."""
    form = load_form()
    words = form.texts[_STAFF_LANGUAGE]
    tiles = [
        (screen, words.screens[screen.id], form.can_hide(screen)) for screen in form.items if form.can_hide(screen)
    ]
    return page(
        request,
        "site.html",
        422 if problems else 200,
        **bar(session, who),
        site=site,
        fields=defaultdict(str, fields),
        problems=problems,
        done=done,
        languages=list(form.texts.values()),
        headings=HEADINGS,
        own_words={"greeting": "greeting", "wait": "where_to_wait", "closed": "closed_help"},
        days=DAYS.items(),
        time_zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
        pathways=list(PathwayType),
        tiles=tiles,
        has_pin="staff_pin" in site.kiosk_settings,
    )
