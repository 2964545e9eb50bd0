"""The SDL that Kivy draws with, for what Kivy does not hand on."""

import ctypes
from pathlib import Path


def loaded_sdl() -> ctypes.CDLL | None:
    """None where it cannot be found."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if "/libSDL2-" in path and ".so" in path:
            return ctypes.CDLL("/" + path)
    return None
