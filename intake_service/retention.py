"""What a site keeps for how long, by kind. Nothing under a legal hold is touched, and a dry run only counts.

    kind                     what goes when its time is over
    discharged participants  the whole record, see erasure.py; counted from the discharge
    brief intakes            the answers and the ticket, of everybody; the consent's answer stays. From the day it came
    alerts                   an alert that is over, with its notices and the lines of the ledger

Each record is one transaction: stopped midway, whatever is done is whole, and the next run goes on. The audit is never
shortened: it only ever grows (audit_chain.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Engine, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from intake_service import audit, callbacks, concerns, erasure, legal_holds, records_settings
from intake_service.audit import Act
from intake_service.errors import Conflict
from intake_service.intake_answers import only_consent
from intake_service.joined_records import stands
from intake_service.known_people import forget
from intake_service.records_tables import LegalHold
from intake_service.tables import Callback, Concern, Event, Intake, Participant, Site
from notifications import forgetting
from notifications.db import writing
from shared_schema.form import load_form
from shared_schema.intake import Status

_AT_ONCE = 200  # are looked up in one go; each is still a transaction of its own


class KeptKind(StrEnum):
    """Values are the words staff see."""

    DISCHARGED = "discharged participants"
    INTAKES = "brief intakes"
    ALERTS = "alerts"


@dataclass(frozen=True)
class Line:
    """Of one kind at one site. `before`: what is older goes. `held`: what would go, were it not on legal hold."""

    kind: KeptKind
    months: int
    before: datetime
    count: int
    held: int


def due(session: Session, site: Site, now: datetime) -> list[Line]:
    """What would go now. Nothing is changed."""
    lines = []
    for kind, months, before in _periods(site, now):
        if kind is KeptKind.ALERTS:
            kept = _subjects_on_hold(session, site.id)
            count = forgetting.forgettable(session, site.id, before, kept)
            held = forgetting.forgettable(session, site.id, before, ()) - count
        else:
            query = _DUE[kind](site.id, before)
            count, held = (
                session.scalar(select(func.count()).select_from(query.where(condition).subquery())) or 0
                for condition in (~_is_held(), _is_held())
            )
        lines.append(Line(kind, months, before, count, held))
    return lines


def run(engine: Engine, site_id: int, now: datetime) -> list[Line]:
    """Erase at this site what is due, and say in the audit how much it was. What was done, as `due` says what would be.

    Somebody who works on a record at this very moment keeps it: the next run takes it.
    """
    with Session(engine) as session:
        site = session.get_one(Site, site_id)
        planned = due(session, site, now)
    done = {
        line.kind: _forget_alerts(engine, site_id, line.before)
        if line.kind is KeptKind.ALERTS
        else sum(_erase_each(engine, line.kind, site_id, line.before, now))
        for line in planned
    }
    if any(done.values()):
        with Session(writing(engine)) as session, session.begin():
            site = session.get_one(Site, site_id)
            counts = {str(kind): count for kind, count in done.items()}
            audit.record(session, Act.RETENTION_RUN, now, to=site, after=counts)
    return [replace(line, count=done[line.kind]) for line in planned]


def _periods(site: Site, now: datetime) -> Iterator[tuple[KeptKind, int, datetime]]:
    settings = records_settings.of(site)
    for kind, months in (
        (KeptKind.DISCHARGED, settings.discharged),
        (KeptKind.INTAKES, settings.intakes),
        (KeptKind.ALERTS, settings.alerts),
    ):
        if months is not None:
            yield kind, months, now - relativedelta(months=months)


def _discharged(site_id: int, before: datetime) -> Select[UUID]:
    last = (
        select(func.max(Event.at))
        .where(
            Event.participant_id == Participant.id,
            Event.to_status == Status.DISCHARGED,
            Event.from_status != Status.DISCHARGED,
        )
        .scalar_subquery()
    )
    return select(Participant.id).where(
        Participant.site_id == site_id,
        Participant.status == Status.DISCHARGED,
        stands(),
        last < before,
    )


def _intakes(site_id: int, before: datetime) -> Select[int]:
    return (
        select(Intake.sequence)
        .join(Participant, Participant.id == Intake.participant_id)
        .where(Intake.site_id == site_id, Intake.received_at < before, Intake.ticket != "")
    )


_DUE = {KeptKind.DISCHARGED: _discharged, KeptKind.INTAKES: _intakes}


def _is_held() -> ColumnElement[bool]:
    """Of the query's participant: a hold on it, on what it was joined into, or on what was joined into either."""
    other = aliased(Participant)
    return exists(
        select(LegalHold.id)
        .join(other, other.id == LegalHold.participant_id)
        .where(
            LegalHold.lifted_at.is_(None),
            func.coalesce(other.joined_into, other.id) == func.coalesce(Participant.joined_into, Participant.id),
        )
    )


def _erase_each(engine: Engine, kind: KeptKind, site_id: int, before: datetime, now: datetime) -> Iterator[int]:
    """1 for each that was erased, 0 for each that was not."""
    seen: object = None
    query = _DUE[kind](site_id, before).where(~_is_held())
    (key,) = query.selected_columns
    while True:
        with Session(engine) as session:
            further = query if seen is None else query.where(key > seen)
            some: Sequence[object] = session.scalars(further.order_by(key).limit(_AT_ONCE)).all()
        if not some:
            return
        for each in some:
            yield _erase(engine, kind, each, now)
        seen = some[-1]


def _erase(engine: Engine, kind: KeptKind, key: object, now: datetime) -> int:
    try:
        with Session(writing(engine)) as session, session.begin():
            if kind is KeptKind.DISCHARGED:
                _erase_discharged(session, key, now)
            else:
                _erase_answers(session, key)
    except Conflict:
        return 0
    return 1


def _erase_discharged(session: Session, participant_id: object, now: datetime) -> None:
    participant = session.get_one(Participant, participant_id, with_for_update=True)
    if participant.status != Status.DISCHARGED or participant.erased_at or participant.joined_into:
        raise Conflict("It was changed meanwhile.")
    erasure.by_retention(session, participant, now)


def _erase_answers(session: Session, sequence: object) -> None:
    """A hold that is being placed at this moment waits for us, or we for it: both take the participant's row."""
    intake = session.get_one(Intake, sequence)
    participant = session.get_one(Participant, intake.participant_id, with_for_update=True)
    while participant.joined_into is not None:
        participant = session.get_one(Participant, participant.joined_into, with_for_update=True)
    legal_holds.require_none(session, participant)
    forget(session, intake.site_id, intake.sequence, None, intake.ticket, None)
    intake.answers = only_consent(intake, load_form(intake.form_name, intake.form_version))
    intake.ticket = ""
    session.flush()


def _forget_alerts(engine: Engine, site_id: int, before: datetime) -> int:
    count = 0
    while True:
        with Session(writing(engine)) as session, session.begin():
            some = forgetting.forget(session, site_id, before, _subjects_on_hold(session, site_id), _AT_ONCE)
        if not some:
            return count
        count += some


def _subjects_on_hold(session: Session, site_id: int) -> list[str]:
    """What alerts about held records are filed under: their intakes, calls and concerns."""
    held = select(Participant.id).where(Participant.site_id == site_id, _is_held())
    intakes = session.scalars(select(Intake.id).where(Intake.participant_id.in_(held)))
    calls = session.scalars(select(Callback.id).where(Callback.participant_id.in_(held)))
    written = session.scalars(select(Concern.id).where(Concern.participant_id.in_(held)))
    return [
        *map(str, intakes),
        *map(callbacks.subject, calls),
        *map(concerns.subject, written),
    ]
