"""What a tele-recovery system asks, with a staff member's session: who may contact a participant, and since when."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from intake_service import audit, contact_permission
from intake_service.audit import Act, Kind
from intake_service.db import Writing
from intake_service.routes.signed_in import Viewer
from shared_schema.kiosk_api import API

router = APIRouter(prefix=API)


@router.get("/participants/{participant_id}/contact-permission")
def permission(session: Writing, who: Viewer, participant_id: UUID) -> dict[str, Any]:
    """Message, call and video belong to `staff_id` alone; to nobody while that is null."""
    permitted = contact_permission.of(session, who.staff, participant_id)
    audit.record(
        session,
        Act.ASKED_CONTACT_PERMISSION,
        datetime.now(UTC),
        by=who.staff,
        kind=Kind.PARTICIPANT,
        object_id=participant_id,
    )
    return asdict(permitted)


@router.get("/contact-permission-moves")
def moves(
    session: Writing,
    who: Viewer,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The moves after a number, oldest first, to be followed: each one's `number` is the next `after`."""
    moved = [asdict(move) for move in contact_permission.moves(session, who.staff, after, limit)]
    if moved:  # a follower asks every minute, and mostly learns nothing
        told = {"after": after, "moves": len(moved)}
        audit.record(session, Act.FOLLOWED_CONTACT_PERMISSION, datetime.now(UTC), by=who.staff, after=told)
    return {"moves": moved}
