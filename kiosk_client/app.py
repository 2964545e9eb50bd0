"""The Kivy app: one window that shows a session's view and brings it the taps."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from kivy.app import App
from kivy.base import EventLoop
from kivy.clock import Clock, mainthread
from kivy.config import Config

from kiosk_client.fonts import Fonts
from kiosk_client.geometry import Placed, Sizes
from kiosk_client.layout import place
from kiosk_client.screens.drawing import Pen
from kiosk_client.screens.surface import Surface
from kiosk_client.screens.text import Typesetter
from kiosk_client.screens.theme import PALETTES
from kiosk_client.view import Action, Tap, View
from kiosk_client.views import Manner

_FRAMES = 30  # a second, while something moves; see speed figures in docs
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

    `fonts`: those beside the window's own.
    `on_shown`: called with each view as it goes onto the screen. `on_first_frame`: called once.
    """

    def __init__(
        self,
        window: tuple[int, int] | None,
        density: Callable[[int, int], float],
        fonts: Fonts,
        on_first_frame: Callable[[], None],
        on_shown: Shown = lambda _view, _placed, _surface: None,
    ) -> None:
        _configure(window)
        super().__init__()
        self.title = "Warm Handoff"
        self._density = density
        self._typesetter = Typesetter(fonts)
        self._on_first_frame = on_first_frame
        self._on_shown = on_shown
        self._showing: Showing | None = None
        self._surface = Surface(self._tapped)

    @mainthread  # type: ignore[untyped-decorator]
    def change(self, change: Callable[[], None]) -> None:
        """Do this between two frames, from any thread, and show what came of it."""
        change()
        self._show()

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
        density = self._density(int(width), int(height))
        sizes = Sizes.of_panel(width, height, density, bigger=manner.bigger, reach=manner.reach)
        placed = place(view, width, height, sizes, reach=manner.reach)
        self._surface.show(placed, Pen(PALETTES[manner.theme], sizes, view.mirrored, self._typesetter))
        self._on_shown(view, placed, self._surface)


def _configure(window: tuple[int, int] | None) -> None:
    """Before the window exists. Only what differs from Kivy's defaults, and why."""
    for device, _ in list(Config.items("input")):
        Config.remove_option("input", device)
    Config.set("input", "mouse", "mouse,disable_multitouch")  # one source of touches: two would tap twice
    Config.set("graphics", "multisamples", "0")  # a fifth of the start and 36 MiB
    Config.set("graphics", "maxfps", str(_FRAMES))
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "keyboard_mode", "system")  # ours is part of the screen
    if window is None:
        Config.set("graphics", "fullscreen", "auto")
        Config.set("graphics", "show_cursor", "0")
        return
    Config.set("graphics", "fullscreen", "0")
    Config.set("graphics", "width", str(window[0]))
    Config.set("graphics", "height", str(window[1]))
