"""The kernel's console hears no key, where the kiosk is drawn on it without a compositor.

SDL reads the keyboard by itself and leaves the console's own reading of it on: Ctrl and C would end the kiosk, and Alt
and a function key would show an empty console.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_KDSKBMODE = 0x4B45  # linux/kd.h
_K_OFF = 0x04


def mute_keyboard() -> None:
    """Called once SDL has its window, since SDL sets the keyboard's mode itself. Without a console: nothing."""
    if os.environ.get("SDL_VIDEODRIVER") != "KMSDRM":
        return
    with suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as console:
        fcntl.ioctl(console, _KDSKBMODE, _K_OFF)
