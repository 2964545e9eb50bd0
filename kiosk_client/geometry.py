"""Millimetres, letters and boxes: what the layout reckons with. Pure numbers, no window."""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kiosk_client.view import Field, Look, Touch

_CAP_HEIGHT = 0.711  # of the letter size, in Roboto; the built fonts have the same or more
SMALLEST_CAPITAL = 4.8
"""mm, Section 508 402.4: 3/16 in."""
BIGGER_CAPITALS = (7.3, 6.5, 5.7)
"""mm of bigger text, EN 301 549 5.1.4 read at 600 mm; then of a page that would be cut with letters that large."""
_BIGGER_WANTED = 1.07  # of them: so that letters that are a little wider than reckoned still fit
_TITLE = 8.0  # mm of the letter size
_BIGGER_TITLE = 1.575  # of a capital
_LINE = 1.2  # of the letter size
_TALL_LINE = 1.5  # of scripts with marks far above and below
_TALL = re.compile(
    "[\u0590-\u0e7f"  # Hebrew to Thai, Arabic and Devanagari between them
    "\U0001f000-\U0001faff]"  # pictures, which stand in another font than the words
)
_SQUARE = (
    range(0x1100, 0x1200),
    range(0x2E80, 0xA4D0),
    range(0xAC00, 0xD7B0),
    range(0xF900, 0xFB00),
    range(0xFF00, 0xFF61),
)
_ADVANCES = {
    **dict.fromkeys(" iljI.,:;'!|", 0.28),
    **dict.fromkeys("tfr()-/", 0.36),
    **dict.fromkeys("mwMWшщжюмфыШЩЖЮМФЫД@—", 0.87),
    **dict.fromkeys("ادذرزوءأإآؤة", 0.45),
    **dict.fromkeys("कखछजझञणफभलशस", 0.84),
}
"""Width of a letter as a share of its size, in the bold fonts; `_advance` has the rest."""
_BY_CATEGORY = {"Mn": 0.0, "Cf": 0.0, "Mc": 0.32, "Lu": 0.68, "So": 1.3}
_JOINED = {
    **dict.fromkeys("بتثيئنىل", (0.35, 0.9)),
    **dict.fromkeys("سشصض", (0.95, 1.4)),
    **dict.fromkeys("فق", (0.47, 1.0)),
    **dict.fromkeys("كطظ", (0.75, 0.95)),
    **dict.fromkeys("جحخعغمه", (0.62, 0.68)),
}
"""Arabic letters before another one of their word, and at its end."""
_LONGEST_WORD = 20
_PIECE = 8
_BESIDE_ROOM = 1.08  # for words that turn out wider than reckoned
_LIGHTER = 0.955
TARGET = 15.0
"""mm, the smallest touch."""
GAP = 3.0
"""mm between touches."""
PADDING = 2.5
"""mm between a touch's edge and what stands in it."""
PADDING_ABOVE = 0.9
BESIDE = 2.0
"""mm between a picture and its words."""
NARROW = 160.0
"""mm of width: a panel that has less stands upright."""
_UPRIGHT_PICTURE = 13.0  # mm of height, with its distances, beside two lines of words
_SMALLEST_PANEL = 136.0  # mm: the shorter side of 10.1 in
_LARGEST = 1.5

Align = Literal["left", "center", "right"]


class Style(StrEnum):
    TITLE = "title"
    BODY = "body"
    SOFT = "soft"
    WARNING = "warning"
    HUGE = "huge"


@dataclass(frozen=True)
class Sizes:
    """Millimetres of this panel in pixels. `capital`: mm of a capital's height in the smallest letters."""

    pixels_per_mm: float
    capital: float = SMALLEST_CAPITAL

    @classmethod
    def of_panel(
        cls, width: float, height: float, pixels_per_mm: float, capital: float, *, reach: bool = False
    ) -> "Sizes":
        """A panel larger than the smallest shows everything larger, not only further apart.

        Not with `reach`: half of a panel needs its room for the touches.
        """
        shorter = min(width, height) / pixels_per_mm
        larger = 1.0 if reach else min(_LARGEST, max(1.0, math.sqrt(shorter / _SMALLEST_PANEL)))
        larger = math.sqrt(larger) if capital > SMALLEST_CAPITAL else larger  # bigger text is large already
        return cls(pixels_per_mm * larger, capital)

    @property
    def bigger(self) -> bool:
        """Whether the participant asked for bigger text."""
        return self.capital > SMALLEST_CAPITAL

    def mm(self, length: float) -> float:
        return length * self.pixels_per_mm

    @property
    def smallest(self) -> float:
        """Letter size below which nothing is ever set; what was asked for as bigger text stays that large."""
        return self.mm(self.capital / _CAP_HEIGHT)

    @property
    def body(self) -> float:
        return self.smallest * (_BIGGER_WANTED if self.bigger else 1)

    @property
    def title(self) -> float:
        return self.mm(self.capital * _BIGGER_TITLE if self.bigger else _TITLE)


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
    behind: int
    steps: int


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


def line_height(text: str, size: float) -> float:
    return size * (_TALL_LINE if _TALL.search(text) else _LINE)


def wide(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in one line of letters of this size; rather too much than too little."""
    return _ems(text) * _scale(size, bold=bold)


def note_width(note: str, sizes: Sizes) -> float:
    """How wide a note in the smallest letters stands beside something, with its distance; 0 without one."""
    return wide(note, sizes.smallest) * _BESIDE_ROOM + sizes.mm(GAP) if note else 0


@dataclass(frozen=True)
class Measured:
    """A text that was measured once, to be tried in many sizes and widths.

    `paragraphs`: of each piece its width in letters of size 1, and that with the blank behind it. `line`: the height of
    a line of such letters.
    """

    paragraphs: tuple[tuple[tuple[float, float], ...], ...]
    line: float

    def lines(self, width: float, size: float, *, bold: bool = False) -> int:
        """About how many lines it takes; the window sets it a little smaller if these were too few."""
        scale = _scale(size, bold=bold)
        count = 0
        for paragraph in self.paragraphs:
            count += 1
            room = width
            for piece, with_blank in paragraph:
                taken = piece * scale
                if taken > room and room < width:
                    count += 1
                    room = width
                room -= with_blank * scale
                while taken > width:  # a word longer than a line
                    count += 1
                    room += width
                    taken -= width
        return count

    def tall(self, width: float, size: float, *, bold: bool = False) -> float:
        """About how high it stands in this width."""
        return self.lines(width, size, bold=bold) * self.line * size

    def widest(self, size: float, *, bold: bool = False) -> float:
        """The width of what stays together, at most."""
        pieces = (piece for paragraph in self.paragraphs for piece, _ in paragraph)
        return max(pieces, default=0) * _scale(size, bold=bold)


def measured(text: str) -> Measured:
    paragraphs = (pieces(paragraph) for paragraph in text.split("\n"))
    return Measured(
        tuple(tuple((_ems(piece.rstrip()), _ems(piece)) for piece in paragraph) for paragraph in paragraphs),
        line_height(text, 1),
    )


def tall(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """About how high a text stands in this width."""
    return measured(text).tall(width, size, bold=bold)


def pieces(text: str) -> list[str]:
    """What stays together when lines are broken: words with the blank behind them, and characters of scripts without
    blanks. Closing marks stay with what they close, opening ones with what they open. A word longer than any in a form
    was typed by somebody and is broken where it must.
    """
    found = []
    for word in text.split():
        piece = ""
        for letter in word:
            endless = len(word) > _LONGEST_WORD and len(piece) >= _PIECE and unicodedata.category(letter)[0] != "M"
            if piece and (endless or _may_break(piece[-1], letter)):
                found.append(piece)
                piece = ""
            piece += letter
        found.append(piece + " ")
    return [*found[:-1], found[-1].rstrip()] if found else []


def _may_break(before: str, after: str) -> bool:
    if not (is_square(before) or is_square(after)):
        return False
    return unicodedata.category(after) not in {"Pe", "Pf", "Po"} and unicodedata.category(before) not in {"Ps", "Pi"}


def is_square(letter: str) -> bool:
    """Whether it is as wide as it is high, and lines may break beside it: Chinese, Japanese, Korean."""
    return ord(letter) >= _SQUARE[0].start and any(ord(letter) in block for block in _SQUARE)


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


def fitting_size(texts: Iterable[tuple[Measured, float, float]], sizes: Sizes) -> float:
    """The largest size, down to the smallest, at which each text fits its width and height; 0 when none does."""
    asked = list(texts)
    size = sizes.body
    while True:
        if all(_fits(text, width, height, size) for text, width, height in asked):
            return size
        if size <= sizes.smallest:
            return 0
        size = max(sizes.smallest, size * 0.94)


def _fits(text: Measured, width: float, height: float, size: float) -> bool:
    return text.widest(size) <= width and text.tall(width, size) <= height + 1


def _ems(text: str) -> float:
    return sum(map(_advance, text, f"{text[1:]} "))


def _scale(size: float, *, bold: bool) -> float:
    return size if bold else size * _LIGHTER


def _advance(letter: str, following: str) -> float:
    if letter in _JOINED:
        return _JOINED[letter][0 if following.isalpha() else 1]
    if letter in _ADVANCES:
        return _ADVANCES[letter]
    if is_square(letter):
        return 1 / _LIGHTER  # as wide in both weights
    usual = 0.57 if ord(letter) < 0x0900 else 0.68
    return _BY_CATEGORY.get(unicodedata.category(letter), usual)
