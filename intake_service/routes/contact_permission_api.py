"""What a tele-recovery system asks, with a staff member's session: who may contact a participant, and since when.

Each answer goes outside: it is listed with the participant's disclosures, and carries the notice.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from intake_service import audit, contact_permission, disclosures
from intake_service.audit import Act, Kind
from intake_service.db import Writing
from intake_service.disclosures import NOTICE, TELE_RECOVERY, DisclosureKind
from intake_service.routes.signed_in import Viewer
from shared_schema.kiosk_api import API

router = APIRouter(prefix=API)


@router.get("/participants/{participant_id}/contact-permission")
def permission(session: Writing, who: Viewer, participant_id: UUID) -> dict[str, Any]:
    """Message, call and video belong to `staff_id` alone; to nobody while that is null."""
    now = datetime.now(UTC)
    permitted = contact_permission.of(session, who.staff, participant_id, now)
    audit.record(
        session, Act.ASKED_CONTACT_PERMISSION, now, by=who.staff, kind=Kind.PARTICIPANT, object_id=participant_id
    )
    disclosures.count(session, [participant_id], DisclosureKind.CONTACT_PERMISSION, TELE_RECOVERY, who.staff, now)
    return asdict(permitted) | {"notice": NOTICE}


@router.get("/contact-permission-moves")
def moves(
    session: Writing,
    who: Viewer,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The moves after a number, oldest first, to be followed: each one's `number` is the next `after`."""
    now = datetime.now(UTC)
    moved = contact_permission.moves(session, who.staff, after, limit)
    if moved:  # a follower asks every minute, and mostly learns nothing
        told = {"after": after, "moves": len(moved)}
        audit.record(session, Act.FOLLOWED_CONTACT_PERMISSION, now, by=who.staff, after=told)
        of = [move.participant_id for move in moved]
        disclosures.count(session, of, DisclosureKind.CONTACT_PERMISSION, TELE_RECOVERY, who.staff, now)
    return {"moves": [asdict(move) for move in moved], "notice": NOTICE}
