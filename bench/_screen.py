"""A virtual screen watched and tapped from outside: its pixels by the server's framebuffer, its touches by XTest."""

import ctypes
import mmap
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.xvfb import virtual_screen

WIDTH, HEIGHT = 1280, 800
_WITHIN = 30.0  # seconds
_LOOK_EVERY = 0.0005
_PIXEL = 4  # bytes, blue first
_REST = 0.06  # seconds that a finger stays down


@dataclass(frozen=True)
class Area:
    """In pixels from the top left."""

    x: int
    y: int
    width: int
    height: int


WHOLE = Area(0, 0, WIDTH, HEIGHT)


class Screen:
    """`display` is what programs are started with."""

    def __init__(self, display: str, framebuffer: Path) -> None:
        self.display = display
        with framebuffer.open("rb") as file:
            self._pixels = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        header = struct.unpack(">25I", self._pixels[:100])  # XWDFile.h: sizes and counts, big-endian
        self._start = header[0] + header[19] * 12  # the header's own size, then the colour map
        self._row = header[12]
        self._xlib = ctypes.CDLL("libX11.so.6")
        self._xtest = ctypes.CDLL("libXtst.so.6")
        self._xlib.XOpenDisplay.restype = ctypes.c_void_p
        self._connection = ctypes.c_void_p(self._xlib.XOpenDisplay(display.encode()))

    def close(self) -> None:
        self._xlib.XCloseDisplay(self._connection)
        self._pixels.close()

    def shows(self, colour: str, area: Area = WHOLE) -> bool:
        """Whether a pixel of this colour (`#0F5C63`) is in the area."""
        blue_first = bytes.fromhex(colour[1:])[::-1]
        return any(blue_first in row for row in self._rows(area))

    def looks(self, area: Area) -> bytes:
        """The area as it is now, to be compared."""
        return b"".join(self._rows(area))

    def press(self, x: int, y: int) -> None:
        """A finger comes down there."""
        self._xtest.XTestFakeMotionEvent(self._connection, -1, x, y, 0)
        self._xtest.XTestFakeButtonEvent(self._connection, 1, 1, 0)
        self._xlib.XFlush(self._connection)

    def release(self) -> float:
        """It leaves; the time (monotonic) at which it did."""
        self._xtest.XTestFakeButtonEvent(self._connection, 1, 0, 0)
        self._xlib.XFlush(self._connection)
        return time.monotonic()

    def tap_to_change(self, x: int, y: int, area: Area) -> float:
        """Seconds from the finger leaving until the area looks different."""
        before = self.looks(area)
        self.press(x, y)
        time.sleep(_REST)
        left_at = self.release()
        return wait_until(lambda: self.looks(area) != before) - left_at

    def _rows(self, area: Area) -> Iterator[bytes]:
        for y in range(area.y, area.y + area.height, 2):
            at = self._start + y * self._row + area.x * _PIXEL
            yield self._pixels[at : at + area.width * _PIXEL]


def wait_until(true: Callable[[], bool], within: float = _WITHIN) -> float:
    """The time (monotonic) at which it was true. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if true():
            return time.monotonic()
        time.sleep(_LOOK_EVERY)
    raise TimeoutError("the screen never showed what was waited for")


@contextmanager
def watched_screen() -> Iterator[Screen]:
    with tempfile.TemporaryDirectory() as folder, virtual_screen(WIDTH, HEIGHT, Path(folder)) as display:
        screen = Screen(display, Path(folder) / "Xvfb_screen0")
        try:
            yield screen
        finally:
            screen.close()
