"""The accounting of disclosures: each time that something of a participant's record goes out, who, when, to whom, what.

Listed are handoff sheets on paper, a participant's own record, answers to a tele-recovery system, and what staff write
down that they told somebody outside by another way. A participant may ask for the list (45 CFR 164.528, 42 CFR 2.25).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import audit, changes, participants
from intake_service.audit import Act
from intake_service.changes import Change
from intake_service.errors import InvalidRequest
from intake_service.joined_records import ids_of
from intake_service.records_tables import Disclosure
from intake_service.tables import Participant, Staff
from intake_service.workflow import Action
from shared_schema.intake import Status

NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""What goes with every disclosure, word for word: 42 CFR 2.32(a)(2)."""

LONGEST = 200  # characters

_COUNTED_WITHIN = timedelta(days=1)


class DisclosureKind(StrEnum):
    """Values are the words staff see."""

    HANDOFF_SHEET = "handoff sheet on paper"
    OWN_RECORD = "own record"
    CONTACT_PERMISSION = "contact permission"
    TOLD_OTHERWISE = "told by staff"


@dataclass(frozen=True)
class Told:
    """To whom, what and for what."""

    to_whom: str
    what: str
    purpose: str


ON_PAPER = Told("whoever takes over, on paper", "the brief intake", "handoff to a peer")
TELE_RECOVERY = Told(
    "the tele-recovery system that this person uses", "who may contact them, and the state of consent", "peer support"
)


def count(
    session: Session, participant_ids: Collection[UUID], kind: DisclosureKind, told: Told, by: Staff, now: datetime
) -> None:
    """List it for each of these participants; once a day, with how often."""
    again = (
        update(Disclosure)
        .where(
            Disclosure.participant_id.in_(participant_ids),
            Disclosure.kind == kind,
            Disclosure.staff_id == by.id,
            Disclosure.at > now - _COUNTED_WITHIN,
        )
        .values(times=Disclosure.times + 1, last_at=now)
        .returning(Disclosure.participant_id)
        .execution_options(synchronize_session=False)
    )
    counted = set(session.scalars(again))
    add(session, [each for each in dict.fromkeys(participant_ids) if each not in counted], kind, told, by, now)


def add(
    session: Session, participant_ids: Collection[UUID], kind: DisclosureKind, told: Told, by: Staff, now: datetime
) -> None:
    """A line of its own for each."""
    for participant_id in participant_ids:
        session.add(
            Disclosure(
                participant_id=participant_id,
                at=now,
                last_at=now,
                kind=kind,
                staff_id=by.id,
                to_whom=told.to_whom,
                what=told.what,
                purpose=told.purpose,
            )
        )
    session.flush()


def handoff_sheet(session: Session, intake_id: UUID, by: Staff, now: datetime) -> None:
    """The brief intake goes onto paper. Raises NotFound."""
    participant = participants.of_intake(session, by, intake_id)
    count(session, [participant.id], DisclosureKind.HANDOFF_SHEET, ON_PAPER, by, now)
    audit.record(session, Act.HANDOFF_SHEET, now, by=by, to=participant)


def write_down(
    session: Session, participant_id: UUID, told: Told, by: Staff, now: datetime, seen: int | None = None
) -> None:
    """Somebody outside was told by another way, such as by phone or letter. Sent twice, it is listed once.

    Raises NotFound, NotAllowed, InvalidRequest for words that are missing or too long, Conflict.
    """
    for words, missing in (
        (told.to_whom, "Say to whom: the person, and where they work."),
        (told.what, "Say in a few words what was told."),
        (told.purpose, "Say what for."),
    ):
        if not words.strip():
            raise InvalidRequest(missing)
        if len(words.strip()) > LONGEST:
            raise InvalidRequest(f"At most {LONGEST} characters in each field; one has {len(words.strip())}.")
    change = Change(Action.DISCLOSE, by, now, seen=seen)
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    changes.swap(session, participant, change, Status(participant.status))
    kept = Told(told.to_whom.strip(), told.what.strip(), told.purpose.strip())
    add(session, [participant.id], DisclosureKind.TOLD_OTHERWISE, kept, by, now)


def accounting(session: Session, by: Staff, participant_id: UUID, now: datetime) -> Sequence[Disclosure]:
    """Everything that went out, the latest first, also of records joined into this one. A look at it is recorded.

    Raises NotFound.
    """
    participant = participants.found(session, by, participant_id)
    audit.record(session, Act.RECORDS_VIEWED, now, by=by, to=participant)
    return listed(session, participant)


def listed(session: Session, participant: Participant) -> Sequence[Disclosure]:
    """The same, for whoever has asked before whether it may be seen."""
    return session.scalars(
        select(Disclosure)
        .where(Disclosure.participant_id.in_(ids_of(participant.id)))
        .options(joinedload(Disclosure.staff))
        .order_by(Disclosure.at.desc(), Disclosure.id.desc())
    ).all()


def forget_words(session: Session, participant_ids: Collection[UUID]) -> None:
    """To whom, what and what for, of a record that is erased; that something went out, when and by whom stays."""
    session.execute(
        update(Disclosure)
        .where(Disclosure.participant_id.in_(participant_ids))
        .values(to_whom=None, what=None, purpose=None)
        .execution_options(synchronize_session=False)
    )
