"""What is missing where SDL draws straight on the kernel's display (KMSDRM), without a compositor: on a machine that is
nothing but a kiosk.
"""

import ctypes
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.graphics.opengl import glFinish

from kiosk_client.screens.sdl import loaded_sdl

if TYPE_CHECKING:
    from kivy.core.window import WindowBase  # importing it makes the window, before it is configured

_KDSKBMODE = 0x4B45  # linux/kd.h
_K_OFF = 0x04
_FINGERS = {0x700: "fingerdown", 0x701: "fingerup", 0x702: "fingermotion"}  # SDL_events.h


class _Finger(ctypes.Structure):
    """SDL_TouchFingerEvent, SDL_events.h."""

    _fields_ = [
        ("type", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("touch", ctypes.c_int64),
        ("finger", ctypes.c_int64),
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("dx", ctypes.c_float),
        ("dy", ctypes.c_float),
        ("pressure", ctypes.c_float),
        ("window", ctypes.c_uint32),
    ]


_Watch = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Finger))


def complete(window: "WindowBase", draw_again: Callable[[], None]) -> None:
    """Called once the window is there. Does nothing on any other display.

    `draw_again`: called once, when the first frame is about to be handed over.
    """
    if os.environ.get("SDL_VIDEODRIVER") != "KMSDRM":
        return
    arrive_whole(window, draw_again)
    mute_console()
    hear_fingers()


def arrive_whole(window: "WindowBase", draw_again: Callable[[], None]) -> None:
    """No frame is lost: an idle kiosk draws nothing, so a frame that does not arrive would stay away."""

    def hand_over(*_: object) -> None:
        glFinish()  # where the processor draws, the display would take a frame that is still being drawn

    def lose_first(*_: object) -> None:
        window.unbind(on_flip=lose_first)
        draw_again()  # SDL makes its surface anew at the first hand-over after it has set the mode: that frame is lost

    window.bind(on_flip=hand_over)
    window.bind(on_flip=lose_first)


def mute_console() -> None:
    """The kernel's console hears no key. SDL reads the keyboard by itself and leaves the console reading it too: Ctrl
    and C would end the kiosk, and Alt and a function key would show an empty console.
    """
    with suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as console:
        fcntl.ioctl(console, _KDSKBMODE, _K_OFF)


def hear_fingers() -> None:
    """Touches reach Kivy. It leaves SDL's fingers alone on Linux, since a window system says the same as a mouse; here
    nobody does.
    """
    from kivy.core.window.window_sdl2 import SDL2MotionEventProvider  # noqa: PLC0415  it makes the window

    sdl = loaded_sdl()
    if sdl is None:
        return

    def watch(_context: object, event: Any) -> int:
        finger = event.contents
        if finger.type in _FINGERS:
            place = finger.finger, finger.x, finger.y, finger.pressure
            SDL2MotionEventProvider.q.appendleft((_FINGERS[finger.type], *place))
        return 0

    _kept.append(_Watch(watch))
    sdl.SDL_AddEventWatch(_kept[-1], None)


_kept: list[object] = []  # SDL calls them as long as the program runs
