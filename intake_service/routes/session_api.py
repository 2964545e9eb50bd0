"""How long the session lasts and whose it is, for pages that warn before it ends, go away, or keep what is typed."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel

from intake_service import sessions
from intake_service.errors import NotAllowed
from intake_service.routes.signed_in import NewcomerReader
from shared_schema.kiosk_api import API

router = APIRouter()


class StillSignedIn(BaseModel):
    """`csrf_token` makes a form that outlived its session one of the new session; empty before a second factor that
    the person needs."""

    seconds_left: int
    staff_id: int
    csrf_token: str


@router.get(f"{API}/session")
def left(
    who: NewcomerReader, part: bool = False, sec_fetch_site: Annotated[str, Header()] = "same-origin"
) -> StillSignedIn:
    """Somebody is there and the session goes on; with `part` a page only looks, and it does not.

    Told to scripts of our own pages alone: no other origin may read the answer, and browsers say who asks.
    """
    if sec_fetch_site != "same-origin":
        raise NotAllowed("Only the console's own pages may ask this.")
    now = datetime.now(UTC)
    ends = sessions.ends_at(who.browser, who.browser.last_seen_at if part else now)
    return StillSignedIn(
        seconds_left=max(0, int((ends - now).total_seconds())),
        staff_id=who.staff.id,
        csrf_token="" if who.browser.enrolling else who.csrf_token,
    )
