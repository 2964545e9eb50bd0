"""Legal holds, erasure in two steps and retention: what administrators do on the console and by the command line."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from intake_service import erasure, participants, records_settings, retention
from intake_service.__main__ import main
from intake_service.erasure import ErasureReason
from intake_service.records_settings import RecordsSettings
from intake_service.settings import Settings
from intake_service.tables import Intake, Participant, Staff, StaffSession
from notifications.db import writing
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.desks import Desk, at_the_desk
from tests.intake_service.live import Service
from tests.intake_service.people import a_received_intake, a_record

LONG_AGO = datetime.now(UTC) - timedelta(days=300)


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    intake_id = somebody_waits(session, center, a_record("Zuleika Testperson"))
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()
    return participant_id


@pytest.fixture
def page(zuleika: UUID) -> str:
    return f"/participants/{zuleika}"


@pytest.fixture
def dana(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "dana") as desk:
        yield desk


def name_of(session: Session, participant_id: UUID) -> str:
    with Session(session.get_bind()) as reading:
        return reading.get_one(Participant, participant_id).name


def discharged(session: Session, center: Center, name: str) -> None:
    received = a_received_intake(session, center.kiosk.id, a_record(name), LONG_AGO)
    intake = session.scalars(select(Intake).where(Intake.id == received.receipt.intake_id)).one()
    participants.discharge(session, intake.participant_id, "left", session.get_one(Staff, center.alice), LONG_AGO)


def test_an_administrator_erases_a_record_in_two_steps(dana: Desk, session: Session, zuleika: UUID, page: str) -> None:
    steps = f"{page}/erasure"
    assert "Step 1 of 2" in dana.read(steps)
    second = dana.send(steps, steps, why="the participant asked for it")
    assert "Nothing is erased yet" in second.text
    assert "Step 2 of 2" in second.text

    unsure = dana.send(f"{steps}/confirmation", steps, sure="yes")
    assert unsure.status_code == 422
    assert name_of(session, zuleika) == "Zuleika Testperson"
    done = dana.send(f"{steps}/confirmation", steps, sure="Erase")

    assert "nobody can bring it back" in done.text
    assert name_of(session, zuleika) == "(erased)"
    assert dana.client.get(page).status_code == 404


def test_it_is_taken_back_between_the_steps(dana: Desk, session: Session, zuleika: UUID, page: str) -> None:
    steps = f"{page}/erasure"
    dana.send(steps, steps, why="it was written down by mistake")

    assert "The record is not erased" in dana.send(f"{steps}/withdrawal", steps).text
    assert "Step 1 of 2" in dana.read(steps)


def test_a_hold_is_seen_stops_it_and_is_lifted(dana: Desk, page: str) -> None:
    dana.send(f"{page}/hold", page, reason="A court wants it kept")

    assert "On legal hold" in dana.read(page)
    assert "A court wants it kept" in dana.read(page)
    assert "Step 1 of 2" not in dana.read(f"{page}/erasure")
    assert "The hold is lifted" in dana.send(f"{page}/hold/lifting", page, reason="The court is done").text
    assert "Step 1 of 2" in dana.read(f"{page}/erasure")


@pytest.mark.parametrize("form", ["erasure", "erasure/confirmation", "hold/lifting"])
def test_each_step_asks_once_more_who_it_is(
    dana: Desk, session: Session, center: Center, zuleika: UUID, page: str, form: str
) -> None:
    erasure.ask(session, zuleika, ErasureReason.MISTAKE, session.get_one(Staff, center.dana), datetime.now(UTC))
    session.commit()
    with Session(writing(session.get_bind().engine)) as own, own.begin():
        own.execute(update(StaffSession).values(proved_at=datetime.now(UTC) - timedelta(hours=1)))

    asked = dana.send(f"{page}/{form}", page, sure="erase", reason="done", why="it was kept long enough")

    assert f'name="next" value="{page}/{form}"' in asked.text
    assert name_of(session, zuleika) == "Zuleika Testperson"


def test_a_supervisor_is_offered_neither(service: Service, page: str) -> None:
    with at_the_desk(service, "alice") as alice:
        shown = alice.read(page)

        assert "Erase this record" not in shown
        assert "legal hold" not in shown
        assert alice.client.get(f"{page}/erasure").status_code == 403


def test_the_page_counts_what_a_run_would_erase(dana: Desk, session: Session, center: Center) -> None:
    discharged(session, center, "Sidonie Specimen")
    session.commit()
    settings = f"/sites/{center.site.id}/records"
    assert "Nothing is erased by itself" in dana.read(settings)

    dana.send(settings, settings, discharged="6")

    assert re.search(r"Discharged participants older than [^<]*</dt><dd>1</dd>", dana.read(settings))


def test_pages_and_own_record_of_whom_the_answers_were_erased_still_open(
    dana: Desk, session: Session, engine: Engine, center: Center
) -> None:
    received = a_received_intake(session, center.kiosk.id, a_record("Sidonie Specimen"), LONG_AGO)
    participant_id = session.scalars(select(Participant.id)).one()
    settings = RecordsSettings(intakes=6)
    records_settings.change(session, center.site, settings, session.get_one(Staff, center.dana), LONG_AGO)
    session.commit()
    retention.run(engine, center.site.id, datetime.now(UTC))

    page = f"/participants/{participant_id}"
    for path in (page, f"/intakes/{received.receipt.intake_id}", f"{page}/disclosures", "/queue"):
        assert "Sidonie Specimen" in dana.read(path), path
    assert "The answers were erased" in dana.send(f"{page}/own-record", page).text


def test_the_command_counts_dry_and_erases_when_it_is_meant(
    session: Session,
    engine: Engine,
    center: Center,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WARM_HANDOFF_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WARM_HANDOFF_KEYS_DIR", str(settings.keys_dir))
    discharged(session, center, "Sidonie Specimen")
    records_settings.change(
        session, center.site, RecordsSettings(discharged=6), session.get_one(Staff, center.dana), LONG_AGO
    )
    session.commit()

    assert main(["retention", "run", "--dry-run"]) == 0
    dry = capsys.readouterr()
    assert ("1\n" in dry.out, "1 would be erased. Nothing was changed." in dry.err) == (True, True)
    assert main(["retention", "run"]) == 0
    assert "1 erased." in capsys.readouterr().err
    assert main(["retention", "run"]) == 0
    assert "0 erased." in capsys.readouterr().err

    with Session(engine) as reading:
        assert reading.scalars(select(Participant.name)).all() == ["(erased)"]
    assert main(["audit", "verify"]) == 0
