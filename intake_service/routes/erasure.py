"""Legal holds and erasure: an administrator's pages and forms about one participant's record."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from intake_service import erasure, legal_holds, participants, rights
from intake_service.changes import LONGEST_REASON
from intake_service.db import Reading, Writing
from intake_service.erasure import ErasureReason
from intake_service.errors import InvalidRequest, ServiceError
from intake_service.routes.pages import console_page
from intake_service.routes.participant import Typed
from intake_service.routes.participant_actions import Reason, Seen, attempt, do, done_at
from intake_service.routes.queue import DONE
from intake_service.routes.signed_in import Actor, Fresh, Reader, SignedIn
from intake_service.workflow import Action

router = APIRouter(prefix="/participants/{participant_id}")

_SURE = "erase"
"""What is typed to confirm."""


@router.post("/hold")
def hold(
    request: Request, session: Writing, who: Actor, participant_id: UUID, reason: Reason = "", seen: Seen = None
) -> Response:
    def verb() -> None:
        legal_holds.place(session, participant_id, reason, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "held", Typed(Action.HOLD, reason))


@router.post("/hold/lifting")
def lift_hold(
    request: Request, session: Writing, who: Fresh, participant_id: UUID, reason: Reason = "", seen: Seen = None
) -> Response:
    def verb() -> None:
        legal_holds.lift(session, participant_id, reason, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "hold-lifted", Typed(Action.LIFT_HOLD, reason))


@router.get("/erasure")
def steps(request: Request, session: Reading, who: Reader, participant_id: UUID, done: str = "") -> Response:
    """Both steps: the one that comes next has its form."""
    return _shown(request, session, who, participant_id, done=done)


@router.post("/erasure")
def ask(
    request: Request,
    session: Writing,
    who: Fresh,
    participant_id: UUID,
    why: Annotated[str, Form()] = "",
    seen: Seen = None,
) -> Response:
    def verb() -> None:
        if why not in set(ErasureReason):
            raise InvalidRequest("Choose why it is erased.")
        erasure.ask(session, participant_id, ErasureReason(why), who.staff, datetime.now(UTC), seen)

    refusal = attempt(session, verb)
    if refusal is not None:
        return _shown(request, session, who, participant_id, refusal=refusal)
    return done_at(request, session, f"/participants/{participant_id}/erasure?done=erasure-asked")


@router.post("/erasure/withdrawal")
def withdraw(request: Request, session: Writing, who: Actor, participant_id: UUID, seen: Seen = None) -> Response:
    def verb() -> None:
        erasure.withdraw(session, participant_id, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "erasure-withdrawn", Typed(Action.WITHDRAW_ERASURE))


@router.post("/erasure/confirmation")
def confirm(
    request: Request,
    session: Writing,
    who: Fresh,
    participant_id: UUID,
    sure: Annotated[str, Form()] = "",
    seen: Seen = None,
) -> Response:
    """`sure`: the word, typed."""

    def verb() -> None:
        if sure.strip().casefold() != _SURE:
            raise InvalidRequest(f"Type the word “{_SURE}” to go on. Nothing was erased yet.")
        erasure.confirm(session, participant_id, who.staff, datetime.now(UTC), seen)

    refusal = attempt(session, verb)
    if refusal is not None:
        return _shown(request, session, who, participant_id, refusal=refusal)
    return done_at(request, session, "/lists/discharged?done=erased")


def _shown(
    request: Request,
    session: Session,
    who: SignedIn,
    participant_id: UUID,
    *,
    done: str = "",
    refusal: ServiceError | None = None,
) -> HTMLResponse:
    participant = rights.require(
        session, who.staff, Action.ASK_ERASURE, participants.found(session, who.staff, participant_id)
    )
    return console_page(
        request,
        session,
        who,
        "erasure.html",
        refusal.status if refusal else 200,
        participant=participant,
        asked=erasure.asked(session, participant.id),
        hold=legal_holds.of(session, participant),
        contents=erasure.contents(session, who.staff, participant_id),
        reasons=list(ErasureReason),
        sure=_SURE,
        longest_reason=LONGEST_REASON,
        done=DONE.get(done, ""),
        refusal=refusal,
    )
