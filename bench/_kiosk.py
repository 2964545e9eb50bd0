"""The real kiosk on a watched screen, tapped from outside."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._screen import HEIGHT, WIDTH, Screen, wait_until
from tests.support.service import Process, Service, start

SITE = "Harbor House"
ACT = "#0F5C63"
"""The colour of the one obvious button, on the kiosk and on the page that it is compared with."""


_BETWEEN = 0.35  # seconds; sooner on one spot is half of a double tap, which a kiosk ignores on a new screen


@dataclass
class Kiosk:
    """`start`: seconds from asking for the process to its first screen."""

    screen: Screen
    process: Process
    shown: Path
    start: float

    @property
    def view(self) -> str:
        return str(self._read()["view"])

    def where(self, tap: str) -> tuple[int, int]:
        """The middle of a touch, once it is on the screen."""
        wait_until(lambda: self.shown.exists() and tap in self._read()["touches"])
        x, y = self._read()["touches"][tap]
        return round(x), round(y)

    def tap(self, tap: str, rest: float = 0.01) -> float:
        """Press and release; the time at which the finger left. Returns when the kiosk has answered."""
        x, y = self.where(tap)
        time.sleep(_BETWEEN)
        before = self._read()["answered"]
        self.screen.press(x, y)
        time.sleep(rest)
        left_at = self.screen.release()
        wait_until(lambda: self._read()["answered"] != before)
        return left_at

    def _read(self) -> Any:
        return json.loads(self.shown.read_text())


def pair(service: Service, state: Path) -> None:
    """Enroll a kiosk at SITE whose data is in `state`."""
    code = service.command("kiosks", "add", "--site", SITE).strip()
    arguments = [sys.executable, "-m", "kiosk_client", "--state", str(state), "pair", service.url, code]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, timeout=60)


@contextmanager
def running_kiosk(screen: Screen, folder: Path, state: Path) -> Iterator[Kiosk]:
    shown = folder / "shown.json"
    shown.unlink(missing_ok=True)
    environment = {"DISPLAY": screen.display, "SDL_VIDEODRIVER": "x11", "WARM_HANDOFF_KIOSK_STATE": str(state)}
    arguments = ["tests.kiosk.observed_kiosk", str(shown), "--windowed", f"{WIDTH}x{HEIGHT}"]
    started_at = time.monotonic()
    process = start("kiosk", arguments, environment, folder / "kiosk.log")
    try:
        wait_until(lambda: screen.shows(ACT))
        yield Kiosk(screen, process, shown, time.monotonic() - started_at)
    finally:
        if process.running:
            process.stop()
