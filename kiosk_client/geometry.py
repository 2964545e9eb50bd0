"""Boxes, what stands in them, and the room that they leave for it. Pure numbers, no window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from kiosk_client.lettering import line_height, wide
from kiosk_client.sizes import BESIDE, GAP, PADDING, PADDING_ABOVE, Sizes
from kiosk_client.view import Field, Look, Touch

_BESIDE_ROOM = 1.08  # for words that turn out wider than reckoned
_UPRIGHT_PICTURE = 13.0  # mm of height, with its distances, beside two lines of words

Align = Literal["left", "center", "right"]


class Style(StrEnum):
    TITLE = "title"
    BODY = "body"
    SOFT = "soft"
    WARNING = "warning"
    HUGE = "huge"


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def inset(self, across: float, along: float) -> "Rect":
        return Rect(self.x + across, self.y + along, self.width - 2 * across, self.height - 2 * along)


@dataclass(frozen=True)
class Words:
    """Text at most `size` large; smaller, down to Sizes.smallest, where it would not fit."""

    text: str
    style: Style
    size: float
    align: Align = "left"


@dataclass(frozen=True)
class Dots:
    """A row of them as high as its box: a dot for each step, and a longer one for the step that is being taken."""

    behind: int
    steps: int

    def spans(self, side: float) -> Iterator[tuple[float, float]]:
        """Of each its distance from where the row begins, and how long it is, where a dot is so wide."""
        for step in range(self.steps):
            yield step * side * 2.4 + (side * 2 if step > self.behind else 0), side * (3 if step == self.behind else 1)

    def width(self, side: float) -> float:
        """Of the whole row."""
        return max(start + long for start, long in self.spans(side))


@dataclass(frozen=True)
class Picture:
    icon: str


Item = Touch | Field | Words | Dots | Picture


@dataclass(frozen=True)
class Placed:
    """`letters`: the size of a touch's words where several go together; else what fits it."""

    rect: Rect
    item: Item
    letters: float | None = None


def moved(placed: Sequence[Placed], by: float) -> list[Placed]:
    """All of it, so many pixels further down."""
    return [replace(each, rect=replace(each.rect, y=each.rect.y + by)) for each in placed]


def note_width(note: str, sizes: Sizes) -> float:
    """How wide a note in the smallest letters stands beside something, with its distance; 0 without one."""
    return wide(note, sizes.smallest) * _BESIDE_ROOM + sizes.mm(GAP) if note else 0


def upright(rect: Rect, touch: Touch, sizes: Sizes) -> bool:
    """Whether the touch's picture stands above its words rather than beside them."""
    if touch.look not in {Look.TILE, Look.GRAVE} or touch.icon is None or touch.detail:
        return False
    return rect.height >= max(sizes.mm(_UPRIGHT_PICTURE) + 2 * line_height(touch.text, sizes.body), rect.width * 0.38)


def words_room(rect: Rect, touch: Touch, sizes: Sizes) -> tuple[float, float]:
    """Width and height that a tile leaves for its words."""
    inner = rect.inset(sizes.mm(PADDING), sizes.mm(PADDING_ABOVE))
    if upright(rect, touch, sizes):
        return inner.width, inner.height - picture_side(rect, touch, sizes) - sizes.mm(BESIDE) - sizes.mm(PADDING_ABOVE)
    side = picture_side(rect, touch, sizes)
    return inner.width - (side + sizes.mm(BESIDE) if side else 0), inner.height


def picture_side(rect: Rect, touch: Touch, sizes: Sizes) -> float:
    """How large the picture in a touch is drawn."""
    inner = rect.inset(sizes.mm(PADDING), sizes.mm(PADDING_ABOVE))
    if touch.icon is None:
        return 0
    if upright(rect, touch, sizes):
        words = 2 * line_height(touch.text, sizes.body) + sizes.mm(BESIDE + PADDING_ABOVE)
        return min(sizes.mm(20), inner.height - words, inner.height * 0.45)
    if touch.look in {Look.QUIET, Look.ACT}:
        return min(sizes.mm(7), inner.height * 0.9)
    if touch.detail:
        return min(sizes.mm(7), inner.width * 0.1)
    return min(sizes.mm(14), inner.height * 0.9, inner.width * 0.18)
