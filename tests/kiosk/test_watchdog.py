"""What systemd is told: that the kiosk is on the screen, and that its loop still turns."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_client.watchdog import Word, tell
from tests.kiosk.window import running_kiosk
from tests.support.xvfb import virtual_screen


@pytest.fixture
def display() -> Iterator[str]:
    with virtual_screen() as display:  # before it is listened: Xvfb tells systemd that it is ready, too
        yield display


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Systemd's end of the socket."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield listener


def test_systemd_hears_that_the_kiosk_is_on_the_screen_and_then_that_it_lives(
    display: str, systemd: socket.socket, tmp_path: Path
) -> None:
    with running_kiosk(display, tmp_path):
        heard = [systemd.recv(100).decode() for _ in range(5)]

    assert heard.count(Word.READY) == 1
    assert heard.count(Word.ALIVE) == 4


def test_an_abstract_address_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{tmp_path}")
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{tmp_path}")

        tell(Word.ALIVE)

        assert listener.recv(100) == b"WATCHDOG=1"


def test_nothing_is_told_where_nobody_asks(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET")

    tell(Word.ALIVE)

    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


def test_a_systemd_that_does_not_answer_hinders_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))

    tell(Word.ALIVE)
