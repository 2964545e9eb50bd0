"""Step-up: what matters most asks once more who it is, then goes on with what was begun."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import passwords, second_factors, sessions, sign_in
from intake_service.db import reading, transaction
from intake_service.errors import TooManyTries, WrongPassword
from intake_service.routes.entering import address_of, browser_of, local
from intake_service.routes.pages import page
from intake_service.routes.signed_in import (
    NewcomerReader,
    SignedIn,
    from_our_page,
    keep_session,
    token_of,
)
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.tables import Staff, StaffSession

router = APIRouter()

Kept = Sequence[tuple[str, str]]
"""Fields of a form that waits for the proof."""

_NOT_RIGHT = "That is not right. Try once more."


def _from_our_form(who: NewcomerReader, csrf: Annotated[str, Form()] = "") -> SignedIn:
    return from_our_page(who, csrf)


@router.get("/sign-in/again")
def ask(request: Request, who: NewcomerReader, next: str = "/") -> Response:
    if who.is_fresh:
        return RedirectResponse(local(next), 303)
    return ask_again(request, local(next), None)


@router.post("/sign-in/again")
def prove(
    request: Request,
    who: Annotated[SignedIn, Depends(_from_our_form, scope="function")],
    password: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=40)] = "",
    next: Annotated[str, Form()] = "/",
    kept: Annotated[str, Form()] = "",
) -> Response:
    """`kept`: the fields of the form that waits, as JSON; empty when a page waits."""
    fields, path = _fields(kept), local(next)
    if who.is_fresh:  # by a passkey, just now
        return _go_on(request, who.csrf_token, path, fields)
    try:
        how = _look(request, who.staff, password, code)
    except (WrongPassword, TooManyTries) as refusal:
        return ask_again(request, path, fields, refusal.status, refusal.detail)
    with transaction(request) as session:
        answer = _go_on(request, who.csrf_token, path, fields)
        prove_session(request, session, who, how, answer)
        return answer


def ask_again(request: Request, path: str, fields: Kept | None, status: int = 200, problem: str = "") -> Response:
    """`path`: what goes on after the proof; with `fields` it is a form's."""
    with reading(request) as session:
        member, browser = sessions.signed_in(session, token_of(request), datetime.now(UTC))
        return page(
            request,
            "sign_in_again.html",
            status,
            member=member,
            csrf=browser.csrf_token,
            has_password=passwords.has_one(member),
            factors=second_factors.of_staff(session, member.id),
            directory=request.app.state.settings.directory_name if member.directory_subject else "",
            next=path,
            kept=json.dumps(fields) if fields is not None else "",
            problem=problem,
        )


def prove_session(request: Request, session: Session, who: SignedIn, how: str, answer: Response) -> None:
    """The proof is there: the session goes on under a new token."""
    now = datetime.now(UTC)
    entered = sessions.prove_again(session, session.get_one(StaffSession, who.browser.id), now)
    keep_session(request, answer, entered)
    happened(session, AtTheDoor.PROVED_AGAIN, now, who.staff, how=how)


def _look(request: Request, member: Staff, password: str, code: str) -> str:
    """How they proved it. Raises WrongPassword, also when only the code was wrong, and TooManyTries."""
    keys, now = request.app.state.keys, datetime.now(UTC)
    with transaction(request) as session:
        counted = [
            *sign_in.count_password(session, keys, member.username, address_of(request), browser_of(request), now),
            *sign_in.count_code(session, keys, member.id, browser_of(request), now),
        ]
    is_right = passwords.is_right(member.password_hash, password)
    with transaction(request) as session:
        factors = second_factors.of_staff(session, member.id)
        how = "password"
        if is_right and factors.has_any:
            own = session.get_one(Staff, member.id)
            taken = second_factors.take(session, own, code, now)
            is_right, how = taken is not None, f"password, {taken}"
        if is_right:
            sign_in.was_right(session, counted, now)
            return how
        happened(session, AtTheDoor.REFUSED, now, member, how="again")
    raise WrongPassword(_NOT_RIGHT)


def _go_on(request: Request, csrf: str, path: str, fields: Kept | None) -> Response:
    """A page is opened. A form is sent again by the person, since nothing that changes something goes by itself."""
    if fields is None:
        return RedirectResponse(path, 303)
    without_token = [(name, value) for name, value in fields if name != "csrf"]
    return page(request, "go_on.html", path_of_form=path, csrf=csrf, fields=without_token)


def _fields(kept: str) -> Kept | None:
    """What cannot be read is as good as nothing: it came from a page that is not ours."""
    try:
        fields = json.loads(kept)
        return [(str(name), str(value)) for name, value in fields]
    except (ValueError, TypeError):
        return None
