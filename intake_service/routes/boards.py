"""The site board."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from intake_service import board
from intake_service.db import Reading
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Reader

router = APIRouter()


@router.get("/board")
def site_board(request: Request, session: Reading, who: Reader, part: bool = False) -> Response:
    """How things stand at each site, without a participant's name. `part`: only the boards."""
    now = datetime.now(UTC)
    template = "board_sites.html" if part else "board.html"
    return console_page(request, session, who, template, boards=board.of(session, who.staff, now), now=now)
