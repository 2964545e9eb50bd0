"""Server-sent events: `queue` whenever a queue has changed, and before it `left` with who has left it.

`left` is JSON, by row: {"p-<participant>": "Alice gave them to Bob"}. No event holds anything of a participant but the
random id, and a page hears of the sites where its reader sees the queue.
"""

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import lru_cache

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from intake_service import rights, sessions
from intake_service.errors import SignInNeeded
from intake_service.leaving import Left
from intake_service.live import Live
from intake_service.news import News
from intake_service.routes.description import answers_with
from intake_service.routes.signed_in import token_of

router = APIRouter()

_STILL_SIGNED_IN = 60.0  # seconds between two looks; a stream holds no database connection in between


@router.get("/events", response_class=Response, responses=answers_with("text/event-stream"))
async def events(request: Request) -> Response:
    sites = await run_sync(_sites, request)
    if sites is None:
        raise SignInNeeded("Please sign in.")
    return EventSourceResponse(_stream(request, sites), ping=15, headers={"X-Accel-Buffering": "no"})


async def _stream(request: Request, sites: frozenset[int] | None) -> AsyncIterator[bytes]:
    live: Live = request.app.state.live
    news: News = request.app.state.news
    count = news.count
    looked = time.monotonic()
    async for changed in live.changes(_STILL_SIGNED_IN):
        if not changed or time.monotonic() - looked >= _STILL_SIGNED_IN:  # also where something always changes
            sites, looked = await run_sync(_sites, request), time.monotonic()
            if sites is None:
                return
        if not changed:
            continue
        lately, count = await news.since(count, live.generation)
        yield _told(lately, sites or frozenset())


@lru_cache(64)
def _told(lately: tuple[Left, ...], sites: frozenset[int]) -> bytes:
    """The events, written once for all the pages that hear the same."""
    left = {f"p-{each.participant_id}": each.words for each in lately if each.site_id in sites}
    told = [ServerSentEvent(event="left", data=json.dumps(left))] if left else []
    return b"".join(each.encode() for each in (*told, ServerSentEvent(event="queue", data="changed")))


def _sites(request: Request) -> frozenset[int] | None:
    """Where the reader sees the queue; None when nobody is signed in any more."""
    with Session(request.app.state.engine) as session:
        try:
            member, browser = sessions.signed_in(session, token_of(request), datetime.now(UTC))
        except SignInNeeded:
            return None
        if browser.enrolling:
            return None
        return rights.sites_of_queue(session, member)
