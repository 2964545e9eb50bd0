""" "I'm on it", said on a page: of somebody who waits, or of somebody who was given to the one who says it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import participants
from intake_service.tables import Staff
from notifications import alerts
from notifications.signals import QUEUE, signal


def say(session: Session, intake_id: UUID, member: Staff, now: datetime) -> None:
    """Everything that was told about the intake has its answer; the first to say so is the one. Raises NotFound."""
    participants.review(session, member, intake_id, now)
    for alert in alerts.of_subject(session, str(intake_id)):
        alerts.acknowledge(session, alert.id, member.id, now)
    signal(session, QUEUE)


def names(session: Session, intake_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who is on it, by intake; those that nobody has answered are missing."""
    taken = alerts.who_is_on_it(session, [str(each) for each in intake_ids])
    query = select(Staff.id, Staff.name).where(Staff.id.in_(set(taken.values())))
    by_id = {each.id: each.name for each in session.execute(query)} if taken else {}
    return {UUID(subject): by_id[staff_id] for subject, staff_id in taken.items() if staff_id in by_id}
