"""The kiosk's disk image: how large it is, how long it starts, what it holds in memory. After `make image`, as root.

`python -m bench.image`. In an emulator without KVM, so the seconds tell little; the ratio is to the same kernel, first
stage and proven root starting a shell in the kiosk's place.
"""

import shutil
import time
from pathlib import Path

from bench._table import Row, report
from tests.image.handoff import FIRST_SCREEN, TRIAL
from tests.image.inside import looking_inside, wait_for_facts
from tests.image.machine import HOST, ROOT, Machine, image, new_disk, running

_MOST_MEMORY = 350.0  # MB
_PROMPT = "# "


def main() -> None:
    try:
        built = image()
    except AssertionError as error:
        print(error)
        return
    folder = ROOT / "build" / "image-bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    disk = new_disk(folder)
    with running(folder, disk, credentials=TRIAL) as machine:
        machine.wait_for_picture(FIRST_SCREEN)  # makes its partition, once
    began = time.monotonic()
    with running(folder, disk, credentials=TRIAL | looking_inside(f"{HOST}:9")) as machine:
        machine.wait_for_picture(FIRST_SCREEN)
        screen = time.monotonic() - began
        facts = wait_for_facts(machine, FIRST_SCREEN)
    shell = _until_shell(folder, disk)
    disk.unlink()
    report(
        "image",
        [
            Row("image, as it is written", built.stat().st_size / 1e6, "MB"),
            Row("start to the first screen", screen, "s"),
            Row("start to a shell, same kernel and root", shell, "s"),
            Row("first screen / shell", screen / shell, ""),
            Row("memory in use at the first screen", facts["memory in use, MB"], "MB", _MOST_MEMORY),
        ],
    )


def _until_shell(folder: Path, disk: Path) -> float:
    (folder / "console.log").unlink(missing_ok=True)
    began = time.monotonic()
    with running(folder, disk, credentials={}, arguments=("init=/usr/bin/sh",)) as machine:
        while not _has_prompt(machine) and time.monotonic() - began < FIRST_SCREEN:
            time.sleep(0.2)
        return time.monotonic() - began


def _has_prompt(machine: Machine) -> bool:
    return machine.console.rstrip("\n").endswith(_PROMPT)


if __name__ == "__main__":
    main()
