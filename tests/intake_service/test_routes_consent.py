"""Consent on the console: what the participant's page and the sheet say, and the forms that write it down."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Intake
from shared_schema.intake import Answer
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.desks import Desk, at_the_desk
from tests.intake_service.live import Service
from tests.intake_service.people import a_record


@pytest.fixture
def intake_id(session: Session, center: Center) -> UUID:
    now = datetime.now(UTC)
    record = a_record("Zuleika Testperson", language="es", consent=Answer.of("agree"))
    return somebody_waits(session, center, record.model_copy(update={"finished_at": now, "started_at": now}))


@pytest.fixture
def page(session: Session, intake_id: UUID) -> str:
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()
    return f"/participants/{participant_id}"


@pytest.fixture
def alice(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "alice") as desk:
        yield desk


@pytest.fixture
def dana(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "dana") as desk:
        yield desk


def test_the_page_shows_what_was_asked_and_said_in_their_language(alice: Desk, page: str) -> None:
    shown = alice.read(page)

    assert "Agrees to the use of the answers" in shown
    assert "until they take it back" in shown
    assert '<blockquote lang="es"' in shown
    assert "version 1" in shown


def test_taking_it_back_marks_page_and_sheet(alice: Desk, page: str, intake_id: UUID) -> None:
    done = alice.send(f"{page}/consent/revocation", page, how="in person", reason="Changed their mind")

    assert "Nobody may contact them from now on" in done.text
    assert "Consent taken back" in done.text
    sheet = alice.read(f"/intakes/{intake_id}")
    assert "Consent taken back" in sheet
    assert "Nobody may message, call or video-call them" in sheet


def test_agreeing_anew_until_a_day_shows_that_day(alice: Desk, page: str) -> None:
    day = datetime.now(UTC).date() + timedelta(days=40)
    alice.send(f"{page}/consent/revocation", page, how="by phone")

    done = alice.send(f"{page}/consent", page, how="on paper", language="es", until=day.isoformat())

    assert f"until they take it back or {day:%d %B %Y}" in " ".join(done.text.split())


def test_a_form_that_is_refused_keeps_what_was_typed(alice: Desk, page: str) -> None:
    alice.send(f"{page}/consent/revocation", page, how="by phone")

    refused = alice.send(f"{page}/consent", page, how="on paper", language="es", until="2001-01-01")

    assert refused.status_code == 422
    assert 'value="2001-01-01"' in refused.text


def test_a_consent_runs_out_by_the_sites_setting(dana: Desk, center: Center, page: str, session: Session) -> None:
    settings = f"/sites/{center.site.id}/records"

    assert "Saved." in dana.send(settings, settings, consent="1").text
    intake = session.scalars(select(Intake)).one()
    intake.finished_at = intake.received_at = intake.received_at - timedelta(days=40)
    session.commit()

    assert "Consent has run out" in dana.read(page)


def test_months_that_are_none_are_refused_with_what_to_do(dana: Desk, center: Center) -> None:
    settings = f"/sites/{center.site.id}/records"

    refused = dana.send(settings, settings, consent="-3")

    assert refused.status_code == 422
    assert "whole number from 1 to 240" in refused.text
