"""The kiosk's real window without a screen: the same drawing by the same GL, tapped by real touches, in this process.

One window a process is what SDL and Kivy can do, so there is one `OffscreenKiosk` at a time.
"""

import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kiosk_client import keypad
from kiosk_client.__main__ import KIVY
from kiosk_client.flow import Flow
from kiosk_client.fonts import Fonts
from kiosk_client.geometry import Placed, Rect
from kiosk_client.guide import Guide
from kiosk_client.session import Session
from kiosk_client.view import Tap, View
from shared_schema.form import Form, load_form
from shared_schema.intake import Answer
from shared_schema.kiosk_api import KioskConfig
from shared_schema.sealing import OpeningKey
from tests.kiosk.transcript import Transcript

os.environ.update(KIVY, SDL_VIDEODRIVER="offscreen")

from kivy.base import EventLoop, stopTouchApp
from kivy.graphics.opengl import glFinish
from kivy.tests.common import UnitTestTouch

from kiosk_client.app import KioskApp
from kiosk_client.panel import assumed_pixels_per_mm
from kiosk_client.screens import kernel_display
from kiosk_client.screens.drawing import Pen, colours, ink_of
from kiosk_client.screens.surface import Surface
from kiosk_client.screens.text import Setting, Text, Typesetter, in_the_order_of_drawing

__all__ = [
    "OffscreenKiosk",
    "Pen",
    "Setting",
    "Surface",
    "Text",
    "Typesetter",
    "a_config",
    "colours",
    "in_the_order_of_drawing",
    "ink_of",
    "kernel_display",
    "turn",
]
"""What draws can only be imported here, once the environment says how."""

_CODES = {key.value: code for code, key in reversed(keypad._KEYS.items())}


def a_config(form: Form) -> KioskConfig:
    return KioskConfig(
        site_name="Harbor House",
        languages=form.reviewed_languages(),
        form_name=form.name,
        form_version=form.version,
        service_key=OpeningKey.generate().public(),
    )


def turn() -> None:
    """A turn of the loop: it draws, and gives back the textures that nobody holds any more. Without a screen nothing
    waits for the drawing to be done, and what is begun would pile up in memory."""
    EventLoop.idle()
    glFinish()


class OffscreenKiosk:
    """`handed_in`: the answers that participants sent. `safe`: what handing in says. `voice`: what it said.

    `may_type`: whether letters of a real keyboard count.
    """

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        self.form = load_form()
        self.handed_in: list[dict[str, Answer]] = []
        self.safe = True
        self.may_type = True
        self.view: View | None = None
        self.placed: Sequence[Placed] = ()
        self.app = KioskApp(
            (width, height),
            assumed_pixels_per_mm,
            Fonts(),
            lambda: None,
            self._shown,
            may_type=lambda: self.may_type,
        )
        self.surface: Surface | None = None

    def __enter__(self) -> "OffscreenKiosk":
        self.app._run_prepare()
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.app.stop()
        stopTouchApp()

    def begin(self) -> None:
        """A fresh session, as after a participant."""
        self.may_type = True
        self.session = Session(self.form, a_config(self.form), lambda: "maple-7", self._hand_in, time.monotonic())
        self.voice = Transcript()
        self.guide = Guide(self.session, self.voice, glass=lambda: self.app.glass)
        self.app.present(self.guide)
        self.frames()

    def tap(self, *taps: str) -> None:
        """Touch what is on the screen under these names, one after another."""
        for name in taps:
            finger = self.finger(self.target(name))
            finger.touch_down()
            finger.touch_up()
            self.frames()

    def finger(self, on: Rect, *, second: bool = False) -> UnitTestTouch:
        """A finger over the middle of something. `second`: the second half of a double tap, as Kivy tells it."""
        finger = UnitTestTouch(on.x + on.width / 2, EventLoop.window.height - on.y - on.height / 2)
        finger.is_double_tap = second
        return finger

    def rest(self, x: float, y: float, seconds: float) -> None:
        """A finger that rests there; counted from the bottom left."""
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        time.sleep(seconds)
        touch.touch_up()
        self.frames()

    def press(self, *keys: str) -> None:
        """Keys of the keypad by their names in keypad.Key, or a letter that a keyboard types."""
        for name in keys:
            code = _CODES.get(name, 4)
            EventLoop.window.dispatch("on_key_down", 0, code, None, [])
            if name not in _CODES:
                EventLoop.window.dispatch("on_textinput", name)
            EventLoop.window.dispatch("on_key_up", 0, code)
            self.frames()

    def hold(self, letter: str, times: int) -> None:
        """A key with a letter on it is held down, and the keyboard repeats it."""
        for _ in range(times):
            EventLoop.window.dispatch("on_key_down", 0, 4, letter, [])
            EventLoop.window.dispatch("on_textinput", letter)
        EventLoop.window.dispatch("on_key_up", 0, 4)
        self.frames()

    def target(self, name: str) -> Rect:
        return next(
            each.rect
            for each in self.placed
            if isinstance(tap := getattr(each.item, "tap", None), Tap) and str(tap) == name
        )

    def frames(self, count: int = 1) -> None:
        for _ in range(count):
            turn()

    def picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.frames()
        assert self.surface is not None
        self.surface.export_to_png(str(path))

    def _hand_in(self, flow: Flow, _now: datetime) -> bool:
        self.handed_in.append(dict(flow.answers))
        return self.safe

    def _shown(self, view: View, placed: Sequence[Placed], surface: Surface) -> None:
        self.view, self.placed, self.surface = view, placed, surface
