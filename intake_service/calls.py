"""Somebody at a kiosk needs a person now. Staff are told before the intake is finished; the two are one case.

The intake comes under the same id, or never. Until then the call stands at the top of the queue, unless staff close it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from intake_service import audit, rights
from intake_service.audit import Act, Kind
from intake_service.errors import NotFound, OtherContent
from intake_service.tables import Intake, Kiosk, Staff, UrgentCall
from notifications import alerts
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.kiosk_api import Call, CallHeard

_ADD = {
    "sqlite": sqlite.insert(UrgentCall).on_conflict_do_nothing(index_elements=["intake_id"]),
    "postgresql": postgresql.insert(UrgentCall).on_conflict_do_nothing(index_elements=["intake_id"]),
}


@dataclass(frozen=True)
class Waiting:
    """A call that nobody has closed. `taken_by`: who said "I'm on it", and when."""

    call: UrgentCall
    taken_by: Staff | None
    taken_at: datetime | None


@dataclass(frozen=True)
class Place:
    """What a call leaves to its intake: its place in the queue, its clock, and whether staff have closed it."""

    queue_number: int
    waiting_since: datetime
    is_closed: bool


def receive(session: Session, kiosk: Kiosk, call: Call, now: datetime) -> tuple[CallHeard, bool]:
    """Keep the call and tell the staff, once. The answer, and whether the call is new.

    Raises OtherContent when another site's kiosk has used the id, for a call or for an intake.
    """
    values = {
        "id": uuid7(),
        "intake_id": call.intake_id,
        "site_id": kiosk.site_id,
        "kiosk_id": kiosk.id,
        "called_at": call.called_at,
        "received_at": now,
        "queue_number": session.scalar(select(func.max(Intake.sequence))) or 0,  # behind whoever is here already
    }
    added = session.execute(_ADD[session.get_bind().dialect.name].values(values).returning(UrgentCall.id)).first()
    if added is None:
        return _again(session, kiosk, call), False
    arrived_at = session.scalar(select(Intake.site_id).where(Intake.id == call.intake_id))
    if arrived_at is not None:
        _require_same(arrived_at, kiosk)
        _end(session, call.intake_id, now)  # the intake was faster, and has told them
        return _heard(session, call.intake_id, now), False
    subject, path = str(call.intake_id), f"/calls/{call.intake_id}"
    alerts.raise_alert(session, AlertKind.URGENT, kiosk.site_id, kiosk.site.name, subject, path, None, now)
    signal(session, QUEUE)
    return _heard(session, call.intake_id, now), True


def take_over(session: Session, intake_id: UUID, site_id: int, now: datetime) -> Place | None:
    """The intake has arrived: the call is over, and this is what it leaves. None: the call never came to this site."""
    call = session.scalar(select(UrgentCall).where(UrgentCall.intake_id == intake_id, UrgentCall.site_id == site_id))
    if call is None:
        return None
    place = Place(call.queue_number, call.received_at, call.ended_at is not None)
    _end(session, intake_id, now)
    return place


def waiting(session: Session, member: Staff) -> list[Waiting]:
    """Open calls where the member sees the queue, those who called first at the top."""
    found = session.scalars(
        select(UrgentCall)
        .where(UrgentCall.site_id.in_(rights.sites_of_queue(session, member)), UrgentCall.ended_at.is_(None))
        .options(joinedload(UrgentCall.site), joinedload(UrgentCall.kiosk))
        .order_by(UrgentCall.received_at, UrgentCall.id)
    )
    return [_with_taker(session, call) for call in found]


def seen_by(session: Session, member: Staff, intake_id: UUID) -> Waiting:
    """A call, open or over. Raises NotFound, also for who may not see it."""
    call = session.scalar(
        select(UrgentCall)
        .where(UrgentCall.intake_id == intake_id, UrgentCall.site_id.in_(rights.sites_of_queue(session, member)))
        .options(joinedload(UrgentCall.site), joinedload(UrgentCall.kiosk), joinedload(UrgentCall.closer))
    )
    if call is None:
        raise NotFound("There is no such call, or it is not at your site.")
    return _with_taker(session, call)


def has_arrived(session: Session, intake_id: UUID) -> bool:
    """Whether the intake of this call is in the queue."""
    return session.scalar(select(Intake.sequence).where(Intake.id == intake_id)) is not None


def acknowledge(session: Session, member: Staff, intake_id: UUID, now: datetime) -> None:
    """ "I'm on it": nobody else is told any more. Raises NotFound."""
    seen_by(session, member, intake_id)
    for alert in _alerts_of(session, intake_id):
        alerts.acknowledge(session, alert, member.id, now)
    signal(session, QUEUE)


def close(session: Session, member: Staff, intake_id: UUID, now: datetime) -> None:
    """Somebody is with the person, or nobody was there. Doing it again changes nothing. Raises NotFound."""
    waiting = seen_by(session, member, intake_id)
    if _end(session, intake_id, now, member.id):
        alerts.close(session, str(intake_id), now)
        audit.record(
            session,
            Act.CALL_CLOSED,
            now,
            by=member,
            kind=Kind.CALL,
            object_id=intake_id,
            site_id=waiting.call.site_id,
        )
        signal(session, QUEUE)


def _end(session: Session, intake_id: UUID, now: datetime, closed_by: int | None = None) -> bool:
    """Whether it was open until now."""
    ended = session.execute(
        update(UrgentCall)
        .where(UrgentCall.intake_id == intake_id, UrgentCall.ended_at.is_(None))
        .values(ended_at=now, closed_by=closed_by)
        .returning(UrgentCall.id)
    )
    return ended.first() is not None


def _again(session: Session, kiosk: Kiosk, call: Call) -> CallHeard:
    earlier = session.scalars(select(UrgentCall).where(UrgentCall.intake_id == call.intake_id)).one()
    _require_same(earlier.site_id, kiosk)
    return _heard(session, call.intake_id, earlier.received_at)


def _require_same(site_id: int, kiosk: Kiosk) -> None:
    if site_id != kiosk.site_id:
        raise OtherContent("The first one is kept.")


def _heard(session: Session, intake_id: UUID, received_at: datetime) -> CallHeard:
    told = sum(alerts.told(session, alert) for alert in _alerts_of(session, intake_id))
    return CallHeard(intake_id=intake_id, received_at=received_at, told=told)


def _with_taker(session: Session, call: UrgentCall) -> Waiting:
    told = alerts.of_subject(session, str(call.intake_id))
    taken = next((alert for alert in told if alert.acknowledged_by is not None), None)
    taker = session.get(Staff, taken.acknowledged_by) if taken else None
    return Waiting(call, taker, taken.acknowledged_at if taken else None)


def _alerts_of(session: Session, intake_id: UUID) -> Sequence[int]:
    return [alert.id for alert in alerts.of_subject(session, str(intake_id))]
