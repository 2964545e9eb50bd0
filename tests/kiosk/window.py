"""The real kiosk process in a real window on a virtual screen, tapped by xdotool."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.service import Process, start
from tests.support.xvfb import picture_of_screen

_WITHIN = 20.0  # seconds


@dataclass
class KioskWindow:
    """`process`: to be stopped or killed."""

    display: str
    process: Process
    shown: Path

    @property
    def view(self) -> str:
        """The name of what is on the screen."""
        return str(self._read()["view"])

    def wait_for(self, view: str) -> None:
        self._wait(lambda: self.view == view, f"the screen {view}")

    def tap(self, *taps: str) -> None:
        """Tap these one after another, each as soon as it is on the screen."""
        for tap in taps:
            self._wait(lambda tap=tap: tap in self._read()["touches"], f"the touch {tap}")  # type: ignore[misc]
            before = self._read()["answered"]
            x, y = self._read()["touches"][tap]
            self._xdotool("mousemove", str(round(x)), str(round(y)), "mousedown", "1")
            time.sleep(0.05)  # a finger rests a moment
            self._xdotool("mouseup", "1")
            self._wait(lambda before=before: self._read()["answered"] != before, f"an answer to {tap}")  # type: ignore[misc]
        assert self._read()["cut"] == []

    def type(self, text: str) -> None:
        """On the keyboard on the screen, a letter at a time; it shifts by itself after a blank."""
        for letter in text:
            if f"type:{letter}" not in self._read()["touches"]:
                self.tap("capitals")
            self.tap(f"type:{letter}")

    def picture(self, path: Path) -> None:
        time.sleep(0.15)  # a few frames
        picture_of_screen(self.display, path)

    def _read(self) -> Any:
        return json.loads(self.shown.read_text())

    def _wait(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _WITHIN
        while not (self.shown.exists() and true()):
            if time.monotonic() > deadline or not self.process.running:
                raise AssertionError(f"the kiosk never showed {what}:\n{self.process.output()}")
            time.sleep(0.02)

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=10)


@contextmanager
def running_kiosk(display: str, folder: Path) -> Iterator[KioskWindow]:
    """Started with its state in `folder`, as it was left there. Ended if it is still running."""
    shown = folder / "shown.json"
    shown.unlink(missing_ok=True)
    environment = {
        "DISPLAY": display,
        "SDL_VIDEODRIVER": "x11",
        "WARM_HANDOFF_KIOSK_STATE": str(folder / "state"),
    }
    process = start(
        "kiosk", ["tests.kiosk.observed_kiosk", str(shown), "--windowed", "1280x800"], environment, folder / "kiosk.log"
    )
    try:
        yield KioskWindow(display, process, shown)
    finally:
        if process.running:
            process.stop()
