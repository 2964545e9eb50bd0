"""The door of the console."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import staff
from intake_service.db import Writing
from intake_service.errors import TooManyTries, WrongPassword
from intake_service.routes.devices import device_of
from intake_service.routes.pages import page
from intake_service.routes.signed_in import Actor, cookie_name, is_https, token_of
from intake_service.wrong_tries import WrongTries
from notifications import subscriptions

router = APIRouter()


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    return page(request, "sign_in.html", next=local(next), problem="", username="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    session: Writing,
    username: Annotated[str, Form(max_length=120)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """The form carries no token: it cannot be signed in to somebody else's account from another site, since the
    cookie is SameSite and browsers send `Sec-Fetch-Site`."""
    now = datetime.now(UTC)
    wrong: WrongTries = request.app.state.wrong_passwords
    address = request.client.host if request.client else ""
    try:
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise WrongPassword("Sign in on the console's own page.")
        for who in (address, username.lower()):
            wrong.check(who, now)
        entered = staff.sign_in(session, username, password, now)
    except (WrongPassword, TooManyTries) as refusal:
        for who in (address, username.lower()):
            wrong.count(who, now)
        return page(
            request, "sign_in.html", refusal.status, next=local(next), problem=refusal.detail, username=username
        )
    answer = RedirectResponse(local(next), 303)
    answer.set_cookie(
        cookie_name(request),
        entered.token,
        max_age=int(staff.LONGEST.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",  # a tapped notification opens the console from outside
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: Writing, who: Actor) -> Response:
    """The browser is nobody's from now on, and shows nobody's alerts."""
    if (found := subscriptions.of_browser(session, device_of(request))) is not None:
        subscriptions.remove(session, who.staff.id, found.id)
    staff.sign_out(session, token_of(request))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request), path="/", secure=is_https(request), httponly=True, samesite="lax")
    return answer


def local(path: str) -> str:
    """Only a path of our own: nobody is sent on to another site."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"
