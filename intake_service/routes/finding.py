"""Search Participants. What is typed is personal, so it travels in a form's body and never in an address."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from intake_service import audit, participants
from intake_service.audit import Act
from intake_service.db import Reading, transaction
from intake_service.errors import InvalidRequest, NotAllowed
from intake_service.lists import Row
from intake_service.rights import sees_everybody
from intake_service.routes.pages import console_page
from intake_service.routes.queue import tabs
from intake_service.routes.signed_in import Asker, Reader, SignedIn
from intake_service.search import search
from intake_service.tables import Participant

router = APIRouter()


@router.get("/participants/search")
def ask(request: Request, session: Reading, who: Reader) -> Response:
    return _show(request, session, who, "", None)


@router.post("/participants/search")
def find(
    request: Request,
    session: Reading,
    who: Asker,
    words: Annotated[str, Form()] = "",
    beside: Annotated[UUID | None, Form()] = None,
) -> Response:
    """`beside`: a participant for whom somebody looks for another record of the same person."""
    one = None if beside is None else participants.found(session, who.staff, beside)
    try:
        found = search(session, who.staff, words)
        with transaction(request) as own:  # what was typed is not kept
            audit.record(own, Act.SEARCHED, datetime.now(UTC), by=who.staff, after={"found": len(found)})
        return _show(request, session, who, words, found, one)
    except InvalidRequest as refusal:
        return _show(request, session, who, words, None, one, refusal)


def _show(
    request: Request,
    session: Session,
    who: SignedIn,
    words: str,
    found: tuple[Row, ...] | None,
    beside: Participant | None = None,
    refusal: InvalidRequest | None = None,
) -> Response:
    """`found`: None before anything was looked for."""
    if not sees_everybody(who.staff):
        raise NotAllowed("Searching is for supervisors and administrators.")
    return console_page(
        request,
        session,
        who,
        "search.html",
        refusal.status if refusal else 200,
        words=words,
        found=found,
        beside=beside,
        tabs=tabs(session, who.staff),
        refusal=refusal,
    )
