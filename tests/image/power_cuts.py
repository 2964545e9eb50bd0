"""The plug is pulled fifty times at random moments: it always comes back, and no sealed intake is missing.

Run by `make image-cuts`, as root, after `make image`; by name only. Emulated by software it takes an hour.
"""

import os
import random
import time
from pathlib import Path

import pytest

from kiosk_client.panel import assumed_pixels_per_mm
from tests.image.boots import (
    ANSWERS,
    FIRST_SCREEN,
    INTAKE,
    TRIAL,
    a_twin,
    count_intakes,
    folder,
    pair,
    push_service,
    service,
    wait_until,
)
from tests.image.machine import HEIGHT, WIDTH, Machine, new_disk, running
from tests.support.service import Service

__all__ = ["folder", "push_service", "service"]

pytestmark = pytest.mark.timeout(4 * 3600)

CUTS = int(os.environ.get("KIOSK_CUTS", "50"))
SEED = 7
BEYOND = 90.0  # seconds after the first screen in which an intake is given


class PlugPulled(Exception):
    """In the middle of something."""


def test_it_always_comes_back_and_no_sealed_intake_is_missing(
    folder: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    density = assumed_pixels_per_mm(WIDTH, HEIGHT)
    credentials = {"systemd.unit-dropin.kiosk.service~trial": TRIAL.format(density=density)}
    monkeypatch.setenv("WARM_HANDOFF_KIOSK_DENSITY", str(density))
    disk = new_disk(folder)
    with running(folder, disk, credentials=credentials) as machine, a_twin(folder) as twin:
        started = time.monotonic()
        machine.wait_for_picture(FIRST_SCREEN)
        takes = time.monotonic() - started
        pair(machine, twin, service)
        places = []
        for name in INTAKE:
            places.append(twin.touches[name])
            twin.tap(name)

    chance = random.Random(SEED)  # noqa: S311  the same moments in every run
    tickets = 0
    for number in range(CUTS):
        cut = chance.uniform(0, takes + BEYOND)
        with running(folder, disk, credentials=credentials) as machine:
            machine.ask("set_link", name="net", up=False)  # what is sealed stays here until the end
            tickets += intakes_until(machine, time.monotonic() + cut, places)
        print_line(folder, f"cut {number + 1} after {cut:.0f} s, {tickets} tickets in all")

    with running(folder, disk, credentials=credentials) as machine:
        machine.wait_for_picture(FIRST_SCREEN)
        wait_until(lambda: count_intakes(service) >= tickets + 1, ANSWERS * 5)
        machine.look("after-the-last-cut")
    assert tickets > 0
    assert count_intakes(service) <= tickets + 1 + CUTS  # one that was cut after it was sealed may be there without its ticket


def intakes_until(machine: Machine, moment: float, places: list[tuple[float, float]]) -> int:
    """Give one intake after another until this moment. How many tickets were seen."""
    seen = 0
    try:
        screen = machine.wait_for_picture(left(moment))
        while True:
            first = screen
            for place in places:
                machine.touch(*place)
                screen = machine.wait_for_picture(left(moment), unlike=screen)
            seen += 1  # the last touch was answered: that is the ticket
            screen = machine.wait_for_picture(left(moment), unlike=screen, by=0.02)
            if screen.tobytes() != first.tobytes():
                raise PlugPulled  # not the first screen again: whatever it is, no more is learnt here
    except (AssertionError, PlugPulled):
        assert machine.process.poll() is None
        return seen
