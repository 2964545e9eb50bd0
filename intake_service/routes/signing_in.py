"""The door of the console: a password, then a code for whoever has a second factor, and the way out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import second_factors, sessions, sign_in
from intake_service.db import Writing, reading, transaction
from intake_service.errors import SignInNeeded, TooManyTries, WrongCode, WrongPassword
from intake_service.routes.devices import device_of
from intake_service.routes.entering import (
    address_of,
    browser_of,
    keep_step,
    leave,
    led_in,
    local,
    require_own_page,
    step_of,
)
from intake_service.routes.pages import page
from intake_service.routes.signed_in import NewcomerActor, token_of
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import Purpose
from intake_service.tables import Staff
from intake_service.wrong_tries import Counted
from notifications import subscriptions

router = APIRouter()

_UNSAVED = "You were signed out before this was saved. Sign in and fill it in again."
_NOT_RIGHT = "The username or the password is not right. Try again, or ask an administrator."


@router.get("/sign-in")
def ask(request: Request, next: str = "/", unsaved: bool = False) -> Response:
    """`unsaved`: a form led here, and what was in it is lost."""
    return _door(request, next=next, problem=_UNSAVED if unsaved else "")


@router.post("/sign-in")
def enter(
    request: Request,
    username: Annotated[str, Form(max_length=120)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """The form carries no token: it cannot be signed in to somebody else's account from another site, since the
    cookie is SameSite and browsers send `Sec-Fetch-Site`."""
    try:
        require_own_page(request)
        member_id, counted = has_proved(request, username, password)
    except (WrongPassword, TooManyTries) as refusal:
        return _door(request, refusal.status, next=next, problem=refusal.detail, username=username)
    with transaction(request) as session:
        member, now = session.get_one(Staff, member_id), datetime.now(UTC)
        sign_in.was_right(session, counted, now)
        sign_in.keep_up_to_date(member, password)
        if not second_factors.of_staff(session, member.id).has_any:
            return led_in(request, session, member, local(next), "password", has_second_factor=False)
        begun = sign_in.begin_step(session, Purpose.SECOND_FACTOR, now, staff_id=member.id, data={"next": local(next)})
        answer = RedirectResponse("/sign-in/code", 303)
        keep_step(request, answer, begun)
        return answer


@router.get("/sign-in/code")
def ask_for_code(request: Request) -> Response:
    with reading(request) as session:
        try:
            return _code_page(request, session)
        except SignInNeeded as refusal:
            return _door(request, problem=refusal.detail)


@router.post("/sign-in/code")
def enter_code(request: Request, code: Annotated[str, Form(max_length=40)] = "") -> Response:
    try:
        require_own_page(request)
        with transaction(request) as session:
            begun = step_of(request, session, Purpose.SECOND_FACTOR)
            member = session.get(Staff, begun.staff_id)
            if member is None or not member.active:
                raise SignInNeeded("Please begin once more.")
        counted = count_code(request, member)
        with transaction(request) as session:
            member = session.get_one(Staff, member.id)
            how = take_code(request, session, member, code, counted)
            if how is not None:
                sign_in.end_step(session, begun)
                return led_in(request, session, member, begun.data["next"], f"password, {how}", has_second_factor=True)
    except SignInNeeded as refusal:
        return _door(request, problem=refusal.detail)
    except (TooManyTries, WrongPassword) as refusal:
        with reading(request) as session:
            return _code_page(request, session, refusal.status, refusal.detail)
    with reading(request) as session:
        return _code_page(request, session, WrongCode.status, _WRONG_CODE)


@router.post("/sign-out")
def sign_out(request: Request, session: Writing, who: NewcomerActor) -> Response:
    """The browser is nobody's from now on, and shows nobody's alerts."""
    if (found := subscriptions.of_browser(session, device_of(request))) is not None:
        subscriptions.remove(session, who.staff.id, found.id)
    sessions.sign_out(session, token_of(request))
    happened(session, AtTheDoor.SIGNED_OUT, datetime.now(UTC), who.staff)
    return leave(request, RedirectResponse("/sign-in", 303))


_WRONG_CODE = "That code is not right, or was used before. Wait for the next one, then try again."


def has_proved(request: Request, username: str, password: str) -> tuple[int, Sequence[Counted]]:
    """Whose password this is, and what was counted for the try. Raises WrongPassword, TooManyTries.

    The answer and the work are the same for a username that nobody has.
    """
    now = datetime.now(UTC)
    with transaction(request) as session:
        counted = sign_in.count_password(
            session, request.app.state.keys, username, address_of(request), browser_of(request), now
        )
    with reading(request) as session:
        member, is_right = sign_in.whose_password(session, username, password)
    if member is not None and is_right:
        return member.id, counted
    with transaction(request) as session:
        happened(session, AtTheDoor.REFUSED, now, member, how="password")
    raise WrongPassword(_NOT_RIGHT)


def count_code(request: Request, member: Staff) -> Sequence[Counted]:
    """Raises TooManyTries."""
    with transaction(request) as session:
        return sign_in.count_code(session, request.app.state.keys, member.id, browser_of(request), datetime.now(UTC))


def take_code(request: Request, session: Session, member: Staff, code: str, counted: Sequence[Counted]) -> str | None:
    """What was typed, in words; None when it was wrong."""
    now = datetime.now(UTC)
    how = second_factors.take(session, member, code, now)
    if how is None:
        happened(session, AtTheDoor.REFUSED, now, member, how="code")
        return None
    sign_in.was_right(session, counted, now)
    if how == second_factors.FROM_PAPER:
        happened(session, AtTheDoor.RECOVERY_CODE_USED, now, member)
    return how


def _door(request: Request, status: int = 200, *, next: str = "/", problem: str = "", username: str = "") -> Response:
    return page(
        request,
        "sign_in.html",
        status,
        next=local(next),
        problem=problem,
        username=username,
        directory=request.app.state.settings.directory_name,
    )


def _code_page(request: Request, session: Session, status: int = 200, problem: str = "") -> Response:
    begun = step_of(request, session, Purpose.SECOND_FACTOR)
    factors = second_factors.of_staff(session, begun.staff_id or 0)
    return page(request, "sign_in_code.html", status, problem=problem, factors=factors, next=begun.data["next"])
