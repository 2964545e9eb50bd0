"""A concern goes to the administrators, never to the one it names, and nobody else learns of it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import concerns, participants
from intake_service.assignments import assign
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from intake_service.tables import Concern, Intake, Role, Staff
from notifications import alerts, roster
from notifications.policy import Audience
from notifications.tables import AlertKind, Notice, NoticeState
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record, a_staff_member
from tests.notifications.devices import Device

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
WORDS = "Came in with a fresh bruise again"


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    """Bob's participant."""
    intake_id = somebody_waits(session, center, a_record("Zuleika Testperson"))
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    assign(session, participant_id, center.bob, by(session, center.alice), NOW)
    return participant_id


def by(session: Session, staff_id: int) -> Staff:
    return session.get_one(Staff, staff_id)


def another_administrator(session: Session, center: Center) -> Staff:
    erin = a_staff_member(session, "Erin", Role.ADMINISTRATOR, center.site)
    roster.put_in_step(session, center.site.id, erin.id, Audience.ADMINISTRATORS)
    return erin


def told(session: Session) -> set[int | None]:
    return set(session.scalars(select(Notice.staff_id).where(Notice.says == AlertKind.CONCERN)))


def written(session: Session, zuleika: UUID, who: Staff, about: int | None = None) -> UUID:
    concern_id: UUID = uuid7()
    concerns.write(session, concern_id, zuleika, WORDS, who, NOW, about)
    return concern_id


def test_administrators_are_told_and_read_it(session: Session, center: Center, zuleika: UUID) -> None:
    Device().subscribe(session, center.dana, "http://127.0.0.1/phone-of-dana", NOW)
    dana, concern_id = by(session, center.dana), uuid7()

    assert concerns.write(session, concern_id, zuleika, WORDS, by(session, center.bob), NOW)

    assert told(session) == {center.dana}
    assert concerns.read(session, concern_id, dana).words == WORDS
    assert concerns.open_count(session, dana) == 1


def test_nobody_but_administrators_reads_it_not_even_who_wrote_it(
    session: Session, center: Center, zuleika: UUID
) -> None:
    concern_id = written(session, zuleika, by(session, center.bob))

    for staff_id in (center.alice, center.bob, center.charlie):
        member = by(session, staff_id)
        for look in (lambda: concerns.read(session, concern_id, member), lambda: concerns.listed(session, member)):  # noqa: B023
            with pytest.raises(NotAllowed):
                look()
        assert concerns.open_count(session, member) == 0
    actions = [event.action for event in participants.history(session, by(session, center.alice), zuleika)]
    assert not [action for action in actions if "concern" in action]
    assert AlertKind.CONCERN not in [each.kind for each in alerts.of_site(session, center.site.id, 50)]


def test_an_administrator_whom_it_names_is_not_told_and_never_sees_it(
    session: Session, center: Center, zuleika: UUID
) -> None:
    erin, dana = another_administrator(session, center), by(session, center.dana)

    concern_id = written(session, zuleika, by(session, center.bob), about=erin.id)

    assert told(session) == {center.dana}
    assert (concerns.open_count(session, erin), concerns.listed(session, erin)) == (0, ([], []))
    for deed in (
        lambda: concerns.read(session, concern_id, erin),
        lambda: concerns.acknowledge(session, concern_id, erin, NOW),
        lambda: concerns.close(session, concern_id, "nothing", erin, NOW),
    ):
        with pytest.raises(NotFound):
            deed()
    assert concerns.read(session, concern_id, dana).about is erin


def test_who_writes_learns_when_nobody_could_be_told(session: Session, center: Center, zuleika: UUID) -> None:
    told = concerns.write(session, uuid7(), zuleika, WORDS, by(session, center.bob), NOW, about_staff_id=center.dana)

    assert not told
    assert session.scalars(select(Concern)).one().about_staff_id == center.dana


def test_the_first_one_on_it_is_the_one_and_it_is_closed_with_words(
    session: Session, center: Center, zuleika: UUID
) -> None:
    Device().subscribe(session, center.dana, "http://127.0.0.1/phone-of-dana", NOW)
    erin, dana = another_administrator(session, center), by(session, center.dana)
    concern_id = written(session, zuleika, by(session, center.bob))

    concerns.acknowledge(session, concern_id, dana, NOW)
    concerns.acknowledge(session, concern_id, erin, NOW)
    assert concerns.read(session, concern_id, erin).acknowledger is dana
    with pytest.raises(InvalidRequest, match="what was done"):
        concerns.close(session, concern_id, "  ", dana, NOW)
    concerns.close(session, concern_id, "Spoke with her, a safe place is found", dana, NOW)
    concerns.close(session, concern_id, "The same again", dana, NOW)  # a double tap
    with pytest.raises(Conflict, match="Dana was faster"):
        concerns.close(session, concern_id, "Me too", erin, NOW)

    closed = concerns.read(session, concern_id, erin)
    assert closed.outcome == "Spoke with her, a safe place is found"
    assert concerns.open_count(session, dana) == 0
    assert NoticeState.QUEUED not in session.scalars(select(Notice.state).where(Notice.says == AlertKind.CONCERN)).all()


def test_one_page_writes_one_concern(session: Session, center: Center, zuleika: UUID) -> None:
    concern_id, bob = uuid7(), by(session, center.bob)
    for _ in range(2):
        concerns.write(session, concern_id, zuleika, WORDS, bob, NOW)

    assert len(session.scalars(select(Concern)).all()) == 1
    with pytest.raises(Conflict):
        concerns.write(session, concern_id, zuleika, "Something else", by(session, center.alice), NOW)


@pytest.mark.parametrize("words", ["", "   ", "x" * (concerns.LONGEST + 1)])
def test_a_concern_needs_words_that_fit(session: Session, center: Center, zuleika: UUID, words: str) -> None:
    with pytest.raises(InvalidRequest):
        concerns.write(session, uuid7(), zuleika, words, by(session, center.bob), NOW)


def test_only_who_sees_the_participant_writes_about_them(session: Session, center: Center, zuleika: UUID) -> None:
    with pytest.raises(NotFound):
        written(session, zuleika, by(session, center.charlie))
    with pytest.raises(InvalidRequest):
        written(session, zuleika, by(session, center.bob), about=10**6)


def test_the_words_are_stored_encrypted(session: Session, center: Center, zuleika: UUID) -> None:
    concern_id = written(session, zuleika, by(session, center.bob))
    concerns.close(session, concern_id, "A quiet talk", by(session, center.dana), NOW)

    row = session.execute(text("SELECT words, outcome FROM concern")).one()
    assert all(b"bruise" not in bytes(each) and b"quiet" not in bytes(each) for each in row)
