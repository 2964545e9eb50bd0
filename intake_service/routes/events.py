"""Server-sent events: `queue` whenever a queue has changed. They carry no data."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from intake_service import staff
from intake_service.errors import SignInNeeded
from intake_service.live import Live
from intake_service.routes.signed_in import token_of

router = APIRouter()

_STILL_SIGNED_IN = 60.0  # seconds between two looks; a stream holds no database connection in between


@router.get("/events")
async def events(request: Request) -> Response:
    if not await run_sync(_is_signed_in, request):
        raise SignInNeeded("Please sign in.")
    return EventSourceResponse(_stream(request), ping=15, headers={"X-Accel-Buffering": "no"})


async def _stream(request: Request) -> AsyncIterator[ServerSentEvent]:
    live: Live = request.app.state.live
    async for changed in live.changes(_STILL_SIGNED_IN):
        if changed:
            yield ServerSentEvent(event="queue", data="changed")
        elif not await run_sync(_is_signed_in, request):
            return


def _is_signed_in(request: Request) -> bool:
    with Session(request.app.state.engine) as session:
        try:
            staff.signed_in(session, token_of(request), datetime.now(UTC))
        except SignInNeeded:
            return False
        return True
