"""In by the organization's directory: the browser is sent there and comes back with an answer."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import directory, invitations, sign_in
from intake_service.db import transaction
from intake_service.directory import Directory, Person
from intake_service.errors import (
    DirectoryTrouble,
    NotAllowed,
    NotFound,
    ServiceError,
    SignInNeeded,
    TooManyTries,
    WrongPassword,
)
from intake_service.routes.entering import address_of, keep_step, led_in, local, require_own_page, step_of
from intake_service.routes.pages import page
from intake_service.routes.proving_again import prove_session
from intake_service.routes.signed_in import maybe_signed_in
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import Purpose

router = APIRouter(prefix="/sign-in/directory")

_HOW = "directory"


@router.get("")
def begin(request: Request, next: str = "/") -> Response:
    """Whoever is signed in already is asked anew there: it is to prove that it is still them.

    From our own page only: a directory that knows somebody may answer without asking, and nobody is to be signed in
    without wanting it.
    """
    try:
        require_own_page(request)
        now = datetime.now(UTC)
        with transaction(request) as session:
            afresh = maybe_signed_in(request, session) is not None
            if not afresh:
                sign_in.count_question(session, request.app.state.keys, address_of(request), now)
        way = _directory(request).way(afresh=afresh)
        with transaction(request) as session:
            data = {**way.data, "next": local(next), "since": now.isoformat()}
            begun = sign_in.begin_step(session, Purpose.DIRECTORY, now, data=data)
    except (DirectoryTrouble, NotFound, TooManyTries, WrongPassword) as refusal:
        return _refused(request, refusal)
    answer = RedirectResponse(way.address, 303)
    keep_step(request, answer, begun)
    return answer


@router.get("/answer")
def answered(request: Request) -> Response:
    now = datetime.now(UTC)
    try:
        with transaction(request) as session:
            begun = step_of(request, session, Purpose.DIRECTORY)
            sign_in.end_step(session, begun)
        person = _directory(request).person(request.query_params, begun.data, now)
        with transaction(request) as session:
            return _let_in(request, session, person, begun.data["next"], datetime.fromisoformat(begun.data["since"]))
    except (SignInNeeded, WrongPassword, NotAllowed, DirectoryTrouble, NotFound) as refusal:
        with transaction(request) as session:
            happened(session, AtTheDoor.REFUSED, now, None, how=_HOW)
        return _refused(request, refusal)


def _let_in(request: Request, session: Session, person: Person, path: str, since: datetime) -> Response:
    member, is_new = directory.member_of(session, person)
    if is_new:
        invitations.void(session, member.id)
        happened(session, AtTheDoor.DIRECTORY_LINKED, datetime.now(UTC), member)
    who = maybe_signed_in(request, session)
    if who is None or who.staff.id != member.id:
        sign_in.was_answered(session, request.app.state.keys, address_of(request), datetime.now(UTC))
        return led_in(request, session, member, path, _HOW, has_second_factor=True)
    if not directory.is_anew(person, since):
        raise NotAllowed("The directory did not ask you anew. Show that it is you another way, or sign out and in.")
    answer = RedirectResponse(path, 303)
    prove_session(request, session, who, _HOW, answer)
    return answer


def _directory(request: Request) -> Directory:
    found: Directory | None = request.app.state.directory
    if found is None:
        raise NotFound("No directory is set up here. Sign in with your password.")
    return found


def _refused(request: Request, refusal: ServiceError) -> Response:
    return page(
        request,
        "sign_in.html",
        refusal.status,
        next="/",
        problem=refusal.detail,
        username="",
        directory=request.app.state.settings.directory_name,
    )
