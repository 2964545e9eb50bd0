"""The real kiosk process in a real window on a virtual screen, tapped by xdotool."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.kiosk.transcript import heard_beside
from tests.support.service import Process, start
from tests.support.xvfb import picture_of_screen

_WITHIN = 20.0  # seconds
_MOST_PAGES = 12
_AROUND_THE_MIDDLE = ((-18, -10), (18, 10), (-18, 10), (18, -10))
"""Pixels. Quick taps on one spot, to Kivy 2 % of the window, are a double tap, and a kiosk ignores its second half when
the first has led it on."""
_FIRST_OF_A_CLIENT = 1 << 21  # X numbers the windows of its clients from here; the root has a smaller number


@dataclass
class KioskWindow:
    """`process`: to be stopped or killed. `aside`: where on a touch the next fingers come down."""

    display: str
    process: Process
    shown: Path
    aside: Iterator[tuple[int, int]] = field(default_factory=lambda: cycle(_AROUND_THE_MIDDLE))

    @property
    def view(self) -> str:
        """The name of what is on the screen."""
        return str(self._read()["view"])

    @property
    def touches(self) -> dict[str, tuple[float, float]]:
        """Where the middle of each touch is, in pixels from the top left."""
        return {name: (x, y) for name, (x, y) in self._read()["touches"].items()}

    @property
    def pid(self) -> int:
        return self.process.handle.pid

    def wait_for(self, view: str, within: float = _WITHIN) -> None:
        self._wait(lambda: self.view == view, f"the screen {view}", within)

    def tap(self, *taps: str) -> None:
        """Tap these one after another, each as soon as it is on the screen."""
        for tap in taps:
            self._wait(lambda tap=tap: tap in self._read()["touches"], f"the touch {tap}")  # type: ignore[misc]
            before = self._read()["answered"]
            self.touch(tap)
            self._wait(lambda before=before: self._read()["answered"] != before, f"an answer to {tap}")  # type: ignore[misc]
        assert self._read()["cut"] == []

    def touch(self, tap: str) -> None:
        """Tap what is on the screen, and do not look what comes of it."""
        x, y = self._read()["touches"][tap]
        aside, below = next(self.aside)
        self._finger(x + aside, y + below)

    def touch_nothing(self) -> None:
        """A finger on the edge of the screen, where nothing is to be touched: whoever speaks falls silent."""
        self._finger(2, 2)

    def turn_to(self, tap: str) -> None:
        """Turn the pages of the screen, if it has several, until this is on it."""
        for _ in range(_MOST_PAGES):
            touches = self._read()["touches"]
            if tap in touches or "page" not in touches:
                return
            self.tap("page")

    def type(self, text: str) -> None:
        """On the keyboard on the screen, a letter at a time; it shifts by itself after a blank."""
        for letter in text:
            if f"type:{letter}" not in self._read()["touches"]:
                self.tap("capitals")
            self.tap(f"type:{letter}")

    def press(self, *keys: str) -> None:
        """Keys of a real keyboard, by xdotool's names, each as soon as the one before was answered."""
        for key in keys:
            before = self.shown.stat().st_mtime_ns
            self._xdotool("key", key)
            self._wait(lambda before=before: self.shown.stat().st_mtime_ns != before, f"an answer to {key}")  # type: ignore[misc]

    def let_time_pass(self, seconds: float) -> None:
        """Nobody touches the kiosk for so long, by its own clock."""
        later = self.shown.with_name("later")
        passed = float(later.read_text()) if later.exists() else 0
        draft = later.with_suffix(".new")
        draft.write_text(str(passed + seconds))
        draft.replace(later)

    def strike(self, *keys: str) -> None:
        """Keys that mean nothing to the kiosk."""
        self._xdotool("key", *keys)

    def scan(self, line: str) -> None:
        """As a scanner types: quickly, and with Enter at the end.

        Not so quickly that the X server takes a letter that comes twice for a key that is held.
        """
        self._xdotool("type", "--delay", "15", line)
        self._xdotool("key", "Return")

    @property
    def heard(self) -> list[str]:
        """What is being said, by a kiosk that writes it down."""
        words: list[str] = json.loads(heard_beside(self.shown).read_text())
        return words

    def wait_for_window(self) -> None:
        """Until it is on the screen and has the keys."""
        self._wait(lambda: int(self._xdotool("getwindowfocus")) >= _FIRST_OF_A_CLIENT, "a window")

    def hold_corner(self) -> None:
        """The staff's, at the top right, until it opens: a busy machine may notice late that a finger came down."""
        before = self.view
        for seconds in (3.4, 4.5, 6.0, 9.0):
            x, y = self._read()["corner"]
            self._xdotool("mousemove", str(round(x)), str(round(y)), "mousedown", "1")
            time.sleep(seconds)
            self._xdotool("mouseup", "1")
            time.sleep(1)
            if self.view != before:
                return

    def picture(self, path: Path) -> None:
        time.sleep(0.15)  # a few frames
        picture_of_screen(self.display, path)

    def _read(self) -> Any:
        return json.loads(self.shown.read_text())

    def _wait(self, true: Callable[[], bool], what: str, within: float = _WITHIN) -> None:
        deadline = time.monotonic() + within
        while not (self.shown.exists() and true()):
            if time.monotonic() > deadline or not self.process.running:
                raise AssertionError(f"the kiosk never showed {what}:\n{self.process.output()}")
            time.sleep(0.02)

    def _finger(self, x: float, y: float) -> None:
        """It comes down, rests a moment, and leaves."""
        self._xdotool("mousemove", str(round(x)), str(round(y)), "mousedown", "1", "sleep", "0.02", "mouseup", "1")

    def _xdotool(self, *arguments: str) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=environment, check=True, timeout=10, capture_output=True, text=True).stdout


@contextmanager
def running_kiosk(display: str, folder: Path, *, written: bool = False) -> Iterator[KioskWindow]:
    """Started with its state in `folder`, as it was left there. Ended if it is still running.

    `written`: it does not sound, but writes down what it says; see KioskWindow.heard.
    """
    shown = folder / "shown.json"
    shown.unlink(missing_ok=True)
    environment = {
        "DISPLAY": display,
        "SDL_VIDEODRIVER": "x11",
        "WARM_HANDOFF_KIOSK_STATE": str(folder / "state"),
    }
    options = ["--written"] if written else []
    command = ["tests.kiosk.observed_kiosk", str(shown), *options, "--windowed", "1280x800"]
    process = start("kiosk", command, environment, folder / "kiosk.log")
    try:
        yield KioskWindow(display, process, shown)
    finally:
        if process.running:
            process.stop()
