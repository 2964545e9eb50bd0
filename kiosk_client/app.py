"""The Kivy app: one window that shows a session's view and brings it the taps."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from kivy.app import App
from kivy.base import EventLoop, runTouchApp
from kivy.clock import Clock
from kivy.config import Config

from kiosk_client.faults import where
from kiosk_client.focus import Stop
from kiosk_client.fonts import Fonts
from kiosk_client.geometry import Placed
from kiosk_client.glass import Glass
from kiosk_client.keypad import Held, Key, key_of
from kiosk_client.screens import kernel_display
from kiosk_client.screens.drawing import Pen
from kiosk_client.screens.loop import Loop
from kiosk_client.screens.surface import Surface
from kiosk_client.screens.text import Typesetter
from kiosk_client.screens.theme import PALETTES
from kiosk_client.view import Tap, Typing, View
from kiosk_client.views import Manner

_TICK = 1.0
_SOON = 0.1  # seconds after a screen is there
_log = logging.getLogger(__name__)

Shown = Callable[[View, Sequence[Placed], Surface], None]


class Showing(Protocol):
    """What can be on the screen: the participants' session, or the setup.

    `foreseen`: what is likely to come, to be drawn beforehand; the same object until it changes.
    `focus`: what the arrow keys are at. `hidden`: nothing is shown. `touched`: a finger came down, wherever.
    `corner`: staff held the corner that is theirs.
    """

    @property
    def view(self) -> View: ...
    @property
    def foreseen(self) -> tuple[View, ...]: ...
    @property
    def manner(self) -> Manner: ...
    @property
    def focus(self) -> Stop | None: ...
    @property
    def hidden(self) -> bool: ...
    def touched(self, seconds: float) -> None: ...
    def corner(self, seconds: float) -> None: ...
    def tap(self, tap: Tap, now: datetime, seconds: float) -> None: ...
    def type(self, letter: str, now: datetime, seconds: float) -> None: ...
    def key(self, key: Key, now: datetime, seconds: float) -> None: ...
    def tick(self, seconds: float) -> None: ...
    def recover(self) -> None: ...


class KioskApp(App):  # type: ignore[misc]
    """`window`: pixels, or None for the whole screen. `density`: pixels per mm for a window of so many pixels.

    `fonts`: those beside the window's own.
    `on_shown`: called with each view as it goes onto the screen. `on_first_frame`: called once. `on_tick`: called every
    second, as long as the loop turns. `may_type`: whether letters of a real keyboard count; keys of a keypad always do.
    `seconds`: a clock that never goes back.
    """

    def __init__(
        self,
        window: tuple[int, int] | None,
        density: Callable[[int, int], float],
        fonts: Fonts,
        on_first_frame: Callable[[], None],
        on_shown: Shown = lambda _view, _placed, _surface: None,
        on_tick: Callable[[], None] = lambda: None,
        may_type: Callable[[], bool] = lambda: True,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        _configure(window)
        super().__init__()
        self.title = "Warm Handoff"
        self._density = density
        self._typesetter = Typesetter(fonts)
        self._on_first_frame = on_first_frame
        self._on_shown = on_shown
        self._on_tick = on_tick
        self._may_type = may_type
        self._seconds = seconds
        self._showing: Showing | None = None
        self._surface = Surface(self._tapped, self._touched, self._corner)
        self._foreseen: tuple[View, ...] = ()
        self._to_rehearse: list[View] = []
        self._held = Held()
        self._repeats = False
        self._loop: Loop | None = None
        self.glass: Glass | None = None
        """What it was last drawn on."""

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
            on_key_up=lambda _window, _key, code: self._held.up(code),
            on_request_close=lambda *_: False,
        )
        kernel_display.complete(window, lambda: self.change(window.canvas.ask_update))
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
        self._safely(lambda showing: showing.tap(tap, datetime.now(UTC), self._seconds()))

    def _touched(self) -> None:
        self._safely(lambda showing: showing.touched(self._seconds()), only_changes=True)

    def _corner(self) -> None:
        self._safely(lambda showing: showing.corner(self._seconds()))

    def _tick(self, _since: float) -> None:
        self._on_tick()
        self._safely(lambda showing: showing.tick(self._seconds()), only_changes=True)

    def _typed(self, _window: object, text: str) -> None:
        """A real keyboard types like the one on the screen, where it may."""
        for letter in "" if self._repeats or not self._may_type() else text:
            self._safely(lambda showing, letter=letter: showing.type(letter, datetime.now(UTC), self._seconds()))  # type: ignore[misc]

    def _key_down(self, _window: object, _key: int, code: int, _text: object, modifiers: Sequence[str]) -> bool:
        self._repeats = not self._held.down(code, self._seconds())
        if self._showing is None or self._repeats:
            return True
        digits = self._may_type() and "numlock" in modifiers and isinstance(self._showing.view.body, Typing)
        key = key_of(code, digits=digits)
        if key is not None:
            self._safely(lambda showing: showing.key(key, datetime.now(UTC), self._seconds()))
        return True

    def _safely(self, do: Callable[[Showing], None], *, only_changes: bool = False) -> None:
        """Let it happen, and show what came of it. What breaks clears the participant and begins anew, and leaves no
        word of an answer anywhere."""
        if self._showing is None:
            return
        before = self._state() if only_changes else None
        try:
            do(self._showing)
            if not only_changes or self._state() != before:
                self._show()
        except Exception as error:
            _log.error("cleared the screen: %s", where(error))
            del before
            self._showing.recover()
            self._show()

    def _state(self) -> object:
        showing = self._showing
        return showing and (showing.view, showing.manner, showing.focus, showing.hidden)

    def _show(self) -> None:
        showing = self._showing
        if showing is None or self._surface.parent is None:
            return
        width, height = self._surface.size
        self.glass = Glass(width, height, self._density(int(width), int(height)))
        view, hidden = showing.view, showing.hidden
        placed, pen = self._laid_out(showing, view, self.glass)
        placed = [] if hidden else placed
        self._surface.show(placed, pen, showing.focus, None if hidden else view.name, view.elsewhere)
        self._on_shown(view, placed, self._surface)
        if showing.foreseen is not self._foreseen:
            self._foreseen = showing.foreseen
            self._to_rehearse = list(reversed(self._foreseen))
            Clock.schedule_once(self._rehearse, _SOON)

    def _rehearse(self, _since: float) -> None:
        """Draw a screen that may come where nobody sees it: then its words are set when it is asked for. One a turn,
        so that a tap never waits for more than one."""
        if self._showing is not None and self.glass is not None and self._to_rehearse:
            self._surface.rehearse(*self._laid_out(self._showing, self._to_rehearse.pop(), self.glass))
            Clock.schedule_once(self._rehearse)

    def _laid_out(self, showing: Showing, view: View, glass: Glass) -> tuple[Sequence[Placed], Pen]:
        """Where everything of a view stands, and what it is drawn with."""
        manner = showing.manner
        palette = PALETTES["contrast" if showing.hidden else manner.theme]  # black, when hidden
        return glass.place(view, manner), Pen(palette, glass.sizes(manner), view.mirrored, self._typesetter)


def _configure(window: tuple[int, int] | None) -> None:
    """Before the window exists. Only what differs from Kivy's defaults, and why."""
    for device, _ in list(Config.items("input")):
        Config.remove_option("input", device)
    Config.set("input", "mouse", "mouse,disable_multitouch")  # one source of touches: two would tap twice
    Config.set("graphics", "multisamples", "0")  # a fifth of the start and 36 MiB
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "keyboard_mode", "system")  # ours is part of the screen
    if window is None:
        Config.set("graphics", "fullscreen", "auto")
        Config.set("graphics", "show_cursor", "0")
        return
    Config.set("graphics", "fullscreen", "0")
    Config.set("graphics", "width", str(window[0]))
    Config.set("graphics", "height", str(window[1]))
