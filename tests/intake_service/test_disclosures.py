"""What goes out of a participant's record is listed: when, by whom, to whom, what and for what; with the notice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import disclosures
from intake_service.assignments import assign
from intake_service.audit import Act
from intake_service.audit_tables import AuditEntry
from intake_service.disclosures import NOTICE, TELE_RECOVERY, DisclosureKind, Told
from intake_service.errors import InvalidRequest, NotFound
from intake_service.records_tables import Disclosure
from intake_service.tables import Intake, Staff
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.desks import Desk, at_the_desk, sit_down
from tests.intake_service.live import Service
from tests.intake_service.people import a_record
from tests.support.chromium import running_chromium

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DOCTOR = Told("Dr. Sample, Example Clinic", "that they came twice", "a referral that they asked for")


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    """Bob's participant."""
    intake_id = somebody_waits(session, center, a_record("Zuleika Testperson"))
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    assign(session, participant_id, center.bob, session.get_one(Staff, center.alice), NOW)
    session.commit()
    return participant_id


@pytest.fixture
def alice(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "alice") as desk:
        yield desk


def intake_of(session: Session, participant_id: UUID) -> UUID:
    found = session.scalars(select(Intake.id).where(Intake.participant_id == participant_id)).one()
    session.commit()
    return found


def rows(session: Session) -> list[Disclosure]:
    with Session(session.get_bind()) as reading:
        return list(reading.scalars(select(Disclosure).order_by(Disclosure.id)))


def test_the_same_within_a_day_is_counted_and_the_next_day_is_a_line_of_its_own(
    session: Session, center: Center, zuleika: UUID
) -> None:
    bob = session.get_one(Staff, center.bob)
    for after in (timedelta(0), timedelta(hours=1), timedelta(hours=25)):
        disclosures.count(session, [zuleika], DisclosureKind.CONTACT_PERMISSION, TELE_RECOVERY, bob, NOW + after)

    latest, first = disclosures.accounting(session, bob, zuleika, NOW)
    assert (first.times, first.at, first.last_at) == (2, NOW, NOW + timedelta(hours=1))
    assert (latest.times, latest.at) == (1, NOW + timedelta(hours=25))


def test_what_staff_told_otherwise_is_listed_once_however_often_it_is_sent(
    session: Session, center: Center, zuleika: UUID
) -> None:
    bob = session.get_one(Staff, center.bob)
    for _ in range(2):
        disclosures.write_down(session, zuleika, DOCTOR, bob, NOW, seen=2)

    (listed,) = disclosures.accounting(session, bob, zuleika, NOW)
    assert (listed.to_whom, listed.what, listed.purpose) == (DOCTOR.to_whom, DOCTOR.what, DOCTOR.purpose)
    assert listed.staff is bob


@pytest.mark.parametrize(
    "told", [Told(" ", "x", "x"), Told("x", "", "x"), Told("x", "x", ""), Told("x" * 201, "x", "x")]
)
def test_a_line_without_its_words_is_refused(session: Session, center: Center, zuleika: UUID, told: Told) -> None:
    with pytest.raises(InvalidRequest):
        disclosures.write_down(session, zuleika, told, session.get_one(Staff, center.bob), NOW)


def test_who_does_not_see_the_participant_sees_no_accounting(session: Session, center: Center, zuleika: UUID) -> None:
    with pytest.raises(NotFound):
        disclosures.accounting(session, session.get_one(Staff, center.charlie), zuleika, NOW)


def test_the_words_are_stored_encrypted(session: Session, center: Center, zuleika: UUID) -> None:
    disclosures.write_down(session, zuleika, DOCTOR, session.get_one(Staff, center.bob), NOW)

    stored = session.connection().exec_driver_sql("SELECT to_whom, what, purpose FROM disclosure").one()
    assert all(b"Sample" not in bytes(each) and b"twice" not in bytes(each) for each in stored)


def test_every_answer_to_a_tele_recovery_system_is_listed_and_carries_the_notice(
    alice: Desk, session: Session, zuleika: UUID
) -> None:
    answers = [
        alice.client.get(path).json()
        for path in (f"/api/v1/participants/{zuleika}/contact-permission", "/api/v1/contact-permission-moves")
    ]

    assert [answer["notice"] for answer in answers] == [NOTICE, NOTICE]
    (listed,) = rows(session)
    assert (listed.kind, listed.times, listed.participant_id) == ("contact permission", 2, zuleika)


def test_the_page_lists_them_and_takes_what_was_told_otherwise(alice: Desk, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}/disclosures"
    assert "Nothing of this record has gone out" in alice.read(page)
    alice.client.get(f"/api/v1/participants/{zuleika}/contact-permission")

    done = alice.send(page, page, to_whom=DOCTOR.to_whom, what=DOCTOR.what, purpose=DOCTOR.purpose)

    assert "Listed." in done.text
    for words in ("Contact permission", "tele-recovery", "by Alice", DOCTOR.to_whom, DOCTOR.purpose, NOTICE):
        assert words in done.text


def test_what_was_refused_keeps_its_words(alice: Desk, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}/disclosures"

    refused = alice.send(page, page, to_whom=DOCTOR.to_whom, what="", purpose="")

    assert refused.status_code == 422
    assert DOCTOR.to_whom in refused.text


@pytest.mark.timeout(180)
def test_a_sheet_is_listed_whichever_way_it_is_printed(
    playwright: Playwright, service: Service, session: Session, center: Center, zuleika: UUID
) -> None:
    intake_id = intake_of(session, zuleika)
    with running_chromium(playwright) as page:
        sit_down(page, service, "alice")
        page.goto(f"{service.url}/intakes/{intake_id}")
        with page.expect_response(lambda answer: answer.url.endswith("/handoff-sheet")) as answer:
            page.pdf()
        assert answer.value.status == 204

    (listed,) = rows(session)
    assert (listed.kind, listed.staff_id) == ("handoff sheet on paper", center.alice)
    with Session(session.get_bind()) as reading:
        assert reading.scalars(select(AuditEntry.action).where(AuditEntry.action == Act.HANDOFF_SHEET)).all()


def test_every_page_that_is_printed_carries_the_notice(alice: Desk, session: Session, zuleika: UUID) -> None:
    for path in (f"/participants/{zuleika}", "/queue", f"/intakes/{intake_of(session, zuleika)}"):
        assert alice.read(path).count(NOTICE) == 1, path
