"""How long the session still lasts, for pages that warn before it ends and go away when it has ended."""

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from intake_service import sessions
from intake_service.routes.signed_in import NewcomerReader
from shared_schema.kiosk_api import API

router = APIRouter()


class StillSignedIn(BaseModel):
    seconds_left: int


@router.get(f"{API}/session")
def left(who: NewcomerReader, part: bool = False) -> StillSignedIn:
    """Somebody is there and the session goes on; with `part` a page only looks, and it does not."""
    now = datetime.now(UTC)
    ends = sessions.ends_at(who.browser, who.browser.last_seen_at if part else now)
    return StillSignedIn(seconds_left=max(0, int((ends - now).total_seconds())))
