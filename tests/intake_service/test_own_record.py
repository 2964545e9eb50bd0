"""A participant's own record: whole, in their words, one file, for supervisors who prove who they are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import concerns, duplicates, own_record
from intake_service.assignments import assign
from intake_service.disclosures import NOTICE
from intake_service.errors import InvalidRequest, NotAllowed, NotFound
from intake_service.own_record import OwnRecord
from intake_service.records_tables import Disclosure
from intake_service.tables import Intake, Staff, StaffSession
from notifications.db import writing
from shared_schema.form import load_form
from shared_schema.intake import RATHER_NOT_SAY, Answer
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.desks import Desk, at_the_desk
from tests.intake_service.live import Service
from tests.intake_service.people import a_record
from tests.support.axe import installed
from tests.support.chromium import running_chromium

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PICTURES = Path("build") / "pictures" / "records"


def somebody(session: Session, center: Center, name: str = "Zuleika Testperson", language: str = "es") -> UUID:
    """Bob's participant, who has said why they came and how to reach them."""
    record = a_record(
        name,
        language=language,
        brings_you=Answer.of("housing"),
        been_here=RATHER_NOT_SAY,
        reach=Answer.of("phone"),
        phone=Answer.of(text="5551234567"),
        consent=Answer.of("agree"),
    )
    intake_id = somebody_waits(session, center, record)
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    assign(session, participant_id, center.bob, session.get_one(Staff, center.alice), NOW)
    session.commit()
    return participant_id


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    return somebody(session, center)


@pytest.fixture
def alice(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "alice") as desk:
        yield desk


def made(session: Session, center: Center, participant_id: UUID, to: str = "the participant") -> OwnRecord:
    return own_record.make(session, participant_id, to, session.get_one(Staff, center.alice), NOW)


def test_it_holds_what_they_said_in_the_words_they_read(session: Session, center: Center, zuleika: UUID) -> None:
    record, spanish = made(session, center, zuleika), load_form().texts["es"]

    (said,) = record.intakes
    assert (spanish.screens["brings-you"].title, spanish.screens["brings-you"].choices["housing"]) in said.lines
    assert (spanish.screens["been-here"].title, spanish.ui["rather_not_say"]) in said.lines
    assert (spanish.screens["phone"].title, "5551234567") in said.lines
    assert (record.participant.name, record.words_language) == ("Zuleika Testperson", "es")
    assert [each.staff.name for each in record.assignments] == ["Bob"]


def test_headings_that_nobody_translated_yet_are_english(session: Session, center: Center) -> None:
    record = made(session, center, somebody(session, center, language="ar"))

    assert (record.words_language, record.form.language) == ("en", "ar")


def test_every_language_has_every_heading() -> None:
    every = own_record.headings()

    assert {"en", "es"} <= set(every)
    assert {frozenset(words) for words in every.values()} == {frozenset(every["en"])}


def test_a_joined_record_is_part_of_it(session: Session, center: Center, zuleika: UUID) -> None:
    alice = session.get_one(Staff, center.alice)
    intake_id = somebody_waits(session, center, a_record("Zuleika T."))
    other = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    duplicates.join(session, duplicates.suspect(session, zuleika, other, alice, NOW), zuleika, alice, NOW)

    assert len(made(session, center, other).intakes) == 2
    assert made(session, center, other).participant.id == zuleika


def test_a_concern_is_not_in_it(session: Session, center: Center, zuleika: UUID) -> None:
    concerns.write(session, UUID(int=1), zuleika, "a fresh bruise", session.get_one(Staff, center.bob), NOW)

    assert "bruise" not in str(own_record.as_json(replace(made(session, center, zuleika), events=[]), []))


def test_each_copy_is_a_line_of_its_own_among_the_disclosures(session: Session, center: Center, zuleika: UUID) -> None:
    made(session, center, zuleika)
    record = made(session, center, zuleika, "their brother, with a power of attorney")

    assert [each.to_whom for each in record.disclosures] == [
        "the participant",
        "their brother, with a power of attorney",
    ]


def test_only_supervisors_and_administrators_make_one(session: Session, center: Center, zuleika: UUID) -> None:
    for staff_id, refusal in ((center.bob, NotAllowed), (center.charlie, NotFound)):
        with pytest.raises(refusal):
            own_record.make(session, zuleika, "them", session.get_one(Staff, staff_id), NOW)
    with pytest.raises(InvalidRequest):
        made(session, center, zuleika, "  ")


def test_the_file_carries_the_notice_and_is_kept_by_no_browser(alice: Desk, zuleika: UUID) -> None:
    answer = alice.send(f"/participants/{zuleika}/own-record", f"/participants/{zuleika}", kind="html")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="own-record-')
    assert "Zuleika" not in answer.headers["content-disposition"]
    assert NOTICE in answer.text
    assert '<html lang="es">' in answer.text


def test_for_a_machine_it_is_json(alice: Desk, zuleika: UUID) -> None:
    answer = alice.send(f"/participants/{zuleika}/own-record", f"/participants/{zuleika}", kind="json").json()

    assert answer["notice"] == NOTICE
    assert answer["participant"]["phone"] == "5551234567"
    assert [each["state"] for each in answer["consents"]] == ["agreed"]
    assert any("assigned Bob" in each["what"] for each in answer["happened"])


def test_who_has_not_proved_lately_who_they_are_is_asked_first(alice: Desk, session: Session, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}"
    alice.read(page)
    with Session(writing(session.get_bind().engine)) as own, own.begin():
        own.execute(update(StaffSession).values(proved_at=datetime.now(UTC) - timedelta(hours=1)))

    asked = alice.send(f"{page}/own-record", page, kind="json")

    assert "content-disposition" not in asked.headers
    assert f'name="next" value="{page}/own-record"' in asked.text
    with Session(session.get_bind()) as reading:
        assert reading.scalars(select(Disclosure)).all() == []


@pytest.mark.timeout(180)
def test_the_file_stands_alone_and_keeps_nobody_out(
    playwright: Playwright, alice: Desk, zuleika: UUID, tmp_path: Path
) -> None:
    answer = alice.send(f"/participants/{zuleika}/own-record", f"/participants/{zuleika}", kind="html")
    file = tmp_path / "own-record.html"
    file.write_text(answer.text, encoding="utf-8")
    asked_for: list[str] = []
    with running_chromium(playwright) as page:
        page.on("request", lambda request: asked_for.append(request.url))
        page.goto(file.as_uri())
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "own-record.png", full_page=True)
        assert installed(Path("build")).faults(page) == []

    assert asked_for == [file.as_uri()]
