"""The whole screen: draws what the layout placed, and tells which touch was tapped. It knows nothing of intakes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kivy.graphics import ClearBuffers, ClearColor, InstructionGroup
from kivy.input import MotionEvent
from kivy.uix.widget import Widget

from kiosk_client.geometry import Placed, Rect
from kiosk_client.screens.drawing import Pen
from kiosk_client.view import Field, Tap, Touch

HELD = 3.0
"""Seconds that staff hold the top right corner."""

_CORNER = 20.0  # mm


@dataclass
class _Drawn:
    placed: Placed
    group: InstructionGroup
    fits: bool


class Surface(Widget):  # type: ignore[misc]
    """Draws again only what has changed: a typed letter costs one field, not a keyboard.

    `on_corner`: the top right corner was held for HELD seconds and let go.
    """

    def __init__(
        self,
        on_tap: Callable[[Tap], None],
        on_touch: Callable[[], None],
        on_corner: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._on_corner = on_corner
        self._corner: tuple[MotionEvent, float] | None = None
        self._on_tap = on_tap
        self._on_touch = on_touch
        self._pen: Pen | None = None
        self._drawn: list[_Drawn] = []
        self._pressed: tuple[MotionEvent, Placed] | None = None
        self._screen: str | None = None
        self._tapped_on: str | None = None
        self._ground = InstructionGroup()
        self._ring = InstructionGroup()
        self.canvas.add(self._ground)
        self.canvas.after.add(self._ring)
        self.bind(size=lambda *_: self._draw_ground())

    @property
    def cut(self) -> list[str]:
        """Texts that did not fit their place at the smallest size; there should never be one."""
        return [str(drawn.placed.item) for drawn in self._drawn if not drawn.fits]

    def show(
        self, placed: Sequence[Placed], pen: Pen, focus: Touch | Field | None = None, screen: str | None = None
    ) -> None:
        """Replace what is on the screen. `focus`: what the keypad is at. `screen`: its name; None when it is hidden."""
        self._pressed = None
        self._screen = screen
        if pen != self._pen:
            self._pen = pen
            self._remove_from(0)
        self._draw_ground()
        self._replace(placed)
        self._draw_ring(focus)

    def rehearse(self, placed: Sequence[Placed], pen: Pen) -> None:
        """Draw this where nobody sees it, so that what can be remembered of it is."""
        group = InstructionGroup()
        for each in placed:
            pen.draw(group, self._standing(each))

    def _replace(self, placed: Sequence[Placed]) -> None:
        kept = 0
        for drawn, wanted in zip(self._drawn, placed, strict=False):
            if drawn.placed != wanted:
                break
            kept += 1
        if len(placed) == len(self._drawn):
            for index in range(kept, len(placed)):
                self._redraw(index, placed[index])
            return
        self._remove_from(kept)
        for each in placed[kept:]:
            group = InstructionGroup()
            self.canvas.add(group)
            self._drawn.append(_Drawn(each, group, self._draw(group, each)))

    def on_touch_down(self, touch: MotionEvent) -> bool:
        before = self._screen
        self._on_touch()
        if self._screen != before or self._is_second_half(touch):
            return True
        self._corner = (touch, time.monotonic()) if self._is_corner(touch) else None
        if self._pressed is None and (found := self._at(touch.x, touch.y)) is not None:
            self._pressed = touch, found
            self._show_pressed(found, pressed=True)
        return True

    def on_touch_move(self, _touch: MotionEvent) -> bool:
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        """A tap counts where it began, when the finger leaves: one can still slide away from a mistake."""
        if self._corner is not None and self._corner[0] is touch and self._is_corner(touch):
            (_, since), self._corner = self._corner, None
            if time.monotonic() - since >= HELD:
                self._on_corner()
        if self._pressed is None or self._pressed[0] is not touch:
            return True
        _, placed = self._pressed
        self._pressed = None
        self._show_pressed(placed, pressed=False)
        if self._at(touch.x, touch.y) == placed and (tap := _tap_of(placed)) is not None:
            self._tapped_on = self._screen
            self._on_tap(tap)
        return True

    def _is_second_half(self, touch: MotionEvent) -> bool:
        """Of a double tap whose first half has changed the screen: it was not meant for what is there now."""
        return bool(touch.is_double_tap) and self._tapped_on != self._screen

    def _at(self, x: float, y: float) -> Placed | None:
        for drawn in self._drawn:
            rect = drawn.placed.rect
            if rect.x <= x <= rect.right and rect.y <= self.height - y <= rect.bottom and _tap_of(drawn.placed):
                return drawn.placed
        return None

    def _is_corner(self, touch: MotionEvent) -> bool:
        side = self._pen.sizes.mm(_CORNER) if self._pen is not None else 0
        return bool(touch.x >= self.width - side and touch.y >= self.height - side)

    def _show_pressed(self, placed: Placed, *, pressed: bool) -> None:
        for drawn in self._drawn:
            if drawn.placed == placed:
                drawn.group.clear()
                self._draw(drawn.group, placed, pressed=pressed)

    def _redraw(self, index: int, placed: Placed) -> None:
        drawn = self._drawn[index]
        if drawn.placed != placed:
            drawn.group.clear()
            drawn.placed = placed
            drawn.fits = self._draw(drawn.group, placed)

    def _draw_ring(self, focus: Touch | Field | None) -> None:
        self._ring.clear()
        for drawn in self._drawn:
            if self._pen is not None and focus is not None and drawn.placed.item == focus:
                self._pen.ring(self._ring, self._upright(drawn.placed.rect))

    def _draw(self, group: InstructionGroup, placed: Placed, *, pressed: bool = False) -> bool:
        return self._pen is None or self._pen.draw(group, self._standing(placed), pressed=pressed)

    def _standing(self, placed: Placed) -> Placed:
        return replace(placed, rect=self._upright(placed.rect))

    def _upright(self, rect: Rect) -> Rect:
        """Counted from the bottom left."""
        return Rect(round(rect.x), round(self.height - rect.bottom), round(rect.width), round(rect.height))

    def _remove_from(self, index: int) -> None:
        for drawn in self._drawn[index:]:
            self.canvas.remove(drawn.group)
        del self._drawn[index:]

    def _draw_ground(self) -> None:
        self._ground.clear()
        if self._pen is not None:
            self._ground.add(ClearColor(*self._pen.palette.ground))
            self._ground.add(ClearBuffers())


def _tap_of(placed: Placed) -> Tap | None:
    item = placed.item
    if isinstance(item, Touch):
        return item.tap if item.enabled else None
    return item.tap if isinstance(item, Field) else None
