"""Who may message, call and video-call a participant: the one who carries them, and nobody else.

It is not stored beside the assignment, it is the assignment; so it moves in the same transaction. An event of its own
says each move, for a tele-recovery system that follows.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import audit, rights
from intake_service.tables import Assignment, Event, Participant, Staff
from intake_service.workflow import Action

CHANNELS = ("message", "call", "video")


@dataclass(frozen=True)
class ContactPermission:
    """`staff_id`: the only one who may; None when nobody carries the participant. `since`: when that began."""

    participant_id: UUID
    staff_id: int | None
    since: datetime | None
    channels: tuple[str, ...] = CHANNELS


@dataclass(frozen=True)
class Moved:
    """One move. `number` grows: ask for what comes after the last one seen."""

    number: int
    participant_id: UUID
    at: datetime
    from_staff_id: int | None
    to_staff_id: int | None


def of(session: Session, member: Staff, participant_id: UUID) -> ContactPermission:
    """Raises NotFound for who may not see the participant."""
    participant = rights.require(session, member, Action.VIEW, session.get(Participant, participant_id))
    current = session.execute(
        select(Assignment.staff_id, Assignment.assigned_at).where(
            Assignment.participant_id == participant.id, Assignment.ended_at.is_(None)
        )
    ).one_or_none()
    staff_id, since = current if current else (None, None)
    return ContactPermission(participant_id, staff_id, since, CHANNELS if current else ())


def move(
    session: Session,
    participant_id: UUID,
    from_staff_id: int | None,
    to_staff_id: int | None,
    by: int | None,
    now: datetime,
) -> None:
    """Called by whatever changes who carries a participant, in its transaction."""
    site_id = session.scalars(select(Participant.site_id).where(Participant.id == participant_id)).one()
    audit.event(
        session,
        site_id,
        {
            "participant_id": participant_id,
            "at": now,
            "action": Action.MOVE_CONTACT_PERMISSION,
            "staff_id": by,
            "from_staff_id": from_staff_id,
            "to_staff_id": to_staff_id,
        },
    )


def moves(session: Session, member: Staff, after: int = 0, limit: int = 100) -> list[Moved]:
    """The moves at the member's sites, oldest first; for supervisors and administrators, nothing for anybody else.

    Two that were written at the same moment may appear in either order on PostgreSQL: a follower that must miss none
    asks again from a little before its last number, and takes what it knows already for what it is.
    """
    if not rights.sees_everybody(member):
        return []
    rows = session.execute(
        select(Event.id, Event.participant_id, Event.at, Event.from_staff_id, Event.to_staff_id)
        .join(Participant, Participant.id == Event.participant_id)
        .where(
            Event.id > after,
            Event.action == Action.MOVE_CONTACT_PERMISSION,
            Participant.site_id.in_(rights.own_sites(session, member)),
        )
        .order_by(Event.id)
        .limit(limit)
    )
    return [Moved(*row) for row in rows]
