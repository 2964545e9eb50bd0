"""A record is erased for good in two steps: nothing personal is left, everything still counts, and a hold stops it."""

import os
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import (
    audit_verify,
    callbacks,
    concerns,
    contact_permission,
    disclosures,
    duplicates,
    erasure,
    legal_holds,
    lists,
    participants,
    sealer,
    search,
)
from intake_service.assignments import assign
from intake_service.disclosures import Told
from intake_service.erasure import ErasureReason
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from intake_service.intakes import receive
from intake_service.keys import open_keys
from intake_service.lists import Listed
from intake_service.records_tables import Disclosure, Erasure
from intake_service.tables import (
    Assignment,
    Callback,
    Concern,
    Event,
    Intake,
    NameToken,
    Participant,
    PossibleDuplicate,
    Staff,
)
from notifications.db import Base, connect, writing
from notifications.encrypted import EncryptedText, unlock
from notifications.tables import Alert, Timer
from shared_schema.intake import Answer
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
WORDS = ("Zuleika", "Testperson", "5551234567", "bruise", "Sample", "moved house", "maple")


class Day:
    """Zuleika is Bob's participant, has said much, and much was written about her; Quirin waits."""

    def __init__(self, session: Session, center: Center) -> None:
        self.session, self.center = session, center
        self.alice, self.bob, self.dana = (
            session.get_one(Staff, each) for each in (center.alice, center.bob, center.dana)
        )
        self.other = self.somebody("Quirin Other")
        self.id = self.somebody("Zuleika Testperson")
        again = self.somebody("Zuleika Testperson")
        assign(session, self.id, center.bob, self.alice, NOW)
        pair = duplicates.suspect(session, self.id, again, self.alice, NOW)
        duplicates.join(session, pair, self.id, self.alice, NOW)
        participants.set_tier(session, self.id, 2, self.bob, NOW, "moved house")
        callbacks.set_for(session, self.id, NOW + timedelta(hours=2), self.bob, NOW)
        concerns.write(session, uuid7(), self.id, "a fresh bruise", self.bob, NOW)
        told = Told("Dr. Sample", "that they came", "a referral")
        disclosures.write_down(session, self.id, told, self.bob, NOW)
        session.commit()

    def somebody(self, name: str) -> UUID:
        record = a_record(
            name,
            brings_you=Answer.of("housing"),
            reach=Answer.of("phone"),
            phone=Answer.of(text="5551234567"),
        )
        intake_id = somebody_waits(self.session, self.center, record)
        return self.session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()

    def ask(self) -> None:
        erasure.ask(self.session, self.id, ErasureReason.ASKED_FOR, self.dana, NOW)

    def erase(self) -> None:
        self.ask()
        erasure.confirm(self.session, self.id, self.dana, NOW)


@pytest.fixture
def day(session: Session, center: Center) -> Day:
    return Day(session, center)


def counts(session: Session) -> dict[str, int]:
    """What statistics are made of."""
    counted = {
        each.__tablename__: session.scalar(select(func.count()).select_from(each)) or 0
        for each in (Participant, Intake, Assignment, Disclosure)
    }
    by_pathway = session.execute(select(Participant.pathway, Participant.language, func.count()).group_by(*"12"))
    return counted | {"of a pathway": len(by_pathway.all())}


def everything_readable(session: Session) -> str:
    """Every encrypted value of the database, decrypted, of every table but the audit, which never has such words."""
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText) and not table.name.startswith("audit"):
                found += [str(value) for (value,) in session.execute(select(column)) if value]
    return "\n".join(found)


def test_nothing_personal_is_left_and_everything_counts(session: Session, day: Day) -> None:
    before = everything_readable(session)
    assert all(word in before for word in WORDS if word != "maple")
    sequences = select(Intake.sequence).where(Intake.participant_id != day.other)
    assert session.scalars(select(NameToken.token).where(NameToken.sequence.in_(sequences))).all()

    day.erase()

    participant = session.get_one(Participant, day.id, populate_existing=True)
    assert (participant.name, participant.phone, participant.status) == ("(erased)", None, "Discharged")
    assert (participant.pathway, participant.tier, participant.language) == ("comprehensive services", 2, "en")
    left = everything_readable(session)
    assert not [word for word in ("Zuleika", "bruise", "Sample", "moved house") if word in left]
    assert left.count("5551234567") == 2, "the other one's, in the answers and beside the name"
    assert session.scalars(select(NameToken.token).where(NameToken.sequence.in_(sequences))).all() == []
    assert set(session.scalars(select(Intake.ticket).where(Intake.participant_id != day.other))) == {""}
    for table in (Callback, PossibleDuplicate):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert session.scalars(select(Concern.words)).one() == ""
    assert session.scalar(select(func.count()).select_from(Intake)) == 3
    assert session.scalar(select(func.count()).select_from(Participant)) == 3
    assert session.scalar(select(func.count()).select_from(Event).where(Event.participant_id == day.id)) or 0 > 8


def test_nobody_sees_finds_or_is_told_of_it_any_more(session: Session, day: Day) -> None:
    day.erase()

    with pytest.raises(NotFound):
        participants.found(session, day.dana, day.id)
    with pytest.raises(NotFound):
        contact_permission.of(session, day.bob, day.id, NOW)
    assert search.search(session, day.dana, "Zuleika") == ()
    shown = [row.participant.id for row in lists.listed(session, day.dana, Listed.ALL).rows]
    assert shown == [day.other]
    assert concerns.listed(session, day.dana) == ([], [])
    open_alerts = session.scalars(select(Alert.subject).where(Alert.closed_at.is_(None))).all()
    other = str(session.scalars(select(Intake.id).where(Intake.participant_id == day.other)).one())
    assert set(open_alerts) <= {other}
    assert set(session.scalars(select(Timer.subject))) <= {other, *map(str, session.scalars(select(Alert.id)))}


def test_the_audit_stays_whole(session: Session, engine: Engine, center: Center, keys_dir: Path) -> None:
    sealer.begin(engine, keys_dir)
    Day(session, center).erase()
    session.commit()
    sealer.seal_all(engine, keys_dir)

    assert audit_verify.verify(session).findings == []


def test_one_step_alone_erases_nothing(session: Session, day: Day) -> None:
    with pytest.raises(InvalidRequest, match="First ask"):
        erasure.confirm(session, day.id, day.dana, NOW)
    day.ask()

    assert session.get_one(Participant, day.id, populate_existing=True).name == "Zuleika Testperson"


def test_it_can_be_taken_back_before_the_second_step(session: Session, day: Day) -> None:
    day.ask()
    erasure.withdraw(session, day.id, day.dana, NOW)

    with pytest.raises(InvalidRequest):
        erasure.confirm(session, day.id, day.dana, NOW)


def test_who_asked_why_and_who_did_it_stays(session: Session, day: Day) -> None:
    day.erase()

    kept = session.scalars(select(Erasure)).one()
    assert (kept.asked_by, kept.done_by, kept.done_at) == (day.dana.id, day.dana.id, NOW)
    assert kept.reason == ErasureReason.ASKED_FOR


def test_a_legal_hold_stops_both_steps(session: Session, day: Day) -> None:
    day.ask()
    legal_holds.place(session, day.id, "A court asks for it", day.dana, NOW)

    with pytest.raises(Conflict, match="legal hold"):
        erasure.confirm(session, day.id, day.dana, NOW)
    legal_holds.lift(session, day.id, "The court is done", day.dana, NOW)
    erasure.confirm(session, day.id, day.dana, NOW)

    assert "court" not in everything_readable(session)


def test_a_hold_on_a_record_that_was_joined_counts_for_the_kept_one(session: Session, day: Day) -> None:
    held = day.somebody("Zuleika Testperson")
    legal_holds.place(session, held, "A court asks for it", day.dana, NOW)
    pair = duplicates.suspect(session, day.id, held, day.alice, NOW)
    duplicates.join(session, pair, day.id, day.alice, NOW)

    with pytest.raises(Conflict, match="legal hold"):
        day.ask()


def test_only_administrators_hold_and_erase(session: Session, day: Day) -> None:
    for member in (day.alice, day.bob):
        with pytest.raises(NotAllowed):
            erasure.ask(session, day.id, ErasureReason.MISTAKE, member, NOW)
        with pytest.raises(NotAllowed):
            legal_holds.place(session, day.id, "because", member, NOW)


def test_of_two_who_act_at_once_the_later_one_is_told(session: Session, day: Day) -> None:
    day.ask()
    seen = session.get_one(Participant, day.id).revision
    participants.set_tier(session, day.id, 3, day.bob, NOW)

    with pytest.raises(Conflict, match="Bob was faster"):
        erasure.confirm(session, day.id, day.dana, NOW, seen)


def test_the_same_intake_handed_in_again_brings_nothing_back(session: Session, day: Day, center: Center) -> None:
    """The kiosk that has missed its receipt gets it, and the record stays erased."""
    record = a_record("Zuleika Testperson")
    first = receive(session, center.kiosk.id, record, "a" * 64, NOW)
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == record.id)).one()
    erasure.ask(session, participant_id, ErasureReason.MISTAKE, day.dana, NOW)
    erasure.confirm(session, participant_id, day.dana, NOW)

    again = receive(session, center.kiosk.id, record, "a" * 64, NOW + timedelta(hours=1))

    assert (again.receipt, again.new) == (first.receipt, False)
    assert session.get_one(Participant, participant_id, populate_existing=True).erased_at == NOW


def test_killed_half_way_it_is_not_erased_at_all(
    session: Session, day: Day, database_url: str, keys_dir: Path, engine: Engine
) -> None:
    day.ask()
    session.commit()

    child = get_context("spawn").Process(target=_erase_and_die, args=(database_url, keys_dir, day.id, day.dana.id))
    child.start()
    child.join(120)

    assert child.exitcode == -signal.SIGKILL
    with Session(writing(engine)) as after, after.begin():
        assert after.get_one(Participant, day.id).name == "Zuleika Testperson"
        assert after.get_one(Participant, day.id).erased_at is None
        assert "bruise" in everything_readable(after)
        erasure.confirm(after, day.id, after.get_one(Staff, day.dana.id), NOW)
        assert "bruise" not in everything_readable(after)


def _erase_and_die(database_url: str, keys_dir: Path, participant_id: UUID, staff_id: int) -> None:
    """Everything is written, and the process is killed before the commit."""
    engine = connect(database_url)
    unlock(engine, open_keys(keys_dir, engine, NOW).data)
    with Session(writing(engine)) as session, session.begin():
        erasure.confirm(session, participant_id, session.get_one(Staff, staff_id), NOW)
        os.kill(os.getpid(), signal.SIGKILL)
