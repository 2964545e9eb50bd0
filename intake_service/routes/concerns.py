"""Concerns: written on a participant's page by whoever sees it, read and closed by administrators alone."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import concerns
from intake_service.db import Reading, Writing
from intake_service.errors import ServiceError
from intake_service.routes.pages import console_page
from intake_service.routes.participant import Typed, show_participant
from intake_service.routes.participant_actions import attempt, done_at
from intake_service.routes.queue import DONE
from intake_service.routes.signed_in import Actor, Reader, SignedIn, Viewer
from intake_service.tables import Staff
from notifications import alerts

router = APIRouter()


@router.post("/participants/{participant_id}/concern")
def write(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    concern_id: Annotated[UUID, Form()],
    words: Annotated[str, Form()] = "",
    about: Annotated[str, Form()] = "",
) -> Response:
    """`concern_id` is the page's: sent twice, it is one concern. `about`: the id of a colleague whom it names."""
    told = False

    def verb() -> None:
        nonlocal told
        named = int(about) if about.isdecimal() else None
        told = concerns.write(session, concern_id, participant_id, words, who.staff, datetime.now(UTC), named)

    refusal = attempt(session, verb)
    if refusal is not None:
        typed = Typed(fields={"concern": words, "about": about})
        return show_participant(request, session, who, participant_id, refusal=refusal, typed=typed)
    return done_at(request, session, f"/participants/{participant_id}?done=concern{'' if told else '-untold'}")


@router.get("/concerns")
def listed(request: Request, session: Reading, who: Reader, done: str = "") -> Response:
    still_open, closed = concerns.listed(session, who.staff)
    return console_page(
        request, session, who, "concerns.html", still_open=still_open, closed=closed, done=DONE.get(done, "")
    )


@router.get("/concerns/{concern_id}")
def one(request: Request, session: Writing, who: Viewer, concern_id: UUID) -> Response:
    """A look that is kept."""
    concerns.looked(session, concern_id, who.staff, datetime.now(UTC))
    return _show(request, session, who, concern_id)


@router.post("/concerns/{concern_id}/acknowledgement")
def acknowledge(request: Request, session: Writing, who: Actor, concern_id: UUID) -> Response:
    """ "I'm on it"."""
    concerns.acknowledge(session, concern_id, who.staff, datetime.now(UTC))
    return done_at(request, session, f"/concerns/{concern_id}")


@router.post("/concerns/{concern_id}/closing")
def close(
    request: Request, session: Writing, who: Actor, concern_id: UUID, outcome: Annotated[str, Form()] = ""
) -> Response:
    def verb() -> None:
        concerns.close(session, concern_id, outcome, who.staff, datetime.now(UTC))

    refusal = attempt(session, verb)
    if refusal is not None:
        return _show(request, session, who, concern_id, refusal=refusal, typed=outcome)
    return done_at(request, session, "/concerns?done=concern-closed")


def _show(
    request: Request,
    session: Session,
    who: SignedIn,
    concern_id: UUID,
    *,
    refusal: ServiceError | None = None,
    typed: str = "",
) -> HTMLResponse:
    """The concern with who was told of it: that stands in no other list."""
    concern = concerns.read(session, concern_id, who.staff)
    notices = [each for alert in concerns.alerts_of(session, concern) for each in alerts.ledger(session, alert.id)]
    return console_page(
        request,
        session,
        who,
        "concern.html",
        refusal.status if refusal else 200,
        concern=concern,
        notices=notices,
        names={member.id: member.name for member in session.execute(select(Staff.id, Staff.name))},
        longest=concerns.LONGEST,
        refusal=refusal,
        typed=typed,
        done="",
    )
