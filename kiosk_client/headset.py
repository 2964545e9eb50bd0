"""Whether somebody plugged in a headset: into the jack, or one of USB. Files are looked at, nothing is recorded."""

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path

_HEADPHONES = 1 << 2  # SW_HEADPHONE_INSERT, linux/input-event-codes.h
_EVIOCGSW = 0x8008451B  # the state of a device's switches, 8 bytes; linux/input.h


def switches(device: Path) -> int:
    """The state of an input device's switches, a bit for each."""
    descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return int.from_bytes(fcntl.ioctl(descriptor, _EVIOCGSW, bytes(8)), "little")
    finally:
        os.close(descriptor)


class Headset:
    """Sound cards of USB that are there from the start are the kiosk's own; one that comes later is a headset."""

    def __init__(
        self,
        cards: Path = Path("/proc/asound"),
        inputs: Path = Path("/proc/bus/input/devices"),
        events: Path = Path("/dev/input"),
        switches: Callable[[Path], int] = switches,
    ) -> None:
        self._cards = cards
        self._inputs = inputs
        self._events = events
        self._switches = switches
        self._own = self._usb_cards()

    def device(self) -> str | None:
        """What to play through so that it is heard in the headset, by ALSA's name; None without a headset."""
        for card in sorted(self._usb_cards() - self._own):
            return f"plughw:{card}"
        return "default" if any(self._in_jack(event) for event in self._jacks()) else None

    def _usb_cards(self) -> set[int]:
        return {
            int(card.name.removeprefix("card"))
            for card in self._cards.glob("card[0-9]*")
            if (card / "usbid").exists() and any(card.glob("pcm*p"))
        }

    def _jacks(self) -> list[Path]:
        """The input devices that know of headphones."""
        try:
            described = self._inputs.read_text(encoding="utf-8", errors="replace").split("\n\n")
        except OSError:
            return []
        found = []
        for device in described:
            handler = re.search(r"^H: Handlers=.*\b(event\d+)", device, re.MULTILINE)
            can = re.search(r"^B: SW=([0-9a-f]+)$", device, re.MULTILINE)
            if handler and can and int(can[1], 16) & _HEADPHONES:
                found.append(self._events / handler[1])
        return found

    def _in_jack(self, event: Path) -> bool:
        try:
            return bool(self._switches(event) & _HEADPHONES)
        except OSError:
            return False
