"""A court, a lawyer or an authority wants a record kept: nothing of it is erased until the hold is lifted."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import changes
from intake_service.changes import Change
from intake_service.errors import Conflict, InvalidRequest
from intake_service.joined_records import ids_of
from intake_service.records_tables import LegalHold
from intake_service.tables import Participant, Staff
from intake_service.workflow import Action
from shared_schema.intake import Status


def place(session: Session, participant_id: UUID, why: str, by: Staff, now: datetime, seen: int | None = None) -> None:
    """From now on nothing of the record is erased. Raises NotFound, NotAllowed, InvalidRequest, Conflict."""
    change = Change(Action.HOLD, by, now, why, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    if of(session, participant) is not None:
        raise InvalidRequest("This record is on hold already.")
    changes.swap(session, participant, change, Status(participant.status))
    session.add(LegalHold(participant_id=participant.id, placed_by=by.id, placed_at=now, why=why.strip()))
    session.flush()


def lift(session: Session, participant_id: UUID, why: str, by: Staff, now: datetime, seen: int | None = None) -> None:
    """The record may be erased again. Raises NotFound, NotAllowed, InvalidRequest, Conflict."""
    change = Change(Action.LIFT_HOLD, by, now, why, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    if of(session, participant) is None:
        raise InvalidRequest("There is no hold on this record.")
    changes.swap(session, participant, change, Status(participant.status))
    session.execute(
        update(LegalHold)
        .where(LegalHold.participant_id.in_(ids_of(participant.id)), LegalHold.lifted_at.is_(None))
        .values(lifted_by=by.id, lifted_at=now)
        .execution_options(synchronize_session=False)
    )


def of(session: Session, participant: Participant) -> LegalHold | None:
    """The hold that stands, also one on a record that was joined into this one."""
    return session.scalar(
        select(LegalHold)
        .where(LegalHold.participant_id.in_(ids_of(participant.id)), LegalHold.lifted_at.is_(None))
        .options(joinedload(LegalHold.placer))
        .execution_options(populate_existing=True)
        .limit(1)
    )


def require_none(session: Session, participant: Participant) -> None:
    """Raises Conflict."""
    if of(session, participant) is not None:
        raise Conflict("This record is on legal hold. Nothing of it is erased until an administrator lifts the hold.")


def forget_why(session: Session, participant_ids: Collection[UUID]) -> None:
    """The words of holds that were lifted, for a record that is erased."""
    session.execute(
        update(LegalHold)
        .where(LegalHold.participant_id.in_(participant_ids))
        .values(why=None)
        .execution_options(synchronize_session=False)
    )
