"""Who may message, call and video-call a participant: the one who carries them, and nobody else.

It is not stored beside the assignment, it is the assignment; so it moves in the same transaction. An event of its own
says each move, for a tele-recovery system that follows. Nobody may once the participant has said no, taken their
consent back, or let it run out (consents.py): then there is no permission to move.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import audit, consents, rights
from intake_service.consents import ConsentState
from intake_service.tables import Assignment, Event, Participant, Staff
from intake_service.workflow import Action

CHANNELS = ("message", "call", "video")


@dataclass(frozen=True)
class ContactPermission:
    """`staff_id`: the only one who may; None when nobody carries the participant, or may. `since`: when that began.

    `consent`: a ConsentState. `until`: when the consent, and the permission with it, ends by itself: no move says that.
    """

    participant_id: UUID
    staff_id: int | None
    since: datetime | None
    channels: tuple[str, ...]
    consent: str
    until: datetime | None


@dataclass(frozen=True)
class Moved:
    """One move. `number` grows: ask for what comes after the last one seen."""

    number: int
    participant_id: UUID
    at: datetime
    from_staff_id: int | None
    to_staff_id: int | None


def of(session: Session, member: Staff, participant_id: UUID, now: datetime) -> ContactPermission:
    """Raises NotFound for who may not see the participant."""
    participant = rights.require(session, member, Action.VIEW, session.get(Participant, participant_id))
    current = session.execute(
        select(Assignment.staff_id, Assignment.assigned_at).where(
            Assignment.participant_id == participant.id, Assignment.ended_at.is_(None)
        )
    ).one_or_none()
    consent = consents.standing(session, participant, now)
    state, until = (consent.state, consent.until) if consent else (ConsentState.NOT_ANSWERED, None)
    if current is None or (consent is not None and consent.forbids_contact):
        return ContactPermission(participant_id, None, None, (), state, until)
    return ContactPermission(participant_id, *current, CHANNELS, state, until)


def follow(session: Session, participant_id: UUID, carrier: int | None, by: int | None, now: datetime) -> None:
    """Called by whatever changes who carries a participant, or their consent, in its transaction. Says each move."""
    participant = session.get_one(Participant, participant_id)
    consent = consents.standing(session, participant, now)
    holder = None if consent is not None and consent.forbids_contact else carrier
    before = session.scalar(
        select(Event.to_staff_id)
        .where(Event.participant_id == participant_id, Event.action == Action.MOVE_CONTACT_PERMISSION)
        .order_by(Event.id.desc())
        .limit(1)
    )
    if holder != before:
        audit.event(
            session,
            participant.site_id,
            {
                "participant_id": participant_id,
                "at": now,
                "action": Action.MOVE_CONTACT_PERMISSION,
                "staff_id": by,
                "from_staff_id": before,
                "to_staff_id": holder,
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
