"""Addresses beside web push: one's own, and for administrators a site's. Tested by a code before they count."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import audit, rights, staff
from intake_service.audit import Act, Kind
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.errors import NotFound
from intake_service.routes.at_sites import chosen_site
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Reader, SignedIn
from intake_service.tables import Site
from notifications import channels
from notifications.channels import WrongCode
from notifications.other_channels import BadAddress, OtherChannels, phone_address
from notifications.tables import Channel
from shared_schema.kiosk_api import KioskSettings

router = APIRouter(prefix="/channels")


@router.get("")
def listed(request: Request, session: Reading, who: Reader, site: int | None = None, done: str = "") -> Response:
    """One's own addresses; with `site`, that site's."""
    return _shown(request, session, who, _of_site(session, who, site), done=done)


@router.post("")
def add(
    request: Request,
    session: Writing,
    who: Actor,
    address: Annotated[str, Form(max_length=600)] = "",
    phone: Annotated[str, Form(max_length=40)] = "",
    name: Annotated[str, Form(max_length=80)] = "",
    site_id: Annotated[int | None, Form()] = None,
) -> Response:
    """Kept, and tested at once. `address`: an e-mail address, or the URL of a service; or else a `phone`."""
    site = _of_site(session, who, site_id)
    now = datetime.now(UTC)
    try:
        channel = channels.add(
            session,
            _door(request),
            phone_address(phone, _country(session, who, site)) if phone.strip() else address,
            name,
            now,
            staff_id=None if site else who.staff.id,
            site_id=site.id if site else None,
        )
    except BadAddress as refusal:
        return _shown(request, session, who, site, problem=str(refusal))
    _record(session, Act.ADDRESS_ADDED, who, channel)
    return _test(request, session, channel, now)


@router.post("/{channel_id}/test")
def test(request: Request, session: Writing, who: Actor, channel_id: int) -> Response:
    return _test(request, session, _own(session, who, channel_id), datetime.now(UTC))


@router.post("/{channel_id}/confirmation")
def confirm(
    request: Request, session: Writing, who: Actor, channel_id: int, code: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    channel = _own(session, who, channel_id)
    try:
        channels.confirm(session, channel, code, datetime.now(UTC))
    except WrongCode as refusal:
        return _shown(request, session, who, _site_of(session, channel), problem=str(refusal))
    _record(session, Act.ADDRESS_CONFIRMED, who, channel)
    return _back(channel, "confirmed")


@router.post("/{channel_id}/removal")
def remove(session: Writing, who: Actor, channel_id: int) -> Response:
    channel = _own(session, who, channel_id)
    _record(session, Act.ADDRESS_REMOVED, who, channel)
    channels.remove(session, channel)
    return _back(channel, "removed")


def _record(session: Session, act: Act, who: SignedIn, channel: Channel) -> None:
    """Whose address and of what kind; not the address itself."""
    kind, whose = (Kind.SITE, channel.site_id) if channel.site_id else (Kind.STAFF, channel.staff_id)
    now, said = datetime.now(UTC), {"kind": channel.kind}
    audit.record(session, act, now, by=who.staff, kind=kind, object_id=whose, site_id=channel.site_id, after=said)


def _test(request: Request, session: Session, channel: Channel, now: datetime) -> Response:
    host = urlsplit(request.app.state.settings.public_url).hostname or ""
    channels.test(session, channel, host, now)
    answer = _back(channel, "tested")
    commit_and_wake_worker(request, session)
    return answer


def _shown(
    request: Request, session: Session, who: SignedIn, site: Site | None, *, done: str = "", problem: str = ""
) -> Response:
    found = channels.of_site(session, site.id) if site else channels.of_staff(session, who.staff.id)
    return console_page(
        request,
        session,
        who,
        "channels.html",
        422 if problem else 200,
        site=site,
        channels=found,
        may_decide=rights.may_decide_policy(who.staff),
        has_mail=bool(request.app.state.settings.mail_url),
        has_sms=bool(request.app.state.settings.sms_url),
        done=done,
        problem=problem,
    )


def _of_site(session: Session, who: SignedIn, site_id: int | None) -> Site | None:
    """Raises NotFound, NotAllowed: a site's addresses are an administrator's."""
    if site_id is None:
        return None
    rights.require_policy(session, who.staff, site_id)
    return chosen_site(session, who, site_id)


def _country(session: Session, who: SignedIn, site: Site | None) -> str:
    """Where a number without its country is from: as on the kiosks of that site, or of one's first one."""
    near = site or next(iter(staff.sites_of(session, who.staff)), None)
    return KioskSettings.model_validate(near.kiosk_settings if near else {}).country


def _own(session: Session, who: SignedIn, channel_id: int) -> Channel:
    """One's own address, or one of a site that one decides for. Raises NotFound."""
    channel = session.get(Channel, channel_id)
    if channel is not None and channel.staff_id == who.staff.id:
        return channel
    if channel is None or channel.staff_id is not None or not rights.may_decide_policy(who.staff):
        raise NotFound("There is no such address of yours.")
    return channel


def _site_of(session: Session, channel: Channel) -> Site | None:
    return session.get(Site, channel.site_id) if channel.site_id else None


def _back(channel: Channel, done: str) -> Response:
    of_site = f"&site={channel.site_id}" if channel.site_id else ""
    return RedirectResponse(f"/channels?done={done}{of_site}", 303)


def _door(request: Request) -> OtherChannels:
    settings = request.app.state.settings
    return OtherChannels(settings.mail_url, settings.sms_url, allow_private=settings.push_allow_private)
