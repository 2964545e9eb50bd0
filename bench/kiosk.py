"""The kiosk against Chromium in kiosk mode with a page that shows the same, on one virtual screen, in turns.

`python -m bench.kiosk [ROUNDS]`. Everything is taken from outside: pixels from the framebuffer, touches by XTest, cost
from the processes. Then a thousand intakes in a row in the kiosk's own window.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from bench._kiosk import ACT, SITE, pair
from bench._page import Stop, page, stops
from bench._processes import Tree
from bench._screen import HEIGHT, WIDTH, Screen, wait_until, watched_screen
from bench._table import Row, report
from kiosk_client.enrollment import Store
from tests.support.service import running_service

_ROUNDS = 7
_LOADED_AFTER = 3.0  # seconds
_IDLE_FOR = 10.0
_BETWEEN_TAPS = 0.35  # sooner on one spot is half of a double tap, which a kiosk ignores on a new screen
_GOALS = (0.6, 0.3, 0.3, 1.0, 1.0)  # ratios Kivy to Chromium, in the order of Cost
_NAMES = ("first paint", "processor time until then", "memory (PSS)", "processor when idle", "tap to next screen")
_UNITS = ("ms", "ms", "MiB", "%", "ms")


@dataclass(frozen=True)
class Cost:
    """What one run took: milliseconds, milliseconds, MiB, percent, milliseconds (the median of its taps)."""

    first_paint: float
    start_cpu: float
    pss: float
    idle_cpu: float
    tap: float


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, watched_screen() as screen:
        folder = Path(name)
        with running_service(folder, f"sqlite:///{folder / 'bench.db'}") as service:
            service.command("sites", "add", SITE)
            pair(service, folder / "state")
            stored = Store(folder / "state").load()
            assert stored is not None
            way = stops(stored.enrollment.config)
            (folder / "page.html").write_text(page(way))
            kiosk, chromium = [], []
            for number in range(rounds):
                kiosk.append(_run(screen, way, _kiosk(folder)))
                chromium.append(_run(screen, way, _chromium(folder, number)))
    report("kiosk", [*_compared(kiosk, chromium), *_a_thousand()])


def _compared(kiosk: Sequence[Cost], chromium: Sequence[Cost]) -> list[Row]:
    rows = []
    for field, name, unit, goal in zip(fields(Cost), _NAMES, _UNITS, _GOALS, strict=True):
        ours, theirs = (statistics.median(getattr(run, field.name) for run in runs) for runs in (kiosk, chromium))
        rows += [Row(f"{name}: kiosk", ours, unit), Row(f"{name}: Chromium", theirs, unit)]
        rows.append(Row(f"{name}: ratio", ours / theirs, "", goal))
    return rows


def _run(screen: Screen, way: Sequence[Stop], program: tuple[list[str], dict[str, str]]) -> Cost:
    with _started(screen, *program) as (process, asked_at):
        first_paint = wait_until(lambda: screen.shows(ACT)) - asked_at
        tree = Tree(process.pid)
        start_cpu = tree.cpu()
        time.sleep(_LOADED_AFTER)
        pss = tree.pss()
        idle = tree.idle_cpu(_IDLE_FOR)
        taps = []
        for _ in range(2):
            for stop in way:
                taps.append(screen.tap_to_change(stop.x, stop.y, stop.watched))
                time.sleep(_BETWEEN_TAPS)
        cost = Cost(first_paint * 1000, start_cpu * 1000, pss, idle, statistics.median(taps) * 1000)
    wait_until(lambda: not screen.shows(ACT))
    print("  ".join(f"{name} {value:.1f}" for name, value in zip(_NAMES, astuple(cost), strict=True)), file=sys.stderr)
    return cost


@contextmanager
def _started(
    screen: Screen, arguments: list[str], environment: dict[str, str]
) -> Iterator[tuple["subprocess.Popen[bytes]", float]]:
    asked_at = time.monotonic()
    process = subprocess.Popen(
        arguments,
        env={**os.environ, **environment, "DISPLAY": screen.display},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process, asked_at
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _kiosk(folder: Path) -> tuple[list[str], dict[str, str]]:
    window = ["--state", str(folder / "state"), "--windowed", f"{WIDTH}x{HEIGHT}"]
    # its bytecode is written at the first start, as an installation has it
    environment = {"SDL_VIDEODRIVER": "x11", "PYTHONDONTWRITEBYTECODE": ""}
    return [sys.executable, "-m", "kiosk_client.start", *window], environment


def _chromium(folder: Path, number: int) -> tuple[list[str], dict[str, str]]:
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        raise SystemExit("Chromium is not installed. Run: make packages")
    options = [
        "--kiosk",
        f"--window-size={WIDTH},{HEIGHT}",
        "--window-position=0,0",
        f"--user-data-dir={folder / f'profile-{number}'}",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # it refuses to run as root with it; costs it nothing
    ]
    return [binary, *options, (folder / "page.html").as_uri()], {}


def _a_thousand() -> list[Row]:
    done = subprocess.run([sys.executable, "-m", "bench._thousand"], stdout=subprocess.PIPE, check=True, timeout=900)
    said = json.loads(done.stdout)
    return [
        Row("1,000 intakes: memory after the first 100", said["early_pss"], "MiB"),
        Row("1,000 intakes: memory at the end, ratio", said["late_pss"] / said["early_pss"], "", 1.02),
        Row("1,000 intakes: an intake, median of the first 100", said["early"] * 1000, "ms"),
        Row("1,000 intakes: of the last 100, ratio", said["late"] / said["early"], "", 1.1),
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS)
