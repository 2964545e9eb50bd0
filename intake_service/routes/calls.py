"""Calls for a person, in the console: looked at, taken, closed with one tap."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import calls
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.routes.pages import bar, page
from intake_service.routes.signed_in import Actor, Reader

router = APIRouter(prefix="/calls/{intake_id}")


@router.get("")
def call(request: Request, session: Reading, who: Reader, intake_id: UUID) -> Response:
    """Where the alert leads: to the intake, once it has come."""
    found = calls.seen_by(session, who.staff, intake_id)
    if calls.has_arrived(session, intake_id):
        return RedirectResponse(f"/intakes/{intake_id}", 303)
    return page(request, "call.html", **bar(session, who), waiting=found)


@router.post("/acknowledgement")
def acknowledge(request: Request, session: Writing, who: Actor, intake_id: UUID) -> Response:
    """ "I'm on it"."""
    calls.acknowledge(session, who.staff, intake_id, datetime.now(UTC))
    return _done(request, session)


@router.post("/end")
def close(request: Request, session: Writing, who: Actor, intake_id: UUID) -> Response:
    """Somebody is with the person, or nobody was there."""
    calls.close(session, who.staff, intake_id, datetime.now(UTC))
    return _done(request, session)


def _done(request: Request, session: Writing) -> Response:
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse("/queue", 303)
