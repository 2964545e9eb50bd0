"""What is done with a started image: paired, touched, given an intake, and what came of it at the service."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from kiosk_client.panel import assumed_pixels_per_mm
from notifications.db import connect
from notifications.encrypted import stored_keys, unlock
from tests.image.machine import HEIGHT, HOST, WIDTH, Machine, difference
from tests.kiosk.window import KioskWindow, running_kiosk
from tests.notifications.devices import Device
from tests.support.misbehaving import MisbehavingServer
from tests.support.service import Service
from tests.support.xvfb import picture_of_screen, virtual_screen

FIRST_SCREEN = 1500.0  # seconds; about 100 on a quiet machine, ten times that on a busy one
ANSWERS = 120.0
SITE = "Harbor House"
DATABASE = "handoff.db"
PASSWORD = "made up for tests"
DENSITY = assumed_pixels_per_mm(WIDTH, HEIGHT)
"""Of both screens, so that everything is at the same place on them."""

_SAME = 0.01  # of the screen
_EDGES = 60  # of 255
_UNIT = f"""[Service]
TimeoutStartSec=30min
WatchdogSec=10min
Environment=WARM_HANDOFF_KIOSK_ALLOW_HTTP=1 WARM_HANDOFF_KIOSK_DENSITY={DENSITY}
"""
INTAKE = (
    "begin:en",
    "next",
    "choose:none",
    "next",
    "choose:first-time",
    *("type:Z", "type:o", "type:e"),
    "next",
    "choose:housing",
    "next",
    "choose:ongoing",
    "choose:my-language",
    "next",
    "choose:here-only",
    "choose:quiet",
    "next",
    "choose:yes",
    "choose:agree",
    "page",
    "send",
)

TRIAL = {"systemd.unit-dropin.kiosk.service~trial": _UNIT}
"""Credentials for `machine.running`: the emulator is slow, and its service has no certificate."""


def turn_alerts_on(service: Service, push_service: MisbehavingServer) -> Device:
    """On a phone of Bob's, who is the only one of the staff."""
    phone = Device()
    engine = connect(service.database_url)
    keys = stored_keys(service.folder / "keys")
    assert keys is not None
    unlock(engine, keys)
    with Session(engine) as session:
        phone.subscribe(session, 1, f"{push_service.url}/bob", datetime.now(UTC))
        session.commit()
    engine.dispose()
    return phone


@contextmanager
def a_twin(folder: Path) -> Iterator[KioskWindow]:
    """A kiosk of the same size beside it, of which we know where everything is."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WARM_HANDOFF_KIOSK_DENSITY", str(DENSITY))
        with virtual_screen(WIDTH, HEIGHT) as display, running_kiosk(display, folder) as twin:
            yield twin


def pair(machine: Machine, twin: KioskWindow, service: Service) -> None:
    """Both with the same service. What the kiosk in the image must touch is where its twin shows it."""
    twin.wait_for("setup")
    code, own = (
        service.command("kiosks", "add", "--site", SITE, "--name", name).strip() for name in ("By the door", "Its twin")
    )
    address = f"http://{HOST}:{service.port}"
    touch(machine, twin, *(f"type:{letter}" for letter in address))
    touch(machine, twin, "field:code", *(f"type:{letter}" for letter in code.lower()))
    machine.look("setup-typed")
    twin.tap("field:address", *(f"type:{letter}" for letter in service.url.removeprefix("http://")))
    twin.tap("field:code", *(f"type:{letter}" for letter in own.lower()))
    machine.touch(*twin.touches["pair"])
    twin.tap("pair")
    twin.wait_for("welcome")
    wait_until(lambda: is_like(machine, twin))


def touch(machine: Machine, twin: KioskWindow, *names: str) -> None:
    """One after another, each once the one before is on the screen."""
    for name in names:
        before = machine.look()
        machine.touch(*twin.touches[name])
        machine.wait_for_picture(ANSWERS, unlike=before)


def do_an_intake(machine: Machine, twin: KioskWindow) -> None:
    """On both, side by side: each screen of the image's is that of its twin."""
    for number, name in enumerate(INTAKE):
        machine.look(f"intake-{number:02}-{twin.view}")
        touch(machine, twin, name)
        twin.tap(name)
        if twin.view != "ticket":  # another word is on each
            wait_until(lambda: is_like(machine, twin))
    twin.wait_for("ticket")
    machine.look("ticket")


def is_like(machine: Machine, twin: KioskWindow) -> bool:
    """Whether both show the same, but for how the edges of letters are drawn."""
    path = machine.folder / "twin.png"
    picture_of_screen(twin.display, path)
    with Image.open(path) as other:
        return difference(machine.look(), other.convert("RGB"), beyond=_EDGES) < _SAME


def wait_for_intakes_of(service: Service, kiosks: int) -> None:
    wait_until(lambda: count_kiosks_with_intakes(service) == kiosks)


def wait_until(true: Callable[[], bool], within: float = ANSWERS) -> None:
    deadline = time.monotonic() + within
    while not (is_true := true()) and time.monotonic() < deadline:
        time.sleep(1)
    assert is_true


def count_intakes(service: Service) -> int:
    return _counted(service, "*")


def count_kiosks_with_intakes(service: Service) -> int:
    return _counted(service, "DISTINCT kiosk_id")


def _counted(service: Service, what: str) -> int:
    with closing(sqlite3.connect(service.folder / DATABASE, timeout=60)) as database:
        (count,) = database.execute(f"SELECT count({what}) FROM intake").fetchone()
    return int(count)
