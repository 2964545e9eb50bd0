"""What the console's own script exchanges with the browser's passkeys: to add one, and to come in by one."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.orm import Session

from intake_service import passkeys, sign_in
from intake_service.db import Writing, transaction
from intake_service.errors import SignInNeeded, WrongCode
from intake_service.passkeys import Asked, Place
from intake_service.routes.entering import (
    address_of,
    browser_name,
    enter,
    keep_step,
    local,
    onward,
    require_own_page,
    step_of,
    welcome,
)
from intake_service.routes.proving_again import prove_session
from intake_service.routes.signed_in import NewcomerScript, maybe_signed_in, proven
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import Purpose
from intake_service.tables import Staff
from shared_schema.kiosk_api import API

router = APIRouter(prefix=f"{API}/passkeys")


class Question(BaseModel):
    """`anybody`: whoever has a passkey for this console may answer, whoever is signed in at this moment."""

    model_config = ConfigDict(extra="forbid")

    anybody: bool = False


class Proof(BaseModel):
    """`credential`: as the browser gives it (PublicKeyCredential.toJSON). `next`: where the page goes on to."""

    model_config = ConfigDict(extra="forbid")

    credential: dict[str, Any]
    next: Annotated[str, StringConstraints(max_length=2000)] = "/"


class NewPasskey(BaseModel):
    model_config = ConfigDict(extra="forbid")

    credential: dict[str, Any]
    name: Annotated[str, StringConstraints(max_length=200)] = ""


_OBJECT: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post("/question", responses=_OBJECT)
def ask(request: Request, session: Writing, question: Question) -> Response:
    """For a passkey of whoever is at the door: who is signed in, whose password was right, else anybody."""
    require_own_page(request)
    now = datetime.now(UTC)
    if maybe_signed_in(request, session) is None:
        sign_in.count_question(session, request.app.state.keys, address_of(request), now)
    asked_of = None if question.anybody else _expected(request, session)
    asked = passkeys.ask(session, _place(request), asked_of)
    return _asked(request, session, Purpose.PASSKEY, asked, asked_of)


@router.post("/answer", responses=_OBJECT)
def answer(request: Request, proof: Proof) -> Response:
    """Signed in, or proved again for who is signed in already. A wrong passkey is worth a line in the log."""
    require_own_page(request)
    now = datetime.now(UTC)
    with transaction(request) as session:
        begun = step_of(request, session, Purpose.PASSKEY)
        sign_in.end_step(session, begun)
    try:
        with transaction(request) as session:
            member = passkeys.whose(session, _place(request), proof.credential, begun.data["challenge"], now)
            if begun.staff_id is not None and member.id != begun.staff_id:
                raise WrongCode("That is another person's passkey.")
            return _let_in(request, session, member, local(proof.next))
    except WrongCode:
        with transaction(request) as session:
            about = session.get(Staff, begun.staff_id) if begun.staff_id else None
            happened(session, AtTheDoor.REFUSED, now, about, how="passkey")
        raise


@router.post("/new/question", responses=_OBJECT)
def ask_for_new(request: Request, session: Writing, who: NewcomerScript) -> Response:
    proven(who)
    asked = passkeys.ask_for_new(session, _place(request), who.staff, request.app.state.keys)
    return _asked(request, session, Purpose.NEW_PASSKEY, asked, who.staff.id)


@router.post("/new", status_code=204)
def add(request: Request, session: Writing, who: NewcomerScript, made: NewPasskey) -> Response:
    now = datetime.now(UTC)
    begun = step_of(request, session, Purpose.NEW_PASSKEY)
    if begun.staff_id != who.staff.id:
        raise SignInNeeded("Please begin once more.")
    sign_in.end_step(session, begun)
    name = made.name.strip() or browser_name(request)
    passkeys.add(session, _place(request), who.staff, made.credential, begun.data["challenge"], name, now)
    happened(session, AtTheDoor.FACTOR_ADDED, now, who.staff, how="passkey")
    return Response(status_code=204)


def _let_in(request: Request, session: Session, member: Staff, path: str) -> Response:
    who = maybe_signed_in(request, session)
    if who is not None and who.staff.id == member.id:
        answer = JSONResponse({"next": path})
        prove_session(request, session, who, "passkey", answer)
        return answer
    sign_in.was_answered(session, request.app.state.keys, address_of(request), datetime.now(UTC))
    entered = enter(request, session, member, "passkey", has_second_factor=True)
    return welcome(request, session, member, entered, JSONResponse({"next": onward(path, entered)}))


def _expected(request: Request, session: Session) -> int | None:
    who = maybe_signed_in(request, session)
    if who is not None:
        return who.staff.id
    try:
        return step_of(request, session, Purpose.SECOND_FACTOR).staff_id
    except SignInNeeded:
        return None


def _asked(request: Request, session: Session, purpose: Purpose, asked: Asked, staff_id: int | None) -> Response:
    begun = sign_in.begin_step(
        session, purpose, datetime.now(UTC), staff_id=staff_id, data={"challenge": asked.challenge}
    )
    answer = JSONResponse(dict(asked.options))
    keep_step(request, answer, begun)
    return answer


def _place(request: Request) -> Place:
    return Place.of(request.app.state.settings.public_url)
