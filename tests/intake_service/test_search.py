from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from intake_service.errors import InvalidRequest, NotAllowed
from intake_service.intakes import receive
from intake_service.keys import Keys
from intake_service.known_people import remember_earlier
from intake_service.names import mistyped, words_of
from intake_service.search import LONGEST, search
from intake_service.tables import Intake, NameToken, Role, Staff
from shared_schema.intake import Answer
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record, a_site, a_staff_member, an_enrolled_kiosk

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


def names(session: Session, center: Center, typed: str) -> list[str]:
    return [row.participant.name for row in search(session, session.get_one(Staff, center.alice), typed)]


def came_in(session: Session, center: Center, *people: str) -> None:
    for name in people:
        somebody_waits(session, center, a_record(name))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("José Núñez", "jose nunez"),
        ("Jose Nunez", "JOSÉ"),
        ("Zuleika Testperson", "Zulieka"),  # two letters exchanged
        ("Zuleika Testperson", "Xuleika Testperson"),  # another letter
        ("Zuleika Testperson", "Zuleika Tesperson"),  # one letter too few
        ("Zuleika Testperson", "testperson zuleika"),
        ("Zuleika Testperson", "zul"),
        ("Jordan Smyth", "Jordan Smith"),
        ("Siobhán O’Neil", "oneil"),
        ("Łukasz Żółty", "lukasz zolty"),
        ("Ольга Иванова", "ольга"),
        ("Ольга Иванова", "Ольгаа"),
        ("Zuleika", "Zuleika Testperson"),  # gave the kiosk less
    ],
)
def test_accents_and_typing_mistakes_are_forgiven(session: Session, center: Center, name: str, typed: str) -> None:
    came_in(session, center, "Walter Elsewhere", name)

    assert names(session, center, typed) == [name]


def test_the_closest_name_comes_first(session: Session, center: Center) -> None:
    came_in(session, center, "Maria Lopez", "Mario Lopez", "Maria Lopes", "Maria")

    assert names(session, center, "maria lopez")[:2] == ["Maria Lopez", "Maria Lopes"]


def test_a_ticket_in_any_language_and_a_phone_find_a_person(session: Session, center: Center) -> None:
    somebody_waits(session, center, a_record(None))  # their word is maple-7
    record = a_record("Zuleika Testperson", reach=Answer.of("phone"), phone=Answer.of(text="(555) 010-0199"))
    somebody_waits(session, center, record.model_copy(update={"ticket": "rose-3"}))

    assert names(session, center, "maple 7") == names(session, center, "Maple") == ["Maple 7"]
    assert names(session, center, "Rosa 3") == names(session, center, "555 010 0199") == ["Zuleika Testperson"]


def test_nobody_of_another_site_is_found(session: Session, center: Center, keys: Keys) -> None:
    elsewhere = a_site(session, "Lantern House")
    kiosk = an_enrolled_kiosk(session, elsewhere, keys)
    receive(session, kiosk.id, a_record("Zuleika Testperson"), "0" * 64, NOW)
    erin = a_staff_member(session, "Erin", Role.SUPERVISOR, elsewhere)
    session.commit()

    assert names(session, center, "Zuleika Testperson") == []
    assert len(search(session, erin, "Zuleika Testperson")) == 1


def test_only_who_sees_everybody_searches(session: Session, center: Center) -> None:
    with pytest.raises(NotAllowed):
        search(session, session.get_one(Staff, center.bob), "zuleika")
    with pytest.raises(InvalidRequest):
        names(session, center, "z" * (LONGEST + 1))


def test_nothing_typed_finds_nobody(session: Session, center: Center) -> None:
    came_in(session, center, "Zuleika Testperson")

    for nothing in ("", "   ", "…", "%", "'", "\0", "😀"):
        assert names(session, center, nothing) == []


def test_tokens_tell_nothing_without_the_key(session: Session, center: Center) -> None:
    first = somebody_waits(session, center, a_record("Zuleika Testperson"))

    tokens = session.scalars(select(NameToken.token).where(NameToken.sequence == sequence_of(session, first))).all()
    assert len(tokens) == len(set(tokens)) == 10  # 2 words, 2 sounds, 2 beginnings, 1 pair of each, 2 of the ticket


def test_intakes_of_an_earlier_release_are_found_once_the_service_has_started(session: Session, center: Center) -> None:
    came_in(session, center, "Zuleika Testperson")
    session.execute(delete(NameToken))
    assert names(session, center, "zuleika") == []

    for _ in range(2):
        remember_earlier(session)

    assert names(session, center, "zuleika") == names(session, center, "maple 7") == ["Zuleika Testperson"]


def test_words_are_small_letters_without_accents() -> None:
    assert words_of("  Ana-Lú D'Águila, Straße ") == ("ana", "lu", "daguila", "strasse")
    assert words_of("😀 !!") == ()


def test_every_single_mistake_is_made() -> None:
    made = set(mistyped("rosa"))

    assert {"rsa", "rossa", "rsoa", "roza", "arosa"} <= made
    assert "rosa" not in made
    assert not set(mistyped("ana"))


def sequence_of(session: Session, intake_id: UUID) -> int:
    return session.scalars(select(Intake.sequence).where(Intake.id == intake_id)).one()
