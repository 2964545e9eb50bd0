"""What every way in shares: a new session in this browser, cookies of the steps between, where to go on to."""

import re
import secrets
from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import sessions, sign_in
from intake_service.errors import WrongPassword
from intake_service.routes.signed_in import cookie_name, forget_session, is_https, keep_session, token_of
from intake_service.sessions import SignIn
from intake_service.sign_in import Begun
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import Purpose
from intake_service.tables import Staff

_KNOWN = 400 * 24 * 3600  # seconds; what browsers keep a cookie at most
_BROWSERS = {
    "Firefox": "Firefox",
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "FxiOS": "Firefox",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "Chromebook",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


def enter(request: Request, session: Session, member: Staff, how: str, *, has_second_factor: bool) -> SignIn:
    """The person has proved who they are: a new session, and the one that this browser had is over."""
    now = datetime.now(UTC)
    sessions.sign_out(session, token_of(request))
    entered = sessions.begin(session, member, now, browser=browser_name(request), has_second_factor=has_second_factor)
    happened(session, AtTheDoor.SIGNED_IN, now, member, how=how)
    return entered


def welcome(request: Request, session: Session, member: Staff, entered: SignIn, answer: Response) -> Response:
    """The cookies of somebody who has just come in."""
    keep_session(request, answer, entered)
    browser = browser_of(request) or secrets.token_urlsafe(32)
    sign_in.know_browser(session, member.id, browser, datetime.now(UTC))
    _set(request, answer, "browser", browser, _KNOWN)
    return answer


def onward(path: str, entered: SignIn) -> str:
    """Where somebody who has come in goes on to."""
    return f"/account/second-factor?{urlencode({'next': path})}" if entered.enrolling else path


def led_in(request: Request, session: Session, member: Staff, path: str, how: str, has_second_factor: bool) -> Response:
    """Everything at once, for a form."""
    entered = enter(request, session, member, how, has_second_factor=has_second_factor)
    return welcome(request, session, member, entered, RedirectResponse(onward(path, entered), 303))


def keep_step(request: Request, answer: Response, begun: Begun) -> None:
    _set(request, answer, _step_name(begun.purpose), begun.token, int(sign_in.STEP_VALID.total_seconds()))


def step_of(request: Request, session: Session, purpose: Purpose) -> Begun:
    """What this browser is in the middle of. Raises SignInNeeded."""
    token = request.cookies.get(cookie_name(request, _step_name(purpose)), "")
    return sign_in.step(session, token, purpose, datetime.now(UTC))


def browser_of(request: Request) -> str:
    """The secret by which a browser is known again; empty in a new one."""
    return request.cookies.get(cookie_name(request, "browser"), "")


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def browser_name(request: Request) -> str:
    """Such as "Firefox on Linux"; what a browser says of itself, shown to its own person only."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for sign, name in _BROWSERS.items() if re.search(rf"\b{sign}/", agent)), "A browser")
    system = next((name for sign, name in _SYSTEMS.items() if sign in agent), "")
    return f"{browser} on {system}" if system else browser


def require_own_page(request: Request) -> None:
    """Before there is a token: nobody is signed in from another site's page. Browsers say where a request comes from.

    Raises WrongPassword.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise WrongPassword("Sign in on the console's own page.")


def local(path: str) -> str:
    """Only a path of our own: nobody is sent on to another site."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"


def leave(request: Request, answer: Response) -> Response:
    forget_session(request, answer)
    return answer


def _step_name(purpose: Purpose) -> str:
    return f"step-{purpose.replace(' ', '-')}"


def _set(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",  # a directory sends the browser back to us from its own page
    )
