"""Who carries a participant: taken up, put down, handed on. The database allows one at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import callbacks, contact_permission
from intake_service.errors import InvalidRequest
from intake_service.tables import Assignment, Site, Staff


def current(session: Session, participant_id: UUID) -> Assignment | None:
    """Who carries the participant now, with `staff` and `assigner` loaded."""
    return session.scalar(
        select(Assignment)
        .where(Assignment.participant_id == participant_id, Assignment.ended_at.is_(None))
        .options(joinedload(Assignment.staff), joinedload(Assignment.assigner))
        .execution_options(populate_existing=True)
    )


def past(session: Session, participant_id: UUID) -> Sequence[Assignment]:
    """Everybody who carried the participant or does, the latest first."""
    return session.scalars(
        select(Assignment)
        .where(Assignment.participant_id == participant_id)
        .options(joinedload(Assignment.staff), joinedload(Assignment.assigner))
        .order_by(Assignment.id.desc())
    ).all()


def require_able(session: Session, site_id: int, staff_id: int) -> None:
    """The staff member can be given participants of this site, and stays so until this transaction ends.

    On PostgreSQL the row is locked against being removed meanwhile; on SQLite there is one writer anyway.
    Raises InvalidRequest.
    """
    able = session.scalar(
        select(Staff.id)
        .where(Staff.id == staff_id, Staff.active, Staff.caseload_eligible, Staff.sites.any(Site.id == site_id))
        .with_for_update(read=True, of=Staff)
    )
    if able is None:
        raise InvalidRequest("Choose somebody of this site's staff from the list.")


def require_working(session: Session, staff_id: int) -> None:
    """The same for somebody who takes up what they have begun themselves. Raises InvalidRequest."""
    working = select(Staff.id).where(Staff.id == staff_id, Staff.active).with_for_update(read=True)
    if session.scalar(working) is None:
        raise InvalidRequest("You were removed meanwhile. Give this intake to a colleague.")


def take_up(
    session: Session,
    participant_id: UUID,
    staff_id: int,
    by: int,
    now: datetime,
    placed: tuple[int | None, int | None] = (None, None),
) -> Assignment:
    """From now on the staff member carries the participant. `placed`: which rank they had among how many."""
    assignment = Assignment(
        participant_id=participant_id,
        staff_id=staff_id,
        assigned_by=by,
        assigned_at=now,
        rank=placed[0],
        ranked=placed[1],
    )
    session.add(assignment)
    session.flush()
    contact_permission.follow(session, participant_id, staff_id, by, now)
    callbacks.follow(session, participant_id, staff_id, now)
    return assignment


def put_down(
    session: Session,
    participant_id: UUID,
    by: int | None,
    now: datetime,
    removal_id: int | None = None,
    *,
    handed_on: bool,
) -> int | None:
    """Nobody carries the participant now. Returns who did. `handed_on`: somebody takes up in the same transaction."""
    carrier = session.scalar(
        select(Assignment.staff_id).where(Assignment.participant_id == participant_id, Assignment.ended_at.is_(None))
    )
    if carrier is None:
        return None
    ended = session.execute(
        update(Assignment)
        .where(Assignment.participant_id == participant_id, Assignment.ended_at.is_(None))
        .values(ended_at=now, removal_id=removal_id)
        .execution_options(synchronize_session="fetch")
    )
    assert cast("CursorResult[Any]", ended).rowcount == 1  # noqa: S101  (the unique index)
    if not handed_on:
        contact_permission.follow(session, participant_id, None, by, now)
        callbacks.follow(session, participant_id, None, now)
    return carrier
