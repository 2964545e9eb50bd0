"""A unit that looks inside a started image, and what it saw. Only a start that a test makes takes it."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from tests.image.machine import Machine

_PROGRAM = Path(__file__).with_name("look_inside.py")
_MARK = "FACTS "


def looking_inside(elsewhere: str) -> dict[str, str]:
    """Credentials for `machine.running`. `elsewhere`: host:port that something listens at and no kiosk may call."""
    program = base64.b64encode(_PROGRAM.read_bytes()).decode()
    unit = f"""[Unit]
Description=Look inside
[Service]
Type=exec
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/usr/bin/python3 -c "import base64; exec(base64.b64decode('{program}'))" {elsewhere}
"""
    return {
        "systemd.extra-unit.look-inside.service": unit,
        "systemd.unit-dropin.multi-user.target~look-inside": "[Unit]\nWants=look-inside.service\n",
    }


def wait_for_facts(machine: Machine, within: float) -> dict[str, Any]:
    """What it saw. Raises AssertionError with what the machine said last."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and machine.process.poll() is None:
        for line in machine.console.splitlines():
            if _MARK in line and line.rstrip().endswith("}"):
                facts: dict[str, Any] = json.loads(line.partition(_MARK)[2])
                return facts
        machine.look()
        time.sleep(1)
    raise AssertionError(f"it said nothing of its inside within {within} s:\n{machine.console[-2000:]}")
