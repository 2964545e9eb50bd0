"""Warm Handoff on one machine with made-up people: service, worker and kiosk. Ctrl-C stops all of it."""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
SITE = "Harbor House"
PEOPLE = (
    # sign-in, made-up name, role
    ("ada", "Ada Okafor", "organizational administrator"),
    ("sam", "Sam Reyes", "peer supervisor"),
    ("pat", "Pat Nguyen", "peer specialist"),
    ("lee", "Lee Morales", "peer specialist"),
)
_DIGITS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 10.0


class CannotStart(Exception):
    """Why the demo stops, in a sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Demo:
    """What a second start must know. It is written last: as long as it is missing, the data is only half made."""

    port: int
    password: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


class Stopping:
    """Set by Ctrl-C, `kill`, or a terminal that is closed."""

    def __init__(self) -> None:
        self.event = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.event.set()


def main() -> int:
    arguments = _arguments()
    folder: Path = arguments.data.resolve()
    stopping = Stopping()
    running: list[subprocess.Popen[bytes]] = []
    try:
        demo = _prepare(folder, arguments.port)
        running.append(_start_service(folder, demo, stopping))
        running += _open_kiosk(folder)
        _say(demo, folder, kiosk_is_open=len(running) > 1)
        _watch(running, folder, stopping)
    except CannotStart as reason:
        print(f"\nThe demo cannot go on: {reason}", file=sys.stderr)
        return 1
    finally:
        _end(running)
    print("\nStopped. `make demo` goes on with the same data, `make demo-reset` starts over.")
    return 0
