"""The ground of a touch or a field as one small texture that is stretched: rounded, with its edge and its shadow.

Drawn as three shapes over each other it cost most of a frame where a processor does the drawing.
"""

from dataclasses import dataclass
from functools import lru_cache

from kivy.graphics import BorderImage, ClearBuffers, ClearColor, Color, Fbo, SmoothLine, SmoothRoundedRectangle
from kivy.graphics.texture import Texture

from kiosk_client.geometry import Rect
from kiosk_client.screens.theme import Colour

_ROOM = 2  # pixels around the edge's line, which is drawn half outside
_MIDDLE = 4  # pixels between the corners, which are stretched


@dataclass(frozen=True)
class Box:
    """`corner`, `line`, `shadow`: pixels; the shadow is below. Colours of what is inside and of the edge."""

    ground: Colour
    edge: Colour
    corner: int
    line: float
    shadow: int = 0

    def on(self, rect: Rect) -> BorderImage:
        """To be drawn in white, as `rect` and its shadow below."""
        side = self.corner + _ROOM
        return BorderImage(
            texture=_texture(self),
            border=(side + self.shadow, side, side, side),
            pos=(rect.x - _ROOM, rect.y - _ROOM - self.shadow),
            size=(rect.width + 2 * _ROOM, rect.height + 2 * _ROOM + self.shadow),
        )


@lru_cache(maxsize=100)
def _texture(box: Box) -> Texture:
    inside = 2 * box.corner + _MIDDLE
    size = (inside + 2 * _ROOM, inside + 2 * _ROOM + box.shadow)
    place, extent = (_ROOM, _ROOM + box.shadow), (inside, inside)
    fbo = Fbo(size=size)
    with fbo:
        ClearColor(*box.edge[:3], 0)  # so that the soft rim fades into its own colour
        ClearBuffers()
        if box.shadow:
            Color(*box.edge)
            SmoothRoundedRectangle(pos=(_ROOM, _ROOM), size=extent, radius=[box.corner])
        Color(*box.ground)
        SmoothRoundedRectangle(pos=place, size=extent, radius=[box.corner])
        Color(*box.edge)
        SmoothLine(rounded_rectangle=(*place, *extent, box.corner), width=box.line)
    fbo.draw()
    return fbo.texture
