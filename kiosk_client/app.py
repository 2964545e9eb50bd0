"""The Kivy app: one window that shows a session's view and brings it the taps."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from kivy.app import App
from kivy.base import EventLoop, runTouchApp
from kivy.clock import Clock
from kivy.config import Config

from kiosk_client.layout import Placed, Sizes, place
from kiosk_client.screens.loop import Loop
from kiosk_client.screens.surface import Surface
from kiosk_client.screens.theme import HIGH_CONTRAST, LIGHT
from kiosk_client.view import Action, Tap, View
from kiosk_client.views import Manner

_TICK = 1.0
_BACKSPACE = 8
_ENTER = {13, 271}  # Return, and Enter of the number pad (SDL key codes as Kivy numbers them)

Shown = Callable[[View, Sequence[Placed], Surface], None]


class Showing(Protocol):
    """What can be on the screen: the participants' session, or the setup."""

    manner: Manner

    @property
    def view(self) -> View: ...
    def tap(self, tap: Tap, now: datetime, seconds: float) -> None: ...
    def tick(self, seconds: float) -> None: ...


class KioskApp(App):  # type: ignore[misc]
    """`window`: pixels, or None for the whole screen. `density`: pixels per mm for a window of so many pixels.

    `on_shown`: called with each view as it goes onto the screen. `on_first_frame`: called once.
    """

    def __init__(
        self,
        window: tuple[int, int] | None,
        density: Callable[[int, int], float],
        on_first_frame: Callable[[], None],
        on_shown: Shown = lambda _view, _placed, _surface: None,
    ) -> None:
        _configure(window)
        super().__init__()
        self.title = "Warm Handoff"
        self._density = density
        self._on_first_frame = on_first_frame
        self._on_shown = on_shown
        self._showing: Showing | None = None
        self._surface = Surface(self._tapped)
        self._loop: Loop | None = None

    def run(self) -> None:
        """Until the window is closed or `stop` is called; as App.run, with a loop that waits instead of turning."""
        self._run_prepare()
        self._loop = Loop()
        runTouchApp(embedded=True)
        self._loop.run()
        self._stop()

    def stop(self, *_: object) -> None:
        """From any thread or signal handler."""
        super().stop()
        self._wake()

    def change(self, change: Callable[[], None]) -> None:
        """Do this between two frames, from any thread, and show what came of it."""

        def do(_since: float) -> None:
            change()
            self._show()

        Clock.schedule_once(do)
        self._wake()

    def present(self, showing: Showing) -> None:
        """From now on this is on the screen."""
        self._showing = showing
        self._show()

    def build(self) -> Surface:
        window = EventLoop.window
        window.bind(
            on_resize=lambda *_: self._show(),
            on_textinput=self._typed,
            on_key_down=self._key_down,
            on_request_close=lambda *_: False,
        )
        Clock.schedule_interval(self._tick, _TICK)
        self._surface.bind(size=lambda *_: self._show())
        return self._surface

    def on_start(self) -> None:
        Clock.schedule_once(lambda _: self._on_first_frame(), 0.05)

    def open_settings(self, *_: object) -> bool:
        """F1 would open Kivy's own settings; nobody at a kiosk wants them."""
        return False

    def _wake(self) -> None:
        if self._loop is not None:
            self._loop.wake()

    def _tapped(self, tap: Tap) -> None:
        if self._showing is not None:
            self._showing.tap(tap, datetime.now(UTC), time.monotonic())
            self._show()

    def _tick(self, _since: float) -> None:
        if self._showing is not None:
            before = self._showing.view
            self._showing.tick(time.monotonic())
            if self._showing.view != before:
                self._show()

    def _typed(self, _window: object, text: str) -> None:
        """A real keyboard types like the one on the screen."""
        for character in text:
            self._tapped(Tap(Action.TYPE, character))

    def _key_down(self, _window: object, key: int, *_: object) -> bool:
        if key == _BACKSPACE:
            self._tapped(Tap(Action.ERASE))
        elif key in _ENTER:
            self._tapped(Tap(Action.NEXT))
        return True

    def _show(self) -> None:
        width, height = self._surface.size
        if self._showing is None or self._surface.parent is None:
            return
        manner, view = self._showing.manner, self._showing.view
        sizes = Sizes(self._density(int(width), int(height)), manner.bigger)
        placed = place(view, width, height, sizes)
        self._surface.show(placed, HIGH_CONTRAST if manner.contrast else LIGHT, sizes)
        self._on_shown(view, placed, self._surface)


def _configure(window: tuple[int, int] | None) -> None:
    """Before the window exists. Only what differs from Kivy's defaults, and why."""
    for device, _ in list(Config.items("input")):
        Config.remove_option("input", device)
    Config.set("input", "mouse", "mouse,disable_multitouch")  # one source of touches: two would tap twice
    Config.set("graphics", "multisamples", "0")  # a fifth of the start and 36 MiB
    Config.set("graphics", "maxfps", "0")  # our loop waits for events; Kivy's clock need not
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "keyboard_mode", "system")  # ours is part of the screen
    if window is None:
        Config.set("graphics", "fullscreen", "auto")
        Config.set("graphics", "show_cursor", "0")
        return
    Config.set("graphics", "fullscreen", "0")
    Config.set("graphics", "width", str(window[0]))
    Config.set("graphics", "height", str(window[1]))
