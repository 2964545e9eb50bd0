"""What is typed at a kiosk that is paired: by name only, as root, after `make image`. Three minutes in the emulator.

In the kiosk's place, with its user and its fence, stands a program that says which keys it hears.
"""

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.image.machine import Machine, new_disk, running

pytestmark = pytest.mark.timeout(3600)

STARTS = 1500.0  # seconds; about 90 on a quiet machine
ANSWERS = 120.0
LISTENER = r"""
import glob, os, selectors, struct
heard, event, waiting = {}, struct.Struct("llHHi"), selectors.DefaultSelector()
pairing = "/var/lib/kiosk/state/enrollment.json"
print("listener: begins", flush=True)
while True:
    for path in set(glob.glob("/dev/input/event*")) - set(heard):
        try:
            heard[path] = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:  # it may not, now
            continue
        waiting.register(heard[path], selectors.EVENT_READ, path)
        with open("/sys/class/input/" + os.path.basename(path) + "/device/name") as name:
            print("listener: reads", name.read().strip(), flush=True)
    for ready, _ in waiting.select(0.5):
        try:
            said = os.read(ready.fd, 64 * event.size)
        except OSError:  # unplugged
            waiting.unregister(ready.fd)
            os.close(heard.pop(ready.data))
            print("listener: lost one", flush=True)
            continue
        for _, _, kind, code, value in event.iter_unpack(said):
            if (kind, value) == (1, 1):
                print("listener: key", code, flush=True)
            if (kind, value, code) == (1, 1, 25):
                os.makedirs(os.path.dirname(pairing), exist_ok=True)
                with open(pairing, "w") as file:
                    file.write("{}")
                print("listener: paired", flush=True)
"""
INSTEAD = """[Service]
Type=exec
WatchdogSec=0
TimeoutStartSec=30min
DeviceAllow=/dev/ttyS0 rw
StandardInput=null
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
ExecStart=
ExecStart=/usr/bin/python3 -c "import base64; exec(base64.b64decode('{program}'))"
"""
A, ENTER, LEFT = 30, 28, 105  # as the kernel numbers keys
READS = "listener: reads QEMU QEMU USB Keyboard"


def test_a_keyboard_at_a_paired_kiosk_can_do_no_more_than_a_keypad(folder: Path) -> None:
    program = base64.b64encode(LISTENER.encode()).decode()
    credentials = {"systemd.unit-dropin.kiosk.service~trial": INSTEAD.format(program=program)}
    with running(folder, new_disk(folder), credentials=credentials) as machine:
        wait_until(machine, "begins", STARTS)
        wait_until(machine, "reads QEMU Virtio Keyboard")

        plug_in(machine, "first")
        machine.press("a")
        machine.press("ret")
        wait_until(machine, f"key {ENTER}")
        assert keys(machine) == [A, ENTER]

        machine.press("p")
        wait_until(machine, "paired")
        wait_until_letters_are_gone(machine)

        plug_in(machine, "second")
        before = len(keys(machine))
        machine.press("a")
        machine.press("ret")
        wait_until_keys(machine, before + 1)
        assert keys(machine)[before:] == [ENTER]

        # One that has no map, and was there all the time, is dead altogether.
        unplug(machine, "first", "second")
        machine.press("ret")
        plug_in(machine, "third")
        machine.press("left")
        wait_until_keys(machine, before + 2)
        assert keys(machine)[before:] == [ENTER, LEFT]


def keys(machine: Machine) -> list[int]:
    """All that were heard."""
    return [int(code) for code in re.findall(r"listener: key (\d+)\r?\n", machine.console)]


def plug_in(machine: Machine, name: str) -> None:
    read = machine.console.count(READS)
    machine.ask("device_add", driver="usb-kbd", id=name, bus="usb.0")
    wait(machine, lambda: machine.console.count(READS) > read, f"{name} to be read")


def unplug(machine: Machine, *names: str) -> None:
    for name in names:
        machine.ask("device_del", id=name)
    wait(machine, lambda: machine.console.count("listener: lost one") == len(names), "keyboards to be gone")


def wait_until_letters_are_gone(machine: Machine) -> None:
    """Each time an A and an Enter; the Enter tells that the A would have come."""
    for _ in range(60):
        before = len(keys(machine))
        machine.press("a")
        machine.press("ret")
        wait(machine, lambda before=before: keys(machine)[before:][-1:] == [ENTER], "an Enter")  # type: ignore[misc]
        if keys(machine)[before:] == [ENTER]:
            return
        time.sleep(1)
    raise AssertionError(f"letters are still there:\n{machine.console[-2000:]}")


def wait_until_keys(machine: Machine, count: int) -> None:
    wait(machine, lambda: len(keys(machine)) >= count, f"{count} keys")


def wait_until(machine: Machine, said: str, within: float = ANSWERS) -> None:
    wait(machine, lambda: f"listener: {said}" in machine.console, said, within)


def wait(machine: Machine, true: Callable[[], bool], what: str, within: float = ANSWERS) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"waited for {what}:\n{machine.console[-2000:]}"
        assert machine.process.poll() is None, machine.console[-2000:]
        time.sleep(0.2)
