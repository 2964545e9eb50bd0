"""Two records that may be one person: flagged with reasons, joined or not by a supervisor, undone."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import duplicates, participants
from intake_service.assignments import assign
from intake_service.duplicates import Pair, Verdict
from intake_service.errors import Conflict, InvalidRequest
from intake_service.known_people import compare
from intake_service.lists import Listed, listed
from intake_service.search import search
from intake_service.tables import Intake, Participant, Staff
from intake_service.workflow import Action
from notifications import alerts
from notifications.tables import AlertKind
from shared_schema.intake import Answer, Status
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


class Desk:
    def __init__(self, session: Session, center: Center) -> None:
        self.session, self.center = session, center
        self.alice, self.dana = session.get_one(Staff, center.alice), session.get_one(Staff, center.dana)

    def arrives(self, name: str | None, phone: str | None = None) -> UUID:
        given = {"reach": Answer.of("phone"), "phone": Answer.of(text=phone)} if phone else {}
        record = a_record(name).model_copy(deep=True)
        if given:
            record = a_record(name, reach=given["reach"], phone=given["phone"])
        intake_id = somebody_waits(self.session, self.center, record)
        return self.session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()

    def pairs(self, participant_id: UUID) -> list[Pair]:
        return duplicates.pairs_of(self.session, self.alice, participant_id)

    def participant(self, participant_id: UUID) -> Participant:
        return self.session.get_one(Participant, participant_id, populate_existing=True)

    def waiting(self) -> list[UUID]:
        return [row.participant.id for row in listed(self.session, self.alice, Listed.NEEDS_ASSIGNMENT).rows]


@pytest.fixture
def desk(session: Session, center: Center) -> Desk:
    return Desk(session, center)


def test_a_new_intake_of_somebody_known_is_flagged_with_the_reasons(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson", "555 010 0199")
    other = desk.arrives("Omar Made-Up")
    again = desk.arrives("Zulieka Testperson", "(555) 010-0199")

    (pair,) = desk.pairs(again)
    assert (pair.other.id, pair.verdict) == (known, None)
    assert pair.reasons == ("names 94 % alike", "the same phone", "the same day")
    assert duplicates.flagged(session, [known, other, again]) == {again}
    assert [each.other.id for each in desk.pairs(known)] == [again]
    assert desk.waiting() == [known, other, again]  # nothing is joined by itself


def test_what_too_little_speaks_for_is_not_flagged(desk: Desk) -> None:
    desk.arrives("Maria Lopez")
    for name in ("Maria Garcia", "Juan Lopez", None, None, "Mario"):
        assert desk.pairs(desk.arrives(name)) == []


def test_a_single_name_is_flagged_on_the_same_day_only() -> None:
    earlier = datetime(2026, 11, 20, tzinfo=UTC)

    assert compare("Rosa", None, "Rosa", None, NOW, NOW) is not None
    assert compare("Rosa", None, "Rosa", None, earlier, NOW) is None
    assert compare("Rosa Diaz", None, "Rosa Díaz", None, earlier, NOW) is not None
    assert compare("Rosa", "5550100199", "Someone Else", "555 010 0199", earlier, NOW) is not None


def test_somebody_discharged_who_comes_back_waits_in_the_known_record(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson")
    participants.discharge(session, known, "left", desk.alice, NOW)
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)
    place = desk.participant(again).queue_number

    duplicates.join(session, pair.id, known, desk.alice, NOW)

    assert desk.waiting() == [known]
    assert (desk.participant(known).status, desk.participant(known).queue_number) == (Status.NEEDS_ASSIGNMENT, place)
    assert len(participants.intakes_of(session, desk.alice, known)) == 2
    assert [row.participant.id for row in search(session, desk.alice, "zuleika")] == [known]
    assert participants.history(session, desk.alice, known)[0].action == Action.JOIN
    with pytest.raises(Conflict, match="joined with another"):
        assign(session, again, desk.center.bob, desk.alice, NOW)


def test_whoever_carries_the_known_record_is_told_and_the_others_no_longer(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson")
    assign(session, known, desk.center.charlie, desk.alice, NOW)
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)

    duplicates.join(session, pair.id, known, desk.alice, NOW)

    newest = participants.intakes_of(session, desk.alice, known)[0]
    first, second = alerts.of_subject(session, str(newest.id))
    assert first.closed_at == NOW
    assert (second.kind, second.closed_at) == (AlertKind.ASSIGNED_TO_YOU, None)
    assert {notice.staff_id for notice in alerts.ledger(session, second.id)} == {desk.center.charlie}


def test_joining_again_the_other_way_round_is_refused(desk: Desk, session: Session) -> None:
    known, again = desk.arrives("Zuleika Testperson"), desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)
    assert duplicates.join(session, pair.id, known, desk.alice, NOW).id == known
    assert duplicates.join(session, pair.id, known, desk.alice, NOW).id == known

    with pytest.raises(Conflict, match="kept the other record"):
        duplicates.join(session, pair.id, again, desk.alice, NOW)


def test_a_join_is_undone_with_both_as_before(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson")
    participants.discharge(session, known, "left", desk.alice, NOW)
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)
    duplicates.join(session, pair.id, known, desk.alice, NOW)
    assert desk.pairs(known)[0].kept

    for _ in range(2):
        duplicates.undo(session, pair.id, desk.dana, NOW)

    assert desk.participant(known).status == Status.DISCHARGED
    assert desk.waiting() == [again]
    assert desk.pairs(again)[0].verdict is None


def test_what_was_done_since_a_join_stays_when_it_is_undone(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson")
    participants.discharge(session, known, "left", desk.alice, NOW)
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)
    duplicates.join(session, pair.id, known, desk.alice, NOW)
    assign(session, known, desk.center.bob, desk.alice, NOW)

    duplicates.undo(session, pair.id, desk.alice, NOW)

    assert desk.participant(known).status == Status.NEEDS_INTAKE
    assert desk.waiting() == [again]


def test_two_people_stay_two_until_that_is_undone(desk: Desk, session: Session) -> None:
    desk.arrives("Zuleika Testperson")
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)

    for _ in range(2):
        duplicates.not_the_same(session, pair.id, desk.alice, NOW)
    assert (desk.pairs(again)[0].verdict, desk.pairs(again)[0].decided_by) == (Verdict.NOT_THE_SAME, "Alice")
    assert duplicates.flagged(session, [again]) == frozenset()
    with pytest.raises(Conflict, match="Alice was faster: said that these are two people, at 09:45 UTC"):
        duplicates.join(session, pair.id, again, desk.dana, NOW)

    duplicates.undo(session, pair.id, desk.dana, NOW)
    assert duplicates.flagged(session, [again]) == {again}


def test_the_record_that_somebody_has_is_the_one_to_keep(desk: Desk, session: Session) -> None:
    known = desk.arrives("Zuleika Testperson")
    again = desk.arrives("Zuleika Testperson")
    (pair,) = desk.pairs(again)
    assign(session, known, desk.center.bob, desk.alice, NOW)

    with pytest.raises(InvalidRequest, match="Bob has the record that would be joined"):
        duplicates.join(session, pair.id, again, desk.alice, NOW)
    with pytest.raises(InvalidRequest, match="Keep one of the two"):
        duplicates.join(session, pair.id, UUID(int=0), desk.alice, NOW)


def test_a_supervisor_may_see_for_themselves_that_two_are_one(desk: Desk, session: Session) -> None:
    one, other = desk.arrives("Zuleika Testperson"), desk.arrives("Zuzu")
    assert desk.pairs(other) == []

    pair = duplicates.suspect(session, other, one, desk.alice, NOW)
    assert duplicates.suspect(session, one, other, desk.dana, NOW) == pair
    duplicates.join(session, pair, one, desk.alice, NOW)

    assert desk.waiting() == [one]
    assert [row.participant.id for row in search(session, desk.alice, "zuzu")] == [one]
