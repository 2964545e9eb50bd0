"""Whatever way an intake ends, nothing of it stays: not in the process's memory, not on the disk, not in a log.

The real process is read from outside. Only a process of one's own may be read, which is what a test's child is.
"""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kiosk.memory import files_with, found_in_memory
from tests.kiosk.pairing import pair_offline
from tests.kiosk.window import KioskWindow, running_kiosk
from tests.support.xvfb import virtual_screen

FIRST, LAST = "Zyqxwort", "Vorblump"  # no language, library or driver has these words
PHONE = "5557310946"
PHONE_SHOWN = "555 731 0946"
ANSWERS = (FIRST, LAST, PHONE, PHONE_SHOWN, '"state":"answered"')
WITHIN = 30.0  # seconds
SILENT = "pcm.!default { type null }\nctl.!default { type null }\n"
RECORDS = re.compile(r"/dev/(video|v4l|media)|/dev/snd/pcm\w*c$")  # cameras; capture by ALSA


@pytest.fixture(params=[{}], ids=["usual letters"])
def kiosk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KioskWindow]:
    """Speaking for real, by a sound device that swallows everything; its home and temporary folders are the test's."""
    (tmp_path / "asound.conf").write_text(SILENT)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    pair_offline(tmp_path / "state", **request.param)
    with virtual_screen() as display, running_kiosk(display, tmp_path) as window:
        window.wait_for_window()
        yield window


def answer_everything(kiosk: KioskWindow) -> None:
    """With the voice on, up to the review."""
    kiosk.press("Down")
    tap(kiosk, "begin:en", "next", "choose:tonight", "next", "choose:yes")
    kiosk.turn_to("erase")
    kiosk.type(f"{FIRST} {LAST}")
    kiosk.press("F2")  # read again, as the name is on the screen
    tap(kiosk, "next", "choose:work", "next", "choose:ongoing", "choose:anyone", "next", "choose:phone")
    kiosk.turn_to("erase")
    kiosk.type(PHONE)
    kiosk.strike("Print", "F12")  # what takes a picture of the screen elsewhere
    tap(kiosk, "next", "choose:call", "next", "choose:nothing", "next", "choose:yes", "choose:agree")
    kiosk.wait_for("review")
    assert any(found_in_memory(kiosk.pid, [LAST, PHONE])), "the search finds what is there"


def tap(kiosk: KioskWindow, *taps: str) -> None:
    """On whichever page they are."""
    for each in taps:
        kiosk.turn_to(each)
        kiosk.tap(each)


def send(kiosk: KioskWindow) -> None:
    kiosk.tap("send")
    kiosk.wait_for("ticket")


def start_over(kiosk: KioskWindow) -> None:
    kiosk.tap("start-over", "confirm")
    kiosk.wait_for("welcome")


def delete(kiosk: KioskWindow) -> None:
    kiosk.tap("delete", "confirm")
    kiosk.wait_for("deleted")


def break_down(kiosk: KioskWindow) -> None:
    """The next screen fails, with an exception that tells everything."""
    kiosk.shown.with_name("break").touch()
    kiosk.tap("page")
    kiosk.wait_for("welcome")
    assert "RuntimeError at observed_kiosk.py" in kiosk.process.output()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("end", [send, start_over, delete, break_down])
def test_nothing_of_an_intake_stays(kiosk: KioskWindow, end: Callable[[KioskWindow], None]) -> None:
    answer_everything(kiosk)
    end(kiosk)

    require_nothing_left(kiosk)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kiosk", [{"bigger": True}], indirect=True, ids=["bigger letters"])
def test_nothing_stays_of_somebody_who_walked_away(kiosk: KioskWindow) -> None:
    """By a clock that is put forward. In bigger letters a question and what is typed stand on pages of their own."""
    answer_everything(kiosk)
    kiosk.touch_nothing()  # while it reads to them they are there
    kiosk.let_time_pass(60)
    kiosk.wait_for("review-still-there")
    kiosk.let_time_pass(30)
    kiosk.wait_for("welcome")

    require_nothing_left(kiosk)


def test_a_crash_leaves_no_core(kiosk: KioskWindow) -> None:
    limits = Path(f"/proc/{kiosk.pid}/limits").read_text()
    assert re.search(r"Max core file size\s+1\s+1\s", limits)
    root = Path(__file__).parents[2]
    before = set(root.glob("core*"))

    os.kill(kiosk.pid, signal.SIGSEGV)
    assert kiosk.process.handle.wait(20) == -signal.SIGSEGV
    assert set(root.glob("core*")) == before
    assert not list(kiosk.shown.parent.rglob("core*"))


def require_nothing_left(kiosk: KioskWindow) -> None:
    deadline = time.monotonic() + WITHIN
    time.sleep(1)  # it is overwritten soon after the screen has changed
    while (found := list(found_in_memory(kiosk.pid, ANSWERS))) and time.monotonic() < deadline:
        time.sleep(1)
    assert found == []
    assert files_with(kiosk.shown.parent, ANSWERS) == []
    assert files_with(Path("/dev/shm"), ANSWERS) == []
    assert not [text for text in ANSWERS if text in kiosk.process.output()]
    assert [each for each in opened(kiosk.pid) if RECORDS.search(each)] == []


def opened(pid: int) -> list[str]:
    """The files that a process has open."""
    return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
