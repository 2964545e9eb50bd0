"""The window's loop: it sleeps until a finger, a key or a change comes, and answers in the frame that it comes in.

Kivy's own loop wakes a fixed number of times a second, whatever happens, and a touch waits for two of its turns. Here
SDL itself wakes us: an idle kiosk costs next to nothing and a tap waits for nothing.
"""

import ctypes
import time
from collections.abc import Callable

from kivy.base import EventLoop, stopTouchApp

from kiosk_client.screens.sdl import loaded_sdl

_IDLE = 0.25  # seconds; what Kivy's clock has due may be this late, and nothing of ours is that exact
_LIVELY = 0.01  # seconds between two turns while something may still be settling
_SETTLES_WITHIN = 0.3  # seconds; Kivy delays the answer to a resize by 0.1
_USER_EVENT = 0x8000  # SDL_USEREVENT
_EVENT_SIZE = 56  # sizeof(SDL_Event) on 64 bits, SDL_events.h


class Loop:
    """Runs the event loop until it is told to leave. `wake` may be called from any thread."""

    def __init__(self) -> None:
        sdl = loaded_sdl()  # without it the loop looks a hundred times a second
        self._wait: Callable[[int], object] | None = None
        self._push: Callable[[object], object] | None = None
        if sdl is not None:
            self._wait = lambda milliseconds: sdl.SDL_WaitEventTimeout(None, milliseconds)
            self._push = sdl.SDL_PushEvent
        self._lively_until = 0.0

    def run(self) -> None:
        """Raises what the app raises. The window is closed when it returns."""
        try:
            self._settle()
            while not EventLoop.quit and EventLoop.status == "started":
                if self._sleep():
                    self._settle()
                if EventLoop.window is not None:
                    EventLoop.window.mainloop()  # takes the touches from SDL
                if not EventLoop.quit:
                    EventLoop.idle()  # hands them on and draws what they changed
        finally:
            stopTouchApp()

    def wake(self) -> None:
        """Take a turn now: something was handed to Kivy's clock."""
        self._settle()
        if self._push is not None:
            event = (ctypes.c_uint32 * (_EVENT_SIZE // 4))(_USER_EVENT)
            self._push(ctypes.byref(event))

    def _settle(self) -> None:
        self._lively_until = time.monotonic() + _SETTLES_WITHIN

    def _sleep(self) -> bool:
        """Until something comes or it is time for a turn. Whether something came."""
        seconds = _LIVELY if time.monotonic() < self._lively_until else _IDLE
        if self._wait is None:
            time.sleep(_LIVELY)
            return False
        return bool(self._wait(round(seconds * 1000)))
