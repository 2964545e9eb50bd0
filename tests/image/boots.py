"""What only the built image can show. Run by `make image-test`, as root, after `make image`; by name only.

Emulated by software this takes half an hour, and pictures of everything are left under build/pictures/image.
"""

import json
import time
from pathlib import Path

import pytest

from tests.image.handoff import (
    FIRST_SCREEN,
    TRIAL,
    a_twin,
    do_an_intake,
    pair,
    turn_alerts_on,
    wait_for_intakes_of,
    wait_until,
)
from tests.image.inside import looking_inside, wait_for_facts
from tests.image.machine import HOST, difference, is_drawn, new_disk, partition, running
from tests.support.misbehaving import MisbehavingServer
from tests.support.service import Service

pytestmark = pytest.mark.timeout(3600)

A_LETTER = 0.01  # of the screen
LOCKED = {
    "restarts": 0,
    "uid": 900,
    "rights": 0,
    "no new rights": True,
    "filtered calls": True,
    "lockdown": "none [integrity] confidentiality",
    "signed modules only": "Y",
    "sysrq": "0",
    "root": "erofs ro",
    "writable": ["/efi"],  # where root puts the boot loader's files of another version
    "other units": [],
    "usb storage": [],
    "listening": [],
    "set-uid": [],
    "passwords": [],
    "reaches elsewhere": [],
    "failed units": "",
}
"""What a paired kiosk says of itself, look_inside.py."""


def test_an_untouched_image_starts_into_the_setup(folder: Path) -> None:
    with running(folder, new_disk(folder)) as machine:
        screen = machine.wait_for_picture(FIRST_SCREEN)
        machine.look("first-boot")

        for keys in (("ctrl", "alt", "f2"), ("ctrl", "alt", "delete"), ("alt", "sysrq", "b"), ("alt", "f3")):
            machine.press(*keys)
            time.sleep(5)

        assert difference(machine.look(), screen) < A_LETTER  # of SysRq and B the setup takes the B
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
    folder: Path, service: Service, push_service: MisbehavingServer
) -> None:
    disk = new_disk(folder)
    phone = turn_alerts_on(service, push_service)
    with running(folder, disk, credentials=TRIAL) as machine, a_twin(folder) as twin:
        machine.wait_for_picture(FIRST_SCREEN)
        pair(machine, twin, service)
        do_an_intake(machine, twin)
        wait_for_intakes_of(service, 2)
        wait_until(lambda: bool(push_service.asked))
        assert phone.read(push_service.asked[0].body)["title"] == "Somebody is waiting"

    elsewhere = f"{HOST}:{push_service.port}"
    with running(folder, disk, credentials=TRIAL | looking_inside(elsewhere)) as machine:  # the plug was pulled
        machine.wait_for_picture(FIRST_SCREEN)
        machine.look("paired-after-the-plug-was-pulled")
        facts = wait_for_facts(machine, FIRST_SCREEN)

    (folder / "inside.json").write_text(json.dumps(facts, indent=1))
    assert {name: facts[name] for name in LOCKED} == LOCKED


def change_byte(disk: Path, at: int) -> None:
    with disk.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))
