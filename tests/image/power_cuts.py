"""The plug is pulled fifty times at random moments: it always comes back, and no sealed intake is missing.

Run by `make image-cuts`, as root, after `make image`; by name only. Emulated by software it takes an hour and more.
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.image.handoff import ANSWERS, FIRST_SCREEN, INTAKE, TRIAL, a_twin, count_intakes, pair, wait_until
from tests.image.machine import Machine, NoPicture, new_disk, running
from tests.support.service import Service

pytestmark = pytest.mark.timeout(6 * 3600)

CUTS = int(os.environ.get("KIOSK_CUTS", "50"))
BEYOND = 60.0  # seconds after the first screen, in which an intake is given
SEED = 7


def test_it_always_comes_back_and_no_sealed_intake_is_missing(folder: Path, service: Service) -> None:
    disk = new_disk(folder)
    with running(folder, disk, credentials=TRIAL) as machine, a_twin(folder) as twin:
        began = time.monotonic()
        machine.wait_for_picture(FIRST_SCREEN)
        start = time.monotonic() - began
        pair(machine, twin, service)
        places = []
        for name in INTAKE:
            places.append(twin.touches[name])
            twin.tap(name)
        wait_until(lambda: count_intakes(service) == 1)  # the twin's

    chance = random.Random(SEED)
    tickets = came_back = 0
    for number in range(CUTS):
        lives = chance.uniform(0, start + BEYOND)
        with running(folder, disk, credentials=TRIAL) as machine:
            machine.ask("set_link", name="net", up=False)  # what is sealed stays on the disk until the end
            screens = give_an_intake(machine, time.monotonic() + lives, places)
        came_back += screens > 0
        tickets += screens > len(places)
        with (folder / "cuts.log").open("a") as log:
            log.write(f"{number + 1}: cut after {lives:.0f} s and {screens} screens; {tickets} tickets\n")

    with running(folder, disk, credentials=TRIAL) as machine:
        machine.wait_for_picture(FIRST_SCREEN)
        wait_until(lambda: count_intakes(service) > tickets, 5 * ANSWERS)
        machine.look("after-the-last-cut")
    assert came_back >= tickets > 0


def give_an_intake(machine: Machine, moment: float, places: list[tuple[float, float]]) -> int:
    """Until this moment. How many screens came, the first one among them and the ticket the last."""
    screens = 0
    try:
        screen = machine.wait_for_picture(moment - time.monotonic())
        screens += 1
        for place in places:
            machine.touch(*place)
            screen = machine.wait_for_picture(moment - time.monotonic(), unlike=screen)
            screens += 1
    except NoPicture:
        assert machine.process.poll() is None
    time.sleep(max(0.0, moment - time.monotonic()))
    return screens
