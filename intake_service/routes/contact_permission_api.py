"""What a tele-recovery system asks, with a staff member's session: who may contact a participant, and since when."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from intake_service import contact_permission
from intake_service.db import Reading
from intake_service.routes.signed_in import Reader
from shared_schema.kiosk_api import API

router = APIRouter(prefix=API)


@router.get("/participants/{participant_id}/contact-permission")
def permission(session: Reading, who: Reader, participant_id: UUID) -> dict[str, Any]:
    """Message, call and video belong to `staff_id` alone; to nobody while that is null."""
    return asdict(contact_permission.of(session, who.staff, participant_id, datetime.now(UTC)))


@router.get("/contact-permission-moves")
def moves(
    session: Reading,
    who: Reader,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The moves after a number, oldest first, to be followed: each one's `number` is the next `after`."""
    return {"moves": [asdict(move) for move in contact_permission.moves(session, who.staff, after, limit)]}
