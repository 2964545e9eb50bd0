"""Somebody new is invited, somebody who cannot sign in gets a new start: links that administrators hand over."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from intake_service import changes, invitations, passwords, rights, second_factors, sites
from intake_service.db import Reading, reading, transaction
from intake_service.errors import Conflict, InvalidRequest, NotFound, ServiceError, WrongPassword
from intake_service.invitations import NewLink
from intake_service.matching import language_name
from intake_service.routes.entering import led_in, require_own_page
from intake_service.routes.pages import console_page, page, text
from intake_service.routes.signed_in import FreshAsker, FreshReader, SignedIn
from intake_service.sign_in_tables import LinkPurpose
from intake_service.tables import Role
from notifications.failures import Rejected, TryLater
from notifications.other_channels import OtherChannels, is_email
from shared_schema.form import load_form

router = APIRouter()


@router.get("/staff/invitation")
def ask(request: Request, session: Reading, who: FreshReader) -> Response:
    rights.require_every_policy(who.staff)
    return _form(request, session, who)


@router.post("/staff/invitation")
def invite(
    request: Request,
    session: Reading,
    who: FreshAsker,
    username: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    role: Annotated[str, Form(max_length=40)] = "",
    site: Annotated[list[int] | None, Form()] = None,
    language: Annotated[list[str] | None, Form()] = None,
) -> Response:
    rights.require_every_policy(who.staff)
    typed = {"username": username, "name": name, "role": role, "sites": site or [], "languages": language or []}
    spoken = [tag for tag in language or [] if tag in load_form().texts] or ["en"]
    try:
        with transaction(request) as own:
            chosen = [each for each in sites.every(own) if each.id in (site or [])]
            now = datetime.now(UTC)
            made = _made(invitations.invite(own, username, name, _role(role), chosen, spoken, now, who.staff), now)
    except (InvalidRequest, Conflict) as refusal:
        return _form(request, session, who, typed, refusal)
    return _link(request, session, who, made)


@router.post("/staff/{staff_id}/invitation")
def invite_again(request: Request, session: Reading, who: FreshAsker, staff_id: int) -> Response:
    with transaction(request) as own:
        now = datetime.now(UTC)
        made = _made(invitations.invite_again(own, staff_id, now, who.staff), now)
    return _link(request, session, who, made)


@router.post("/staff/{staff_id}/reset")
def reset(
    request: Request, session: Reading, who: FreshAsker, staff_id: int, clear: Annotated[bool, Form()] = False
) -> Response:
    with transaction(request) as own:
        now = datetime.now(UTC)
        made = _made(invitations.reset(own, staff_id, now, who.staff, clear_second_factor=clear), now)
    return _link(request, session, who, made)


@router.get(invitations.PATH)
def opened(request: Request, session: Reading, link: str = "") -> Response:
    """Looking uses nothing up: mail servers look, too."""
    return _choose(request, session, link)


@router.post(invitations.PATH)
def take_up(
    request: Request,
    link: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The password is kept and the person is in; whoever has a second factor still shows it at the door."""
    try:
        require_own_page(request)
        with transaction(request) as session:
            member = invitations.take_up(session, link, password, datetime.now(UTC))
            if second_factors.of_staff(session, member.id).has_any:
                return page(request, "password_chosen.html", member=member)
            return led_in(request, session, member, "/", "one-time link", has_second_factor=False)
    except (InvalidRequest, WrongPassword) as refusal:
        with reading(request) as session:
            return _choose(request, session, link, refusal)


def _choose(request: Request, session: Session, token: str, refusal: ServiceError | None = None) -> Response:
    try:
        link = invitations.opened(session, token, datetime.now(UTC))
    except NotFound as over:
        return page(request, "problem.html", over.status, problem=over.problem())
    return page(
        request,
        "choose_password.html",
        refusal.status if refusal else 200,
        member=link.staff,
        token=token,
        is_reset=link.purpose == LinkPurpose.RESET,
        shortest=passwords.SHORTEST,
        refusal=refusal,
    )


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise InvalidRequest("Choose a role from the list.") from None


def _form(
    request: Request,
    session: Session,
    who: SignedIn,
    typed: Mapping[str, object] | None = None,
    refusal: ServiceError | None = None,
) -> Response:
    return console_page(
        request,
        session,
        who,
        "invite.html",
        refusal.status if refusal else 200,
        every_site=sites.every(session),
        roles=list(Role),
        spoken=[(tag, language_name(tag)) for tag in load_form().texts],
        typed=typed or {"username": "", "name": "", "role": Role.PEER_SPECIALIST, "sites": [], "languages": ["en"]},
        refusal=refusal,
    )


def _made(link: NewLink, now: datetime) -> tuple[NewLink, str]:
    """The link, and until when it works in words of the person's own site."""
    here = next(iter(link.staff.sites), None)
    until = changes.time_at(here, link.expires_at, now) if here else f"{link.expires_at:%d %B, %H:%M} UTC"
    return link, until


def _link(request: Request, session: Session, who: SignedIn, made: tuple[NewLink, str]) -> Response:
    """It is kept by now; on this page and nowhere else. Whether the mail came is the administrator's to ask."""
    link, until = made
    address = link.address(request.app.state.settings.public_url)
    is_mailed = _mail(request, link, address)
    return console_page(
        request, session, who, "one_time_link.html", link=link, address=address, until=until, is_mailed=is_mailed
    )


def _mail(request: Request, link: NewLink, address: str) -> bool:
    """True: the mail server has taken it. Only where there is one and the username is an e-mail address."""
    settings = request.app.state.settings
    if not settings.mail_url or not is_email(link.staff.username):
        return False
    door = OtherChannels(settings.mail_url, allow_private=settings.push_allow_private)
    words = text("invitation_mail.txt", address=address)
    try:
        from_thread.run(door.send, link.staff.username, "Your sign-in to Warm Handoff", words)
    except (Rejected, TryLater):
        return False
    return True
