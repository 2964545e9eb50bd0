"""Erasing a record for good: the row stays and counts, and nothing personal is left of it. In two steps.

An administrator asks, and confirms; a legal hold stops it. What stays: sites, dates, statuses, pathway, tier, language,
urgency, who carried whom, and the audit. What goes: names, phones, answers, tickets, the tokens they are found by,
reasons, callbacks, the words of concerns, disclosures and holds, and which records may be one person.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import (
    assignments,
    audit,
    callbacks,
    carrying,
    changes,
    concerns,
    disclosures,
    known_people,
    legal_holds,
    participants,
)
from intake_service.changes import Change
from intake_service.errors import Conflict, InvalidRequest
from intake_service.joined_records import is_one_of
from intake_service.records_tables import Erasure
from intake_service.tables import Callback, Concern, Event, Intake, Participant, PossibleDuplicate, Staff
from intake_service.workflow import Action
from notifications.signals import QUEUE, signal
from shared_schema.intake import Status

NAMELESS = "(erased)"


class ErasureReason(StrEnum):
    """Values are the words staff see."""

    ASKED_FOR = "the participant asked for it"
    MISTAKE = "it was written down by mistake"
    ORDERED = "a law or a court asks for it"
    KEPT_LONG_ENOUGH = "it was kept long enough"


@dataclass(frozen=True)
class Contents:
    """How much would be erased."""

    records: int
    intakes: int
    reasons: int
    callbacks: int
    concerns: int
    disclosures: int


def ask(
    session: Session, participant_id: UUID, reason: ErasureReason, by: Staff, now: datetime, seen: int | None = None
) -> None:
    """The first step: nothing is erased yet. Raises NotFound, NotAllowed, InvalidRequest, Conflict on a legal hold."""
    if reason not in set(ErasureReason):
        raise InvalidRequest("Choose why it is erased.")
    change = Change(Action.ASK_ERASURE, by, now, to_value=reason, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    legal_holds.require_none(session, participant)
    if asked(session, participant.id) is not None:
        raise InvalidRequest("This was asked for already.")
    changes.swap(session, participant, change, Status(participant.status))
    session.add(Erasure(participant_id=participant.id, reason=reason, asked_by=by.id, asked_at=now))
    session.flush()


def withdraw(session: Session, participant_id: UUID, by: Staff, now: datetime, seen: int | None = None) -> None:
    """It is not to be erased after all. Raises NotFound, NotAllowed, InvalidRequest, Conflict."""
    change = Change(Action.WITHDRAW_ERASURE, by, now, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    erasure = asked(session, participant.id)
    if erasure is None:
        raise InvalidRequest("Nobody has asked to have this record erased.")
    changes.swap(session, participant, change, Status(participant.status))
    session.delete(erasure)
    session.flush()


def confirm(session: Session, participant_id: UUID, by: Staff, now: datetime, seen: int | None = None) -> None:
    """The second step: it is erased, in this transaction or not at all. Nobody brings it back.

    Raises NotFound, NotAllowed, InvalidRequest when nobody has asked, Conflict on a legal hold or a change meanwhile.
    """
    change = Change(Action.ERASE, by, now, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    erasure = asked(session, participant.id)
    if erasure is None:
        raise InvalidRequest("First ask to have this record erased, and say why.")
    _erase(session, participant, erasure, by, now)


def by_retention(session: Session, participant: Participant, now: datetime) -> None:
    """The same without anybody: the site's time has come. Raises Conflict on a legal hold or a change meanwhile."""
    erasure = asked(session, participant.id)
    if erasure is None:
        erasure = Erasure(participant_id=participant.id, reason=ErasureReason.KEPT_LONG_ENOUGH, asked_at=now)
        session.add(erasure)
    _erase(session, participant, erasure, None, now)


def asked(session: Session, participant_id: UUID) -> Erasure | None:
    """The first step, when it was done."""
    return session.scalar(
        select(Erasure)
        .where(Erasure.participant_id == participant_id, Erasure.done_at.is_(None))
        .options(joinedload(Erasure.asker))
    )


def contents(session: Session, by: Staff, participant_id: UUID) -> Contents:
    """Raises NotFound."""
    participant = participants.found(session, by, participant_id)
    ids = [each.id for each in _same(session, participant)]

    def count(what: Any, *conditions: Any) -> int:
        counted = select(func.count()).select_from(what).where(what.participant_id.in_(ids), *conditions)
        return session.scalar(counted) or 0

    return Contents(
        records=len(ids),
        intakes=count(Intake),
        reasons=count(Event, Event.reason.is_not(None)),
        callbacks=count(Callback),
        concerns=count(Concern),
        disclosures=len(disclosures.listed(session, participant)),
    )


def _erase(session: Session, participant: Participant, erasure: Erasure, by: Staff | None, now: datetime) -> None:
    legal_holds.require_none(session, participant)
    who = None if by is None else by.id
    erasure.done_by, erasure.done_at = who, now
    same = _same(session, participant)
    ids = [each.id for each in same]
    callbacks.forget(session, ids, now)
    concerns.forget(session, ids, now)
    carrying.put_down(session, participant.id, who, now, handed_on=False)
    assignments.tell_newest(session, participant, None, [], now)
    for each in same:
        _erase_intakes(session, each)
        _erase_row(session, each, now)
        audit.event(
            session,
            each.site_id,
            {
                "participant_id": each.id,
                "at": now,
                "action": Action.ERASE,
                "staff_id": who,
                "from_status": each.status,
                "to_status": Status.DISCHARGED,
                "to_value": erasure.reason,
            },
        )
    session.execute(
        update(Event)
        .where(Event.participant_id.in_(ids), Event.reason.is_not(None))
        .values(reason=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(PossibleDuplicate)
        .where(or_(PossibleDuplicate.participant_id.in_(ids), PossibleDuplicate.known_id.in_(ids)))
        .execution_options(synchronize_session=False)
    )
    disclosures.forget_words(session, ids)
    legal_holds.forget_why(session, ids)
    session.flush()
    signal(session, QUEUE)
    session.expire_all()


def _same(session: Session, participant: Participant) -> list[Participant]:
    """The record and those that were joined into it."""
    return list(session.scalars(select(Participant).where(is_one_of(participant.id)).order_by(Participant.id)))


def _erase_intakes(session: Session, participant: Participant) -> None:
    for intake in session.scalars(select(Intake).where(Intake.participant_id == participant.id)):
        known_people.forget(
            session, intake.site_id, intake.sequence, participant.name, intake.ticket, participant.phone
        )
        intake.answers, intake.ticket = "{}", ""
    session.flush()


def _erase_row(session: Session, participant: Participant, now: datetime) -> None:
    """Compare and swap: whoever changed the record meanwhile was faster, and it is not erased."""
    swapped = session.execute(
        update(Participant)
        .where(
            Participant.id == participant.id,
            Participant.revision == participant.revision,
            Participant.erased_at.is_(None),
        )
        .values(
            name=NAMELESS,
            phone=None,
            status=Status.DISCHARGED,
            held_status=None,
            erased_at=now,
            revision=Participant.revision + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", swapped).rowcount != 1:
        raise Conflict("Somebody changed this record at this moment. Nothing was erased. Look at it, then try again.")
