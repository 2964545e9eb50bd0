"""What goes wrong around a kiosk, with the real service: nobody notices, nothing is lost, clocks mean nothing."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Participant, UrgentCall
from kiosk_client.enrollment import pair
from kiosk_client.settings import Settings
from notifications.db import connect
from notifications.tables import Alert, AlertKind
from tests.faults.kiosk import eventually, received, running_kiosk
from tests.kiosk.intakes import held
from tests.kiosk.test_spool import disk_that_takes, on_disk
from tests.kiosk.window import running_kiosk as running_window
from tests.support.service import Service, running_service
from tests.support.xvfb import virtual_screen

SITE = "Harbor House"
A_WEEK = 7 * 40  # intakes of a busy center

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, database_url, worker_inside=False) as service:
        service.command("sites", "add", SITE)
        yield service


@pytest.fixture
def code(service: Service) -> str:
    return service.command("kiosks", "add", "--site", SITE).strip()


def calls(service: Service) -> list[UrgentCall]:
    engine = connect(service.database_url)
    with Session(engine, expire_on_commit=False) as session:
        found = list(session.scalars(select(UrgentCall)))
    engine.dispose()
    return found


def alerts_and_waits(service: Service) -> tuple[list[str], list[datetime]]:
    """The kinds of all alerts, and since when participants wait, by the service's own clock."""
    engine = connect(service.database_url)
    with Session(engine) as session:
        found = (
            list(session.scalars(select(Alert.kind).order_by(Alert.id))),
            list(session.scalars(select(Participant.waiting_since))),
        )
    engine.dispose()
    return found


def test_an_urgent_call_is_there_before_the_rest_is_answered_and_stays_one_case(
    service: Service, tmp_path: Path, code: str
) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        eventually(lambda: kiosk.sender.contact.reachable, "a first contact")
        assert kiosk.tap("begin:en", "next", "choose:self-harm", "next") == "urgent-now"
        eventually(lambda: len(calls(service)) == 1, "the call")
        (call,) = calls(service)
        assert received(service.database_url) == []
        assert alerts_and_waits(service)[0] == [AlertKind.URGENT]

        kiosk.tap("keep-going", "choose:yes", "take-word", *["skip"] * 7)
        assert kiosk.tap("send") == "ticket"
        eventually(lambda: kiosk.spool.counts().held == 0, "the intake")

    assert received(service.database_url) == [call.intake_id]
    assert alerts_and_waits(service) == ([AlertKind.URGENT], [call.received_at])
    assert calls(service)[0].ended_at is not None


def test_while_offline_an_urgent_call_leads_to_the_desk_until_somebody_hears_it(
    service: Service, tmp_path: Path, code: str
) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        service.kill()
        kiosk.sender.wake()
        eventually(lambda: bool(kiosk.sender.contact.trouble), "a failed try")

        assert kiosk.tap("begin:en", "next", "choose:unsafe", "next") == "urgent-desk"

        service.start()
        eventually(lambda: kiosk.screen() == "urgent-now", "somebody who comes")
        assert len(calls(service)) == 1
        assert kiosk.tap("urgent-now") == "ticket"
        eventually(lambda: kiosk.spool.counts().held == 0, "the intake")
    assert alerts_and_waits(service)[0] == [AlertKind.URGENT]


def test_a_week_without_the_service_drains_in_order(service: Service, tmp_path: Path, code: str) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        service.stop()
        records = held(kiosk.spool, kiosk.session.config.service_key, A_WEEK)
        assert kiosk.somebody_asks_for_a_person() == "ticket"
        assert kiosk.spool.counts().held == A_WEEK + 1
        assert len(on_disk(tmp_path / "kiosk" / "spool.sqlite3")) < 8 * 1024 * 1024

        service.start()
        eventually(lambda: kiosk.spool.counts().held == 0, "the backlog", within=400)

    assert received(service.database_url)[:-1] == [record.id for record in records]


@pytest.mark.parametrize(
    ("begun", "finished"),
    [
        (datetime(1970, 1, 1, 0, 10, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (datetime(2026, 11, 23, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)),
        (datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, 0, 2, tzinfo=UTC)),
    ],
)
def test_a_clock_that_is_years_off_or_jumps_changes_nothing_for_anybody(
    service: Service, tmp_path: Path, code: str, begun: datetime, finished: datetime
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        kiosk.now = begun
        kiosk.tap("begin:en", "next", "choose:medical", "next", "keep-going")
        kiosk.now = finished
        assert kiosk.tap("talk", "confirm") == "ticket"
        eventually(lambda: kiosk.spool.counts().held == 0, "the intake")

    assert len(received(service.database_url)) == 1
    (waits_since,) = alerts_and_waits(service)[1]
    assert before <= waits_since <= datetime.now(UTC)


def test_a_full_disk_is_said_kindly_and_leaves_nothing_half_written(
    service: Service, tmp_path: Path, code: str
) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        with disk_that_takes(1024):
            assert kiosk.somebody_asks_for_a_person() == "not saved"
        assert kiosk.spool.counts().held == 0
        assert kiosk.somebody_asks_for_a_person() == "ticket"
        eventually(lambda: kiosk.spool.counts().held == 0, "the intake")

    assert len(received(service.database_url)) == 1


def test_a_revoked_kiosk_keeps_what_it_takes_and_hands_it_in_when_it_is_paired_again(
    service: Service, tmp_path: Path, code: str
) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, code) as kiosk:
        eventually(lambda: kiosk.sender.contact.reachable, "a first contact")
        service.command("kiosks", "revoke", service.command("kiosks", "list").split("\t")[0])

        assert kiosk.somebody_asks_for_a_person() == "ticket"
        eventually(lambda: kiosk.sender.contact.unknown, "a refusal")
        assert kiosk.spool.counts().held == 1

        new_code = service.command("kiosks", "add", "--site", SITE).strip()
        pair(Settings(tmp_path / "kiosk"), service.url, new_code)
        eventually(lambda: kiosk.spool.counts().held == 0, "what was held")
    assert len(received(service.database_url)) == 1


def test_a_power_cut_at_the_ticket_loses_nothing(service: Service, tmp_path: Path, code: str) -> None:
    pair(Settings(tmp_path / "state"), service.url, code)
    service.kill()
    with virtual_screen(1280, 800) as display:
        with running_window(display, tmp_path) as window:
            window.wait_for("welcome")
            time.sleep(1)  # on a busy machine the window is there a little later than what it draws
            window.tap("talk-from-welcome:en", "confirm")
            window.wait_for("ticket")
            window.process.kill()
        service.start()
        with running_window(display, tmp_path) as window:
            window.wait_for("welcome")
            eventually(lambda: len(received(service.database_url)) == 1, "the intake")
