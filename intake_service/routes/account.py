"""One's own account: browsers that are signed in, password, passkeys, authenticator app, recovery codes."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import passkeys, passwords, second_factors, sessions, sign_in
from intake_service.db import Reading, Writing
from intake_service.errors import Conflict, InvalidRequest, NotFound, ServiceError, TooManyTries, WrongCode
from intake_service.routes.entering import browser_of, local
from intake_service.routes.pages import console_page, page
from intake_service.routes.signed_in import (
    Fresh,
    NewcomerActor,
    NewcomerReader,
    Reader,
    SignedIn,
    proven,
)
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.tables import Staff
from notifications import subscriptions

router = APIRouter(prefix="/account")

_DONE = {
    "password": "Your password is changed. Other browsers are signed out.",
    "no-password": "Your password is gone. You sign in by passkey alone.",
    "ended": "Signed out there.",
    "others-ended": "Signed out everywhere but here.",
    "app-removed": "The authenticator app is taken away.",
    "passkey": "The passkey is added. You can sign in by it alone from now on.",
    "passkey-removed": "The passkey is taken away. Delete it on your device too.",
    "added": "From now on a password alone is not enough to sign in as you.",
}


def _proven_newcomer(who: NewcomerActor) -> SignedIn:
    return proven(who)


def _proven_newcomer_looking(who: NewcomerReader) -> SignedIn:
    return proven(who)


FreshNewcomer = Annotated[SignedIn, Depends(_proven_newcomer, scope="function")]
"""Changes their own second factors, also when the first one is still to be added."""

FreshNewcomerReader = Annotated[SignedIn, Depends(_proven_newcomer_looking, scope="function")]


@router.get("")
def account(request: Request, session: Reading, who: Reader, done: str = "") -> Response:
    return _account(request, session, who, done=_DONE.get(done, ""))


@router.post("/sessions/{session_id}/end")
def end_session(request: Request, session: Writing, who: Fresh, session_id: int) -> Response:
    try:
        sessions.revoke(session, who.staff.id, session_id)
    except NotFound as refusal:
        return _account(request, session, who, refusal=refusal)
    happened(session, AtTheDoor.SESSION_ENDED, datetime.now(UTC), who.staff)
    return RedirectResponse("/account?done=ended", 303)


@router.post("/sessions/end")
def end_other_sessions(session: Writing, who: Fresh) -> Response:
    """Everywhere but here. Devices that alerts come to stay, they are on the alerts page."""
    sessions.end_all(session, who.staff.id, but=who.browser.id)
    happened(session, AtTheDoor.SESSION_ENDED, datetime.now(UTC), who.staff, how="all but one")
    return RedirectResponse("/account?done=others-ended", 303)


@router.post("/password")
def change_password(
    request: Request, session: Writing, who: Fresh, password: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Whoever knew the old one is out: every other session ends, and no other browser is known any more."""
    member = session.get_one(Staff, who.staff.id)
    about = (member.username, member.name, *(site.name for site in member.sites))
    try:
        member.password_hash = passwords.hashed(passwords.checked(password, about))
    except InvalidRequest as refusal:
        return _account(request, session, who, refusal=refusal)
    sessions.end_all(session, member.id, but=who.browser.id)
    sign_in.forget_browsers(session, member.id)
    if browser := browser_of(request):
        sign_in.know_browser(session, member.id, browser, datetime.now(UTC))
    happened(session, AtTheDoor.PASSWORD_CHANGED, datetime.now(UTC), member)
    return RedirectResponse("/account?done=password", 303)


@router.post("/password/removal")
def remove_password(request: Request, session: Writing, who: Fresh) -> Response:
    """A passkey alone from now on."""
    try:
        passkeys.be_enough(session, session.get_one(Staff, who.staff.id))
    except Conflict as refusal:
        return _account(request, session, who, refusal=refusal)
    happened(session, AtTheDoor.PASSWORD_CHANGED, datetime.now(UTC), who.staff, how="taken away")
    return RedirectResponse("/account?done=no-password", 303)


@router.get("/second-factor")
def choose_factor(request: Request, session: Reading, who: FreshNewcomerReader, next: str = "/account") -> Response:
    """The guided way to a second factor, for whoever needs one and for whoever wants one."""
    return page(
        request,
        "second_factor.html",
        who=who,
        factors=second_factors.of_staff(session, who.staff.id),
        has_password=passwords.has_one(who.staff),
        next=local(next),
    )


@router.get("/authenticator-app")
def show_code_app(request: Request, session: Writing, who: FreshNewcomerReader, next: str = "/account") -> Response:
    try:
        return _code_app(request, session, who, local(next))
    except Conflict:
        return RedirectResponse("/account", 303)


@router.post("/authenticator-app")
def add_code_app(
    request: Request,
    session: Writing,
    who: FreshNewcomer,
    code: Annotated[str, Form(max_length=40)] = "",
    next: Annotated[str, Form()] = "/account",
) -> Response:
    """Kept once its code is right. A wrong one here opens nothing, but it is counted all the same."""
    now, keys = datetime.now(UTC), request.app.state.keys
    try:
        counted = sign_in.count_code(session, keys, who.staff.id, browser_of(request), now)
        second_factors.confirm_code_app(session, who.staff, "".join(code.split()), now)
    except (WrongCode, TooManyTries) as refusal:
        return _code_app(request, session, who, local(next), refusal)
    sign_in.was_right(session, counted, now)
    happened(session, AtTheDoor.FACTOR_ADDED, now, who.staff, how="authenticator app")
    return _first_codes(request, session, who, local(next))


@router.post("/authenticator-app/removal")
def remove_code_app(session: Writing, who: Fresh) -> Response:
    second_factors.remove_code_app(session, who.staff)
    happened(session, AtTheDoor.FACTOR_REMOVED, datetime.now(UTC), who.staff, how="authenticator app")
    return RedirectResponse("/account?done=app-removed", 303)


@router.post("/passkeys/{passkey_id}/removal")
def remove_passkey(request: Request, session: Writing, who: Fresh, passkey_id: int) -> Response:
    try:
        passkeys.remove(session, who.staff, passkey_id)
    except (NotFound, Conflict) as refusal:
        return _account(request, session, who, refusal=refusal)
    happened(session, AtTheDoor.FACTOR_REMOVED, datetime.now(UTC), who.staff, how="passkey")
    return RedirectResponse("/account?done=passkey-removed", 303)


@router.post("/recovery-codes")
def make_recovery_codes(
    request: Request, session: Writing, who: FreshNewcomer, next: Annotated[str, Form()] = "/account"
) -> Response:
    """On this page and nowhere else; those from before are void."""
    try:
        codes = second_factors.new_recovery_codes(session, who.staff)
    except InvalidRequest as refusal:
        return _account(request, session, who, refusal=refusal)
    happened(session, AtTheDoor.RECOVERY_CODES_MADE, datetime.now(UTC), who.staff)
    return page(request, "recovery_codes.html", who=who, codes=codes, next=local(next))


@router.get("/factor-added")
def factor_added(request: Request, session: Reading, who: NewcomerReader, next: str = "/account") -> Response:
    """After a passkey was added by the script: paper for the day on which the device is lost, unless there is some."""
    if second_factors.of_staff(session, who.staff.id).recovery_codes or not passwords.has_one(who.staff):
        return RedirectResponse("/account?done=passkey", 303)
    return page(request, "factor_added.html", who=who, next=local(next))


def _first_codes(request: Request, session: Session, who: SignedIn, path: str) -> Response:
    """Paper comes with the first factor; with a further one what is on paper stays good."""
    if second_factors.of_staff(session, who.staff.id).recovery_codes:
        return RedirectResponse("/account?done=added", 303)
    codes = second_factors.new_recovery_codes(session, who.staff)
    happened(session, AtTheDoor.RECOVERY_CODES_MADE, datetime.now(UTC), who.staff)
    return page(request, "recovery_codes.html", who=who, codes=codes, next=path)


def _code_app(
    request: Request, session: Session, who: SignedIn, path: str, refusal: ServiceError | None = None
) -> Response:
    secret = second_factors.begin_code_app(session, who.staff, datetime.now(UTC))
    return page(
        request,
        "authenticator_app.html",
        refusal.status if refusal else 200,
        who=who,
        picture=second_factors.picture(who.staff, secret),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        refusal=refusal,
        next=path,
    )


def _account(
    request: Request,
    session: Session,
    who: SignedIn,
    *,
    done: str = "",
    refusal: ServiceError | None = None,
) -> Response:
    now = datetime.now(UTC)
    return console_page(
        request,
        session,
        who,
        "account.html",
        refusal.status if refusal else 200,
        factors=second_factors.of_staff(session, who.staff.id),
        browsers=sessions.of_staff(session, who.staff.id, now),
        devices=len(subscriptions.of_staff(session, who.staff.id)),
        has_password=passwords.has_one(who.staff),
        shortest=passwords.SHORTEST,
        done=done,
        refusal=refusal,
    )
