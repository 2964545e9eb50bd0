"""Where everything of a view stands, in pixels from the top left. Pure: the window only draws what comes out here."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from kiosk_client.view import Columns, Field, Look, Paragraphs, Tiles, Touch, Typing, View, Word

_CAP_HEIGHT = 0.711  # of the letter size, in Roboto
SMALLEST_CAPITAL = 4.8
"""mm, Section 508 402.4: 3/16 in."""
_BIGGER_CAPITAL = 7.3  # mm, EN 301 549 5.1.4 read at 600 mm
LINE = 1.2  # of the letter size
_TARGET = 15.0  # mm, the smallest touch
_GAP = 3.0  # mm between touches
_TALLEST_TILE = 34.0
_WIDEST = 300.0  # mm: on a wall of a panel, hands and eyes still find everything
_THREE_COLUMNS_FROM = 7

Align = Literal["left", "center", "right"]


class Style(StrEnum):
    TITLE = "title"
    BODY = "body"
    SOFT = "soft"
    WARNING = "warning"
    HUGE = "huge"


@dataclass(frozen=True)
class Sizes:
    """Millimetres of this panel in pixels. `bigger`: the participant asked for bigger text."""

    pixels_per_mm: float
    bigger: bool = False

    def mm(self, length: float) -> float:
        return length * self.pixels_per_mm

    @property
    def smallest(self) -> float:
        """Letter size below which nothing is ever set."""
        return self.mm(SMALLEST_CAPITAL / _CAP_HEIGHT)

    @property
    def body(self) -> float:
        return self.mm((_BIGGER_CAPITAL if self.bigger else SMALLEST_CAPITAL) / _CAP_HEIGHT)

    @property
    def title(self) -> float:
        return max(self.mm(8.0), self.body)


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
    rect: Rect
    item: Item


def place(view: View, width: float, height: float, sizes: Sizes) -> list[Placed]:
    """Everything in its reading order. All touches are at least 15 mm and 3 mm apart on panels of 10.1 in and more."""
    margin, gap, bar = sizes.mm(_GAP), sizes.mm(_GAP), sizes.mm(_TARGET)
    across = min(width - 2 * margin, sizes.mm(_WIDEST))
    screen = Rect((width - across) / 2, margin, across, height - 2 * margin)
    top, bottom = screen.y, screen.bottom
    placed: list[Placed] = []
    if view.left or view.right:
        placed += _bar(view.left, view.right, Rect(screen.x, top, across, bar), sizes)
        top += bar + gap
    last: list[Placed] = []
    if view.quiet or view.act:
        last = _bar(view.quiet, view.act, Rect(screen.x, bottom - bar, across, bar), sizes)
        bottom -= bar + gap
    if view.progress is not None:
        placed.append(Placed(Rect(screen.x, top, across, sizes.mm(2)), Dots(*view.progress)))
        top += sizes.mm(2) + gap
    middle = Rect(screen.x, top, across, bottom - top)
    return [*placed, *_middle(view, middle, sizes), *last]


def _bar(left: Sequence[Touch], right: Sequence[Touch], bar: Rect, sizes: Sizes) -> list[Placed]:
    """Touches as wide as their words ask for, those of `left` from the left edge, those of `right` to the right one."""
    gap = sizes.mm(_GAP)
    widths = [_wanted(touch, sizes) for touch in (*left, *right)]
    room = bar.width - gap * max(0, len(widths) - 1)
    if sum(widths) > room:
        widths = [width * room / sum(widths) for width in widths]
    placed = []
    x = bar.x
    for touch, width in zip(left, widths, strict=False):
        placed.append(Placed(Rect(x, bar.y, width, bar.height), touch))
        x += width + gap
    x = bar.right - sum(widths[len(left) :]) - gap * max(0, len(right) - 1)
    for touch, width in zip(right, widths[len(left) :], strict=True):
        placed.append(Placed(Rect(x, bar.y, width, bar.height), touch))
        x += width + gap
    return placed


def _wanted(touch: Touch, sizes: Sizes) -> float:
    """Width of a button in a bar. Letters of Roboto are about half as wide as their size."""
    least = sizes.mm(_TARGET * (2.6 if touch.look is Look.ACT else 1.6))
    return max(least, len(touch.text) * sizes.body * 0.53 + sizes.mm(16.5 if touch.icon else 6.5))


def _middle(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    match view.body:
        case Typing(pad=True):
            return _pad(view, view.body, area, sizes)
        case Typing():
            return _keyboard(view, view.body, area, sizes)
        case Word():
            return _word(view, view.body, area, sizes)
        case Paragraphs():
            return _paragraphs(view, view.body, area, sizes)
        case Columns():
            return _columns(view, view.body, area, sizes)
        case Tiles():
            head, rest = _headed(view, area, sizes)
            return [*head, *_tiles(view.body.touches, rest, sizes)]


def _headed(view: View, area: Rect, sizes: Sizes) -> tuple[list[Placed], Rect]:
    """The question, the line under it, and what is left below."""
    line = sizes.title * LINE
    lines = _lines(view.title, area.width, sizes.title)
    placed = [Placed(Rect(area.x, area.y, area.width, lines * line), Words(view.title, Style.TITLE, sizes.title))]
    y = area.y + lines * line
    if view.help or view.note:
        placed += _help(view, Rect(area.x, y, area.width, 0), sizes)
        y = max(each.rect.bottom for each in placed)
    y += sizes.mm(_GAP)
    return placed, Rect(area.x, y, area.width, area.bottom - y)


def _help(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    """Help to the left and the note to the right of one line, as long as both have room."""
    size = sizes.smallest
    note = (len(view.note) + 2) * size * 0.5
    has_room = len(view.help) * size * 0.5 + note < area.width
    width = area.width - note if view.note and has_room else area.width
    height = _lines(view.help, width, size) * size * LINE
    style = Style.WARNING if view.warning else Style.SOFT
    placed = [Placed(Rect(area.x, area.y, width, height), Words(view.help, style, size))] if view.help else []
    if view.note and has_room:
        where = Rect(area.right - note, area.y, note, size * LINE)
        placed.append(Placed(where, Words(view.note, Style.SOFT, size, "right")))
    return placed


def _tiles(touches: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    gap = sizes.mm(_GAP)
    wide = area.width > area.height
    columns = 1 if len(touches) == 1 else 2
    if len(touches) >= _THREE_COLUMNS_FROM and wide:
        columns = 3
    if not wide and area.width < sizes.mm(160):
        columns = 1 if len(touches) <= 6 else 2
    rows = math.ceil(len(touches) / columns)
    height = min(sizes.mm(_TALLEST_TILE), (area.height - gap * (rows - 1)) / rows)
    width = (area.width - gap * (columns - 1)) / columns
    return [
        Placed(
            Rect(area.x + index % columns * (width + gap), area.y + index // columns * (height + gap), width, height),
            touch,
        )
        for index, touch in enumerate(touches)
    ]


def _columns(view: View, body: Columns, area: Rect, sizes: Sizes) -> list[Placed]:
    gap = sizes.mm(_GAP)
    greetings = view.title.split("\n")
    size = sizes.title * 1.15
    line = size * LINE
    placed = []
    y = area.y + max(gap, (area.height - sizes.mm(70) - len(greetings) * line) / 3)
    for greeting in greetings:
        lines = _lines(greeting, area.width, size)
        where = Rect(area.x, y, area.width, lines * line)
        placed.append(Placed(where, Words(greeting, Style.TITLE, size, "center")))
        y += lines * line
    y += sizes.mm(_GAP * 2)
    width = (area.width - gap * (len(body.columns) - 1)) / len(body.columns)
    heights = (sizes.mm(32), sizes.mm(20))
    room = area.bottom - y - gap
    heights = tuple(min(height, room * height / sum(heights)) for height in heights)  # type: ignore[assignment]
    for index, touches in enumerate(body.columns):
        top = y
        for touch, height in zip(touches, heights, strict=True):
            placed.append(Placed(Rect(area.x + index * (width + gap), top, width, height), touch))
            top += height + gap
    return placed


def _paragraphs(view: View, body: Paragraphs, area: Rect, sizes: Sizes) -> list[Placed]:
    """A picture at the left, title and text beside it. What is asked stands under them, all of it in the middle."""
    gap = sizes.mm(_GAP)
    side = min(sizes.mm(26), area.width / 6)
    beside = Rect(area.x + side + gap * 2, area.y, area.width - side - gap * 2, area.height)
    placed, rest = _headed(view, beside, sizes)
    y = rest.y
    size = sizes.body
    foot = area.bottom - (sizes.mm(_TARGET) + gap if body.touches else 0)
    while size > sizes.smallest and y + _height(body.lines, rest.width, size, gap) > foot:
        size = max(sizes.smallest, size * 0.94)
    for text in body.lines:
        height = _lines(text, rest.width, size) * size * LINE
        placed.append(Placed(Rect(rest.x, y, rest.width, height), Words(text, Style.BODY, size)))
        y += height + gap
    placed.insert(0, Placed(Rect(area.x, area.y + gap / 2, side, side), Picture(body.icon)))
    if not body.touches:
        return placed
    y = max(y, area.y + side) + gap
    height = min(sizes.mm(24), max(sizes.mm(_TARGET), area.bottom - y))
    placed += _tiles(body.touches, Rect(area.x, y, area.width, height), sizes)
    return _lowered(placed, max(0, (area.bottom - y - height) / 2))


def _height(lines: Sequence[str], width: float, size: float, gap: float) -> float:
    return sum(_lines(text, width, size) * size * LINE + gap for text in lines)


def _lowered(placed: Sequence[Placed], by: float) -> list[Placed]:
    return [replace(each, rect=replace(each.rect, y=each.rect.y + by)) for each in placed]


def _word(view: View, body: Word, area: Rect, sizes: Sizes) -> list[Placed]:
    gap = sizes.mm(_GAP)
    huge = min(sizes.mm(24), area.width / max(8, len(body.word)) * 1.7)
    parts = [(view.title, Style.TITLE, sizes.title), (body.word, Style.HUGE, huge)]
    parts += [(line, Style.BODY, sizes.body) for line in body.lines]
    heights = [_lines(text, area.width, size) * size * LINE for text, _, size in parts]
    y = area.y + max(0, (area.height - sum(heights) - gap * len(parts)) / 2)
    placed = []
    for (text, style, size), height in zip(parts, heights, strict=True):
        placed.append(Placed(Rect(area.x, y, area.width, height), Words(text, style, size, "center")))
        y += height + gap
    return placed


def _keyboard(view: View, body: Typing, area: Rect, sizes: Sizes) -> list[Placed]:
    """Question and fields above, keys below, of a hand's size and in the middle."""
    gap = sizes.mm(_GAP)
    rows = len(body.rows)
    key = min(sizes.mm(20), max(sizes.mm(_TARGET), (area.height * 0.62 - gap * (rows - 1)) / rows))
    keys = rows * key + gap * (rows - 1)
    above = Rect(area.x, area.y, area.width, area.height - keys - gap)
    across = Rect(area.x, above.bottom + gap, min(area.width, sizes.mm(260)), keys)
    across = Rect(area.x + (area.width - across.width) / 2, across.y, across.width, keys)
    return [*_asked_beside(view, body.fields, above, sizes), *_key_rows(body.rows, across, key, gap)]


def _asked_beside(view: View, fields: Sequence[Field], area: Rect, sizes: Sizes) -> list[Placed]:
    """Question at the left and the field at the right, or one above the other where there is the height for it."""
    gap, field = sizes.mm(_GAP), sizes.mm(_TARGET)
    title = _lines(view.title, area.width, sizes.title) * sizes.title * LINE
    if len(fields) == 1 and area.height < title + sizes.smallest * LINE + field + gap:
        half = (area.width - gap * 2) * 0.48
        height = min(area.height, max(field, _lines(view.title, half, sizes.title) * sizes.title * LINE))
        question = Placed(Rect(area.x, area.y, half, height), Words(view.title, Style.TITLE, sizes.title))
        return [question, Placed(Rect(area.x + half + gap * 2, area.y, half * 1.04, field), fields[0])]
    head, rest = _headed(view, area, sizes)
    return [*head, *_stacked(fields, rest, sizes)]


def _stacked(fields: Sequence[Field], area: Rect, sizes: Sizes) -> list[Placed]:
    gap, height = sizes.mm(_GAP), sizes.mm(_TARGET)
    width = (area.width - gap * (len(fields) - 1)) / len(fields)
    return [
        Placed(Rect(area.x + index * (width + gap), area.y, width, height), field) for index, field in enumerate(fields)
    ]


def _pad(view: View, body: Typing, area: Rect, sizes: Sizes) -> list[Placed]:
    """Question and field at the left, the keypad at the right."""
    gap = sizes.mm(_GAP)
    rows = len(body.rows)
    key = min(sizes.mm(22), (area.height - gap * (rows - 1)) / rows)
    width = min(area.width * 0.46, sizes.mm(110))
    left = Rect(area.x, area.y, area.width - width - gap * 3, area.height)
    head, rest = _headed(replace(view, note=""), left, sizes)
    pad = Rect(area.right - width, area.y, width, area.height)
    return [*head, *_stacked(body.fields, rest, sizes), *_key_rows(body.rows, pad, key, gap)]


def _key_rows(rows: Sequence[Sequence[Touch]], area: Rect, height: float, gap: float) -> Iterator[Placed]:
    """Rows of keys of one width, each row in the middle; the last row is filled by words, the space bar widest."""
    most = max(len(row) for row in rows)
    one = (area.width - gap * (most - 1)) / most
    for number, row in enumerate(rows):
        y = area.y + number * (height + gap)
        shares = [_share(touch) for touch in row]
        words = any(share != 1 for share in shares)
        unit = (area.width - gap * (len(row) - 1)) / sum(shares) if words else one
        x = area.x + (area.width - sum(shares) * unit - gap * (len(row) - 1)) / 2
        for touch, share in zip(row, shares, strict=True):
            yield Placed(Rect(x, y, share * unit, height), touch)
            x += share * unit + gap


def _share(touch: Touch) -> float:
    if touch.tap.value == " ":
        return 4
    return 1 if len(touch.text) == 1 else 2


def _lines(text: str, width: float, size: float) -> int:
    """About how many lines a text takes; words are set by the window, which makes them smaller if this was too few."""
    count = 0
    for paragraph in text.split("\n"):
        room = width
        count += 1
        for word in paragraph.split(" "):
            wide = (len(word) + 1) * size * 0.5
            if wide > room and room < width:
                count += 1
                room = width
            room -= wide
    return count
