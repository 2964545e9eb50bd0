"""What only the built image can show. Run by `make image-test`, as root, after `make image`; by name only.

Emulated by software this takes half an hour, and pictures of everything are left under build/pictures/image.
"""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from kiosk_client.panel import assumed_pixels_per_mm
from notifications.db import connect
from notifications.encrypted import stored_keys, unlock
from tests.image.inside import looking_inside, wait_for_facts
from tests.image.machine import HEIGHT, HOST, ROOT, WIDTH, Machine, is_drawn, new_disk, partition, running
from tests.kiosk.window import KioskWindow, running_kiosk
from tests.notifications.devices import Device
from tests.support.misbehaving import MisbehavingServer, answers, misbehaving_server
from tests.support.service import Service, running_service
from tests.support.xvfb import virtual_screen

pytestmark = pytest.mark.timeout(3600)

FIRST_SCREEN = 1500.0  # seconds; about 100 on a quiet machine, ten times that on a busy one
ANSWERS = 120.0
SITE = "Harbor House"
PASSWORD = "made up for tests"
DATABASE = "handoff.db"
MOST_MEMORY = 350  # MB in use at the first screen
LOCKED = {
    "restarts": 0,
    "uid": 900,
    "rights": 0,
    "no new rights": True,
    "filtered calls": True,
    "lockdown": "none [integrity] confidentiality",
    "signed modules only": "Y",
    "sysrq": "0",
    "root": ["erofs", "ro"],
    "writable": [],
    "other units": [],
    "usb storage": [],
    "listening": [],
    "set-uid": [],
    "passwords": [],
    "reaches elsewhere": [],
    "failed units": "",
}
"""What a paired kiosk says of itself, look_inside.py."""

TRIAL = """[Service]
TimeoutStartSec=30min
WatchdogSec=10min
Environment=WARM_HANDOFF_KIOSK_ALLOW_HTTP=1 WARM_HANDOFF_KIOSK_DENSITY={density}
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


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Under build, which the tools see; a disk is kept only as long as it is needed."""
    folder = ROOT / "build" / "image-test" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    (folder / "disk.raw").unlink(missing_ok=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Bob is a designated peer specialist."""
    with running_service(tmp_path, f"sqlite:///{tmp_path / DATABASE}") as service:
        service.command("sites", "add", SITE)
        service.command("staff", "rules", "--second-factor", "nobody")
        arguments = ("--name", "Bob", "--role", "peer specialist", "--site", SITE, "--password-stdin")
        service.command("staff", "add", "bob", *arguments, typed=PASSWORD)
        service.command("staff", "designate", "bob", "--site", SITE)
        yield service


@pytest.fixture
def push_service() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(201)) as server:
        yield server


def test_an_untouched_image_starts_into_the_setup(folder: Path) -> None:
    with running(folder, new_disk(folder)) as machine:
        screen = machine.wait_for_picture(FIRST_SCREEN)
        machine.look("first-boot")

        for keys in (("ctrl", "alt", "f2"), ("ctrl", "alt", "delete"), ("alt", "sysrq", "b"), ("alt", "f3")):
            machine.press(*keys)
            time.sleep(5)

        assert machine.look().tobytes() == screen.tobytes()
        assert machine.resets == 0


@pytest.mark.parametrize(("name", "at"), [("root", 0), ("root-verity", 4096)])
def test_one_changed_byte_keeps_the_image_from_starting(folder: Path, name: str, at: int) -> None:
    """The root's byte is one that its file system never looks at; that of the proof is in the topmost hash."""
    disk = new_disk(folder)
    change_byte(disk, partition(disk, name) + at)

    with running(folder, disk) as machine:
        screens = machine.watch_until_reset(FIRST_SCREEN)

        assert machine.resets > 0
        assert not any(is_drawn(screen) for screen in screens)


def test_a_kiosk_is_paired_touched_and_its_intake_reaches_a_phone(
    folder: Path, service: Service, push_service: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    density = assumed_pixels_per_mm(WIDTH, HEIGHT)
    credentials = {"systemd.unit-dropin.kiosk.service~trial": TRIAL.format(density=density)}
    disk = new_disk(folder)
    phone = turn_alerts_on(service, push_service)
    monkeypatch.setenv("WARM_HANDOFF_KIOSK_DENSITY", str(density))
    with running(folder, disk, credentials=credentials) as machine, a_twin(folder) as twin:
        machine.wait_for_picture(FIRST_SCREEN)
        pair(machine, twin, service)
        do_an_intake(machine, twin)
        wait_for_intakes_of(service, 2)
        wait_until(lambda: bool(push_service.asked))
        assert phone.read(push_service.asked[0].body)["title"] == "Somebody is waiting"

    elsewhere = f"{HOST}:{push_service.port}"
    with running(folder, disk, credentials=credentials | looking_inside(elsewhere)) as machine:  # the plug was pulled
        machine.wait_for_picture(FIRST_SCREEN)
        machine.look("paired-after-the-plug-was-pulled")
        facts = wait_for_facts(machine, FIRST_SCREEN)

    (folder / "inside.json").write_text(json.dumps(facts, indent=1))
    assert facts.pop("memory in use, MB") <= MOST_MEMORY
    assert facts.pop("start")
    assert facts == LOCKED


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
    with virtual_screen(WIDTH, HEIGHT) as display, running_kiosk(display, folder) as twin:
        yield twin


def pair(machine: Machine, twin: KioskWindow, service: Service) -> None:
    """Both with the same service. What the kiosk in the image must touch is where its twin shows it."""
    twin.wait_for("setup")
    code, own = (service.command("kiosks", "add", "--site", SITE).strip() for _ in range(2))
    address = f"http://{HOST}:{service.port}"
    touch(machine, twin, *(f"type:{letter}" for letter in address))
    touch(machine, twin, "field:code", *(f"type:{letter}" for letter in code.lower()))
    typed = machine.look("setup-typed")
    twin.tap("field:address", *(f"type:{letter}" for letter in service.url.removeprefix("http://")))
    twin.tap("field:code", *(f"type:{letter}" for letter in own.lower()))
    machine.touch(*twin.touches["pair"])
    machine.wait_for_picture(ANSWERS, unlike=typed, by=0.15)
    twin.tap("pair")
    twin.wait_for("welcome")


def touch(machine: Machine, twin: KioskWindow, *names: str) -> None:
    """One after another, each once the one before is on the screen."""
    for name in names:
        before = machine.look()
        machine.touch(*twin.touches[name])
        machine.wait_for_picture(ANSWERS, unlike=before)


def do_an_intake(machine: Machine, twin: KioskWindow) -> None:
    for number, name in enumerate(INTAKE):
        machine.look(f"intake-{number:02}-{twin.view}")
        touch(machine, twin, name)
        twin.tap(name)
    twin.wait_for("ticket")
    machine.look("ticket")


def wait_for_intakes_of(service: Service, kiosks: int) -> None:
    wait_until(lambda: count_kiosks_with_intakes(service) == kiosks)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ANSWERS
    while not (is_true := true()) and time.monotonic() < deadline:
        time.sleep(1)
    assert is_true


def count_kiosks_with_intakes(service: Service) -> int:
    with closing(sqlite3.connect(service.folder / DATABASE, timeout=60)) as database:
        (count,) = database.execute("SELECT count(DISTINCT kiosk_id) FROM intake").fetchone()
    return int(count)


def change_byte(disk: Path, at: int) -> None:
    with disk.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))
