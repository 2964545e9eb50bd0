"""The staff's corner in the real window of a real kiosk, with a real service."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Site
from kiosk_client.enrollment import Store, pair
from kiosk_client.settings import Settings
from notifications.db import connect
from notifications.tables import Alert, AlertKind
from shared_schema import pin
from tests.faults.kiosk import eventually, received
from tests.kiosk.window import KioskWindow, running_kiosk
from tests.support.service import Service, running_service
from tests.support.xvfb import virtual_screen

PICTURES = Path("build/pictures/staff-corner")
SITE = "Harbor House"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Its site has the PIN 2718, and a kiosk for each test."""
    folder = tmp_path_factory.mktemp("service")
    with running_service(folder, f"sqlite:///{folder / 'test.sqlite3'}", worker_inside=False) as service:
        service.command("sites", "add", SITE)
        engine = connect(service.database_url)
        with Session(engine) as session, session.begin():
            session.scalars(select(Site)).one().kiosk_settings = {"staff_pin": pin.hashed("2718")}
        engine.dispose()
        yield service


@pytest.fixture
def kiosk(service: Service, tmp_path: Path) -> Iterator[KioskWindow]:
    pair(Settings(tmp_path / "state"), service.url, service.command("kiosks", "add", "--site", SITE).strip())
    with virtual_screen(1280, 800) as display, running_kiosk(display, tmp_path) as window:
        yield window


@pytest.mark.pictures
@pytest.mark.timeout(240)
def test_staff_look_how_the_kiosk_is(service: Service, kiosk: KioskWindow, tmp_path: Path) -> None:
    kiosk.wait_for("welcome")
    kiosk.hold_corner()
    kiosk.wait_for("staff-pin")
    kiosk.tap(*(f"type:{digit}" for digit in "2718"))
    kiosk.picture(PICTURES / "pin.png")
    kiosk.tap("next")
    kiosk.wait_for("staff-overview")
    kiosk.tap("staff:test_alert")
    kiosk.picture(PICTURES / "overview.png")
    kiosk.tap("staff:calibrate", "type:2", "type:1", "type:7", "next")
    kiosk.wait_for("staff-overview")
    assert (tmp_path / "state" / "picture-width-mm").read_text() == "217\n"

    kiosk.tap("cancel")
    kiosk.wait_for("welcome")

    engine = connect(service.database_url)
    with Session(engine) as session:
        assert len(session.scalars(select(Alert).where(Alert.kind == AlertKind.TEST)).all()) == 1
    engine.dispose()


@pytest.mark.timeout(240)
def test_staff_start_it_anew(kiosk: KioskWindow) -> None:
    kiosk.wait_for("welcome")
    kiosk.hold_corner()
    kiosk.tap(*(f"type:{digit}" for digit in "2718"), "next")
    kiosk.wait_for("staff-overview")
    command = Path(f"/proc/{kiosk.process.handle.pid}/cmdline")
    assert b"observed_kiosk" in command.read_bytes()

    kiosk.touch("staff:restart")

    deadline = time.monotonic() + 30
    while b"kiosk_client\0--windowed" not in command.read_bytes():  # the same process, anew and unobserved
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert kiosk.process.running


@pytest.mark.timeout(600)
def test_staff_pair_a_revoked_kiosk_again_and_what_it_holds_is_handed_in(
    service: Service, kiosk: KioskWindow, tmp_path: Path
) -> None:
    kiosk.wait_for("welcome")
    stored = Store(tmp_path / "state").load()
    assert stored is not None
    service.command("kiosks", "revoke", str(stored.enrollment.kiosk_id))
    time.sleep(1)
    kiosk.tap("talk-from-welcome:en", "confirm")
    kiosk.wait_for("ticket")
    kiosk.tap("done")
    assert received(service.database_url) == []

    kiosk.hold_corner()
    kiosk.tap(*(f"type:{digit}" for digit in "2718"), "next")
    kiosk.picture(PICTURES / "revoked.png")
    kiosk.tap("staff:pair")
    kiosk.wait_for("setup")
    kiosk.tap(*(f"type:{letter}" for letter in service.command("kiosks", "add", "--site", SITE).strip().lower()))
    kiosk.picture(PICTURES / "pair-again.png")
    kiosk.tap("pair")
    kiosk.wait_for("welcome")

    eventually(lambda: len(received(service.database_url)) == 1, "what was held")
