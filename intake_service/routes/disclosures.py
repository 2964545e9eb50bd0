"""The accounting of a participant's disclosures: to read, to print, and to add what was told by another way."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from intake_service import disclosures, participants, rights
from intake_service.db import Writing
from intake_service.disclosures import LONGEST, Told
from intake_service.errors import ServiceError
from intake_service.routes.pages import console_page
from intake_service.routes.participant_actions import Seen, attempt, done_at
from intake_service.routes.queue import DONE
from intake_service.routes.signed_in import Actor, SignedIn, Viewer
from intake_service.workflow import Action

router = APIRouter(prefix="/participants/{participant_id}/disclosures")

Words = Annotated[str, Form()]


@router.get("")
def accounting(request: Request, session: Writing, who: Viewer, participant_id: UUID, done: str = "") -> Response:
    return _shown(request, session, who, participant_id, done=done)


@router.post("")
def write_down(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    to_whom: Words = "",
    what: Words = "",
    purpose: Words = "",
    seen: Seen = None,
) -> Response:
    told = Told(to_whom, what, purpose)

    def verb() -> None:
        disclosures.write_down(session, participant_id, told, who.staff, datetime.now(UTC), seen)

    refusal = attempt(session, verb)
    if refusal is not None:
        return _shown(request, session, who, participant_id, refusal=refusal, typed=told)
    return done_at(request, session, f"/participants/{participant_id}/disclosures?done=disclosed")


def _shown(
    request: Request,
    session: Session,
    who: SignedIn,
    participant_id: UUID,
    *,
    done: str = "",
    refusal: ServiceError | None = None,
    typed: Told | None = None,
) -> HTMLResponse:
    """`typed`: what was refused, still in its form."""
    rows = disclosures.accounting(session, who.staff, participant_id, datetime.now(UTC))
    participant = participants.found(session, who.staff, participant_id)
    return console_page(
        request,
        session,
        who,
        "disclosures.html",
        refusal.status if refusal else 200,
        participant=participant,
        disclosures=rows,
        may_write=participant.joined_into is None and rights.may(session, who.staff, Action.DISCLOSE, participant),
        longest=LONGEST,
        done=DONE.get(done, ""),
        refusal=refusal,
        typed=typed or Told("", "", ""),
    )
