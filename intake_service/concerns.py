"""A worry about a participant, or about how a colleague works with them: for administrators, and for nobody else.

Whoever sees a participant may write one down. It stands in no history and in no list of a site's alerts, and a
colleague whom it names is neither told of it nor sees it, whatever their role.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import audit, rights
from intake_service.audit import Act, Kind
from intake_service.changes import time_at
from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.tables import Concern, Participant, Role, Site, Staff
from notifications import alerts
from notifications.tables import Alert, AlertKind

LONGEST = 2000  # characters
_CLOSED_SHOWN = 50


def write(
    session: Session,
    concern_id: UUID,
    participant_id: UUID,
    words: str,
    by: Staff,
    now: datetime,
    about_staff_id: int | None = None,
) -> bool:
    """Keep it and tell the administrators. Whether anybody could be told. Sent twice with one id, it is kept once.

    Raises NotFound, and InvalidRequest for words that are missing or too long, or somebody who is not of the site.
    """
    participant = session.get(Participant, participant_id)
    if participant is None or not rights.may_see(session, by, participant):
        raise NotFound("There is no such participant at your sites.")
    words = _checked(words, "Say in a few words what worries you.")
    if about_staff_id is not None and about_staff_id not in {each.id for each in colleagues(session, participant, by)}:
        raise InvalidRequest("Choose somebody of this site's staff from the list, or nobody.")
    earlier = session.get(Concern, concern_id)
    if earlier is not None:
        if earlier.written_by != by.id:
            raise Conflict("This page is too old or not ours. Load it again, then try once more.")
        return True
    session.add(
        Concern(
            id=concern_id,
            participant_id=participant.id,
            written_by=by.id,
            written_at=now,
            about_staff_id=about_staff_id,
            words=words,
        )
    )
    session.flush()
    site = participant.site
    _record(session, Act.CONCERN_WRITTEN, concern_id, site.id, by, now)
    alert_id = alerts.raise_alert(
        session,
        AlertKind.CONCERN,
        site.id,
        site.name,
        subject(concern_id),
        f"/concerns/{concern_id}",
        None,
        now,
        without=[by.id, *([about_staff_id] if about_staff_id else [])],
    )
    return alerts.told(session, alert_id) > 0


def colleagues(session: Session, participant: Participant, by: Staff) -> Sequence[Staff]:
    """Whom a concern at this participant's site may name: everybody who works there but the one who writes."""
    works_there = or_(Staff.sites.any(Site.id == participant.site_id), Staff.role == Role.ADMINISTRATOR)
    return session.scalars(select(Staff).where(Staff.active, Staff.id != by.id, works_there).order_by(Staff.name)).all()


def listed(session: Session, by: Staff) -> tuple[Sequence[Concern], Sequence[Concern]]:
    """The open ones, the oldest first, and those closed last. Raises NotAllowed for who is not an administrator."""
    rights.require_every_policy(by)
    query = select(Concern).where(_readable(by)).options(*_PEOPLE)
    still_open = session.scalars(query.where(Concern.closed_at.is_(None)).order_by(Concern.written_at)).all()
    closed = query.where(Concern.closed_at.is_not(None)).order_by(Concern.closed_at.desc()).limit(_CLOSED_SHOWN)
    return still_open, session.scalars(closed).all()


def open_count(session: Session, by: Staff) -> int:
    """How many wait for this administrator; 0 for anybody else."""
    if not rights.may_decide_policy(by):
        return 0
    counted = select(func.count()).select_from(Concern).where(Concern.closed_at.is_(None), _readable(by))
    return session.scalar(counted) or 0


def read(session: Session, concern_id: UUID, by: Staff) -> Concern:
    """Raises NotAllowed for who is not an administrator, NotFound also for the one whom it names."""
    rights.require_every_policy(by)
    found = session.scalar(
        select(Concern)
        .where(Concern.id == concern_id, _readable(by))
        .options(*_PEOPLE)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such concern.")
    return found


def looked(session: Session, concern_id: UUID, by: Staff, now: datetime) -> Concern:
    """The same, and the look is kept."""
    concern = read(session, concern_id, by)
    _record(session, Act.CONCERN_READ, concern_id, concern.participant.site_id, by, now)
    return concern


def alerts_of(session: Session, concern: Concern) -> Sequence[Alert]:
    """What was told of it."""
    return alerts.of_subject(session, subject(concern.id))


def acknowledge(session: Session, concern_id: UUID, by: Staff, now: datetime) -> None:
    """ "I'm on it": the first one who says so is the one. Raises as `read` does."""
    concern = read(session, concern_id, by)
    session.execute(
        update(Concern)
        .where(Concern.id == concern_id, Concern.acknowledged_at.is_(None))
        .values(acknowledged_by=by.id, acknowledged_at=now)
        .execution_options(synchronize_session=False)
    )
    _record(session, Act.CONCERN_ACKNOWLEDGED, concern_id, concern.participant.site_id, by, now)
    for alert in alerts.of_subject(session, subject(concern_id)):
        alerts.acknowledge(session, alert.id, by.id, now)


def close(session: Session, concern_id: UUID, outcome: str, by: Staff, now: datetime) -> None:
    """What was done about it, in words. Raises as `read` does, InvalidRequest without words, Conflict."""
    concern = read(session, concern_id, by)
    outcome = _checked(outcome, "Say in a few words what was done.")
    closed = session.execute(
        update(Concern)
        .where(Concern.id == concern_id, Concern.closed_at.is_(None))
        .values(
            closed_by=by.id,
            closed_at=now,
            outcome=outcome,
            acknowledged_by=func.coalesce(Concern.acknowledged_by, by.id),
            acknowledged_at=func.coalesce(Concern.acknowledged_at, now),
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", closed).rowcount == 1:
        alerts.close(session, subject(concern_id), now)
        _record(session, Act.CONCERN_CLOSED, concern_id, concern.participant.site_id, by, now)
        return
    concern = read(session, concern_id, by)
    if concern.closed_by != by.id and concern.closer is not None and concern.closed_at is not None:
        at = time_at(concern.participant.site, concern.closed_at, now)
        raise Conflict(f"{concern.closer.name} was faster: closed it at {at}. Nothing was changed.")


def forget(session: Session, participant_ids: Collection[UUID], now: datetime) -> None:
    """The words of every concern about a record that is erased; an open one is closed."""
    for concern in session.scalars(select(Concern).where(Concern.participant_id.in_(participant_ids))).all():
        alerts.close(session, subject(concern.id), now)
        concern.words, concern.outcome = "", None
        concern.closed_at = concern.closed_at or now
    session.flush()


_PEOPLE = (
    joinedload(Concern.participant).joinedload(Participant.site),
    joinedload(Concern.writer),
    joinedload(Concern.about),
    joinedload(Concern.acknowledger),
    joinedload(Concern.closer),
)


def _record(session: Session, act: Act, concern_id: UUID, site_id: int, by: Staff, now: datetime) -> None:
    """Without whom it is about, of either kind: an administrator whom it names may read the audit."""
    audit.record(session, act, now, by=by, kind=Kind.CONCERN, object_id=concern_id, site_id=site_id)


def not_about(by: Staff) -> ColumnElement[bool]:
    return or_(Concern.about_staff_id.is_(None), Concern.about_staff_id != by.id)


def _readable(by: Staff) -> ColumnElement[bool]:
    """Not about the reader, and not erased with its participant."""
    return and_(not_about(by), Concern.participant.has(Participant.erased_at.is_(None)))


def _checked(words: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise InvalidRequest(missing)
    if len(words) > LONGEST:
        raise InvalidRequest(f"At most {LONGEST} characters; this has {len(words)}.")
    return words


def subject(concern_id: UUID) -> str:
    """What alerts about the concern are filed under."""
    return f"concern-{concern_id}"
