"""The middle of a screen: the question and what answers it."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kiosk_client.geometry import (
    GAP,
    NARROW,
    PADDING_ABOVE,
    TARGET,
    Measured,
    Picture,
    Placed,
    Rect,
    Sizes,
    Style,
    Words,
    fitting_size,
    line_height,
    measured,
    note_width,
    tall,
    upright,
    wide,
    words_room,
)
from kiosk_client.keys import key_rows, reflowed
from kiosk_client.slim_rows import rows_height, slim_rows
from kiosk_client.view import Columns, Field, Paragraphs, Tiles, Touch, Typing, View, Word

_TALLEST = 34.0  # mm of a tile with its picture beside the words
_TALLEST_UPRIGHT = 52.0
_TALLEST_START = 28.0
_NARROWEST_COLUMN = 66.0  # mm: a language's two ways in
_FIELD = 11.5  # mm of height: one that is only read
_IN_FIELD = 12.0  # mm of padding and caret
_MOST_COLUMNS = 4
_NOTHING = Measured((), 0)
_HIGHEST = 200  # mm: more than any panel has for them
_LIKED_SHAPE = 2.0  # width by height


def place_body(view: View, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """No touch stands above `touches_from`; what is only read stands right above the touches then."""
    match view.body:
        case Typing(pad=True):
            return _pad(view, view.body, area, touches_from, sizes)
        case Typing():
            return _keyboard(view, view.body, area, touches_from, sizes)
        case Word():
            return _word(view, view.body, area, sizes)
        case Paragraphs():
            return _paragraphs(view, view.body, area, touches_from, sizes)
        case Columns():
            return _columns(view, view.body, area, touches_from, sizes)
        case Tiles():
            return _choices(view, view.body, area, touches_from, sizes)


def least_height(view: View, width: float, sizes: Sizes) -> float:
    """How little height the touches of a view can do with."""
    gap, target = sizes.mm(GAP), sizes.mm(TARGET)
    match view.body:
        case Typing(rows=rows, pad=pad):
            count = len(rows if pad else reflowed(rows, width, sizes))
            return count * target + (count - 1) * gap
        case Columns(columns=columns):
            count = len(columns) if _one_under_another(columns, width, sizes) else max(map(len, columns))
            return count * sizes.mm(22) + (count - 1) * gap
        case Tiles(touches=touches, slim=True):
            return rows_height(touches, Rect(0, 0, width, 0), sizes)
        case Tiles(touches=touches) | Paragraphs(touches=touches) if touches:
            heights = (sizes.mm(height) for height in range(int(TARGET), _HIGHEST))
            words = list(map(_words, touches))
            fitting = (height for height in heights if _grid(touches, words, Rect(0, 0, width, height), sizes)[0] > 0)
            return next(fitting, sizes.mm(_HIGHEST))
        case _:
            return 0


def _headed(
    view: View, area: Rect, sizes: Sizes, suffices: Callable[[Rect], bool] = lambda _rest: True
) -> tuple[list[Placed], Rect]:
    """The question, the line under it, and what is left below; the question smaller until that suffices."""
    letters = sizes.title
    while True:
        head, rest = _head(view, area, letters, sizes)
        if letters <= sizes.smallest or suffices(rest):
            return head, rest
        letters = max(sizes.smallest, letters * 0.94)


def _head(view: View, area: Rect, letters: float, sizes: Sizes) -> tuple[list[Placed], Rect]:
    if not view.title:
        return [], area
    height = tall(view.title, area.width, letters, bold=True)
    placed = [Placed(Rect(area.x, area.y, area.width, height), Words(view.title, Style.TITLE, letters))]
    y = area.y + height
    note = note_width(view.note, sizes)
    if view.note and not view.help and wide(view.title, letters, bold=True) + note < area.width:
        where = Rect(area.right - note, area.y, note, height)
        placed[0] = replace(placed[0], rect=Rect(area.x, area.y, area.width - note, height))
        placed.append(Placed(where, Words(view.note, Style.SOFT, sizes.smallest, "right")))
    elif view.help or view.note:
        placed += _help(view, Rect(area.x, y, area.width, 0), sizes)
        y = max(each.rect.bottom for each in placed)
    y += sizes.mm(GAP)
    return placed, Rect(area.x, y, area.width, area.bottom - y)


def _help(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    """Help to the left and the note to the right of one line, as long as both have room."""
    size = sizes.smallest
    note = note_width(view.note, sizes)
    has_room = wide(view.help, size) + note < area.width
    width = area.width - note if has_room else area.width
    style = Style.WARNING if view.warning else Style.SOFT
    placed = []
    if view.help:
        where = Rect(area.x, area.y, width, tall(view.help, width, size))
        placed.append(Placed(where, Words(view.help, style, size)))
    if view.note and has_room:
        where = Rect(area.right - note, area.y, note, line_height(view.note, size))
        placed.append(Placed(where, Words(view.note, Style.SOFT, size, "right")))
    return placed


def _lowered(head: list[Placed], rest: Rect, touches_from: float) -> tuple[list[Placed], Rect]:
    """Both moved down until no touch stands above that line."""
    by = max(0.0, touches_from - rest.y)
    return _moved(head, by), Rect(rest.x, rest.y + by, rest.width, rest.height - by)


def _choices(view: View, body: Tiles, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    touches = body.touches
    words = list(map(_words, touches))

    def fits(rest: Rect) -> bool:
        if body.slim:
            return rows_height(touches, rest, sizes) <= rest.height
        return _grid(touches, words, rest, sizes)[0] > 0

    head, rest = _lowered(*_headed(view, area, sizes, fits), touches_from)
    return [*head, *(slim_rows(touches, rest, sizes) if body.slim else _tiles(touches, rest, sizes))]


def _tiles(touches: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    letters, columns, height = _grid(touches, list(map(_words, touches)), area, sizes)
    gap = sizes.mm(GAP)
    width = (area.width - gap * (columns - 1)) / columns
    return [
        Placed(
            Rect(area.x + index % columns * (width + gap), area.y + index // columns * (height + gap), width, height),
            touch,
            letters or sizes.smallest,
        )
        for index, touch in enumerate(touches)
    ]


def _words(touch: Touch) -> tuple[Measured, Measured]:
    """What stands in a tile, and above it."""
    return measured(touch.text), measured(touch.detail)


def _grid(
    touches: Sequence[Touch], words: Sequence[tuple[Measured, Measured]], area: Rect, sizes: Sizes
) -> tuple[float, int, float]:
    """Letter size, number of columns and height of a tile: the largest letters first, then the most pleasant shape.

    A letter size of 0: no number of columns lets every text fit.
    """
    gap = sizes.mm(GAP)
    best = (-1.0, -math.inf, 1, sizes.mm(TARGET))
    for columns in range(1, min(_MOST_COLUMNS, len(touches)) + 1):
        rows = math.ceil(len(touches) / columns)
        width = (area.width - gap * (columns - 1)) / columns
        height = (area.height - gap * (rows - 1)) / rows
        tallest = all(upright(Rect(0, 0, width, height), touch, sizes) for touch in touches)
        height = min(height, sizes.mm(_TALLEST_UPRIGHT if tallest or touches[0].detail else _TALLEST))
        if min(width, height) < sizes.mm(TARGET) - 0.01:
            continue
        cell = Rect(0, 0, width, height)
        asked = (each for touch, said in zip(touches, words, strict=True) for each in _texts(touch, *said, cell, sizes))
        size = fitting_size(asked, sizes)
        shape = -abs(math.log(width / height / _LIKED_SHAPE)) - 0.25 * (rows * columns - len(touches))
        best = max(best, (size, shape, columns, height))
    size, _, columns, height = best
    return size, columns, height


def _texts(
    touch: Touch, text: Measured, detail: Measured, cell: Rect, sizes: Sizes
) -> Iterator[tuple[Measured, float, float]]:
    """What stands in a tile, with the room it has."""
    width, height = words_room(cell, touch, sizes)
    if touch.detail:
        # it is set no larger than the smallest letters, however large the tile's are
        yield _NOTHING, width, (0 if wide(touch.detail, sizes.smallest) <= width else -2)
        height -= detail.line * sizes.smallest
    yield text, width, height


def _columns(view: View, body: Columns, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """Greetings, then a column for each language; a row for each where the panel is narrow."""
    gap = sizes.mm(GAP)
    narrow = _one_under_another(body.columns, area.width, sizes)
    groups = body.columns if not narrow else tuple(zip(*body.columns, strict=True))
    count = max(len(group) for group in groups)
    shares = (0.6, 0.4) if count == 2 and not narrow else (1 / count,) * count
    least = least_height(view, area.width, sizes)
    letters = sizes.title * 1.15
    head, end = _greetings(view.title, area, letters, gap)
    while letters > sizes.smallest and area.bottom - end < least:
        letters = max(sizes.smallest, letters * 0.94)
        head, end = _greetings(view.title, area, letters, gap)
    room = min(area.bottom - max(end, touches_from), sizes.mm(_TALLEST_START) * count + gap * (count - 1))
    above = max(0.0, (area.bottom - end - room) / 2.2)
    rest = Rect(area.x, end + above, area.width, room)
    head, rest = _lowered(_moved(head, above), rest, touches_from)
    room -= gap * (count - 1)
    width = (area.width - gap * (len(groups) - 1)) / len(groups)
    placed = []
    for index, touches in enumerate(groups):
        y = rest.y
        for touch, share in zip(touches, shares, strict=True):
            placed.append(Placed(Rect(area.x + index * (width + gap), y, width, room * share), touch))
            y += room * share + gap
    return [*head, *placed]


def _one_under_another(columns: Sequence[object], width: float, sizes: Sizes) -> bool:
    """Whether columns would be too narrow for their words, so that each becomes a row."""
    return width < max(sizes.mm(NARROW), sizes.mm(_NARROWEST_COLUMN) * len(columns))


def _greetings(title: str, area: Rect, letters: float, gap: float) -> tuple[list[Placed], float]:
    """One under another, and where what follows begins."""
    placed = []
    y = area.y
    for greeting in title.split("\n"):
        height = tall(greeting, area.width, letters, bold=True)
        placed.append(Placed(Rect(area.x, y, area.width, height), Words(greeting, Style.TITLE, letters, "center")))
        y += height + gap / 2
    return placed, y + gap / 2


def _paragraphs(view: View, body: Paragraphs, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """A picture at the left, title and text beside it. What is asked stands under them, all of it in the middle."""
    gap = sizes.mm(GAP)
    side = min(sizes.mm(26), area.width / 6) if body.icon else 0
    taken = side + gap * 2 if body.icon else 0
    beside = Rect(area.x + taken, area.y, area.width - taken, area.height)
    placed, rest = _headed(view, beside, sizes)
    needed = least_height(view, area.width, sizes)
    foot = area.bottom - (needed + gap if body.touches else 0)
    y = rest.y
    size = sizes.body
    while size > sizes.smallest and y + _height(body.lines, rest.width, size, gap) > foot:
        size = max(sizes.smallest, size * 0.94)
    for text in body.lines:
        height = tall(text, rest.width, size)
        placed.append(Placed(Rect(rest.x, y, rest.width, height), Words(text, Style.BODY, size)))
        y += height + gap
    if body.icon:
        placed.insert(0, Placed(Rect(area.x, area.y + gap / 2, side, side), Picture(body.icon)))
        y = max(y, area.y + side + gap)
    if not body.touches:
        return _moved(placed, max(0, (area.bottom - y) / 3))
    height = max(needed, min(sizes.mm(26), area.bottom - max(y, touches_from)))
    by = max(0.0, touches_from - y) if touches_from > area.y else max(0.0, (area.bottom - y - height) / 2)
    return [*_moved(placed, by), *_tiles(body.touches, Rect(area.x, y + by, area.width, height), sizes)]


def _height(texts: Sequence[str], width: float, size: float, gap: float) -> float:
    return sum(tall(text, width, size) + gap for text in texts)


def _moved(placed: Sequence[Placed], by: float) -> list[Placed]:
    return [replace(each, rect=replace(each.rect, y=each.rect.y + by)) for each in placed]


def _word(view: View, body: Word, area: Rect, sizes: Sizes) -> list[Placed]:
    gap = sizes.mm(GAP)
    huge = min(sizes.mm(24), area.width / max(1.0, wide(body.word, 1.0, bold=True)) * 0.95)
    parts = [(view.title, Style.TITLE, sizes.title), (body.word, Style.HUGE, huge)]
    parts += [(line, Style.BODY, sizes.body) for line in body.lines]
    heights = [tall(text, area.width, size, bold=style is not Style.BODY) for text, style, size in parts]
    y = area.y + max(0, (area.height - sum(heights) - gap * len(parts)) / 2)
    placed = []
    for (text, style, size), height in zip(parts, heights, strict=True):
        placed.append(Placed(Rect(area.x, y, area.width, height), Words(text, style, size, "center")))
        y += height + gap
    return placed


def _keyboard(view: View, body: Typing, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """Question and fields above, keys below, of a hand's size and in the middle."""
    gap = sizes.mm(GAP)
    rows = reflowed(body.rows, area.width, sizes, from_the_right=view.mirrored)
    least = len(rows) * sizes.mm(TARGET) + gap * (len(rows) - 1)
    above = Rect(area.x, area.y, area.width, max(touches_from, area.bottom - least) - gap - area.y)
    asked = _asked_beside(view, body.fields, above, sizes)
    end = max(each.rect.bottom for each in asked)
    top = max(touches_from, min(end + gap * 2, area.bottom - least))
    if touches_from > area.y:
        asked = _moved(asked, max(0.0, top - gap - end))
    key = min(sizes.mm(20), (area.bottom - top - gap * (len(rows) - 1)) / len(rows))
    across = min(area.width, sizes.mm(260))
    keys = Rect(area.x + (area.width - across) / 2, top, across, 0)
    return [*asked, *key_rows(rows, keys, key, sizes)]


def _asked_beside(view: View, fields: Sequence[Field], area: Rect, sizes: Sizes) -> list[Placed]:
    """Question at the left and the field at the right, or one above the other where there is the height for it."""
    gap, field = sizes.mm(GAP), max(sizes.mm(TARGET), _read_field(fields, sizes))
    least = (field + gap) * len(fields) - gap if fields[0].tap else _read_field(fields, sizes)
    head, rest = _headed(view, area, sizes, lambda rest: rest.height >= least)
    if rest.height >= least:
        return [*head, *_stacked(fields, rest, sizes)]
    if len(fields) > 1:
        return [*head, *_stacked(fields, rest, sizes)]
    if not view.title:
        return [Placed(replace(area, height=field), fields[0])]
    beside = min(0.62 * area.width, max(0.48 * area.width, wide(fields[0].hint, sizes.smallest) + sizes.mm(_IN_FIELD)))
    question = Rect(area.x, area.y, area.width - beside - gap * 2, max(area.height, field))
    where = Rect(question.right + gap * 2, area.y + max(0.0, area.height - field), beside, field)
    return [Placed(question, Words(view.title, Style.TITLE, sizes.title)), Placed(where, fields[0])]


def _stacked(fields: Sequence[Field], area: Rect, sizes: Sizes) -> list[Placed]:
    """Beside each other, or one under another where the panel is narrow."""
    gap, least = sizes.mm(GAP), _read_field(fields, sizes)
    height = min(max(sizes.mm(TARGET), least), max(area.height, least))
    widest = max(wide(field.label, sizes.smallest) + wide(field.hint, sizes.smallest) for field in fields)
    beside = (area.width - gap * (len(fields) - 1)) / len(fields)
    if area.width < sizes.mm(NARROW) or beside < widest + sizes.mm(_IN_FIELD):
        return [
            Placed(Rect(area.x, area.y + index * (height + gap), area.width, height), field)
            for index, field in enumerate(fields)
        ]
    return [
        Placed(Rect(area.x + index * (beside + gap), area.y, beside, height), field)
        for index, field in enumerate(fields)
    ]


def _read_field(fields: Sequence[Field], sizes: Sizes) -> float:
    """The least height of fields that are not touched."""
    words = max(line_height(field.label + field.hint, sizes.body) for field in fields)
    return max(sizes.mm(_FIELD), words + sizes.mm(2 * PADDING_ABOVE))


def _pad(view: View, body: Typing, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """Question and field at the left, the number pad at the right; under them where the panel is narrow."""
    gap = sizes.mm(GAP)
    count = len(body.rows)
    narrow = area.width < sizes.mm(NARROW)
    width = min(area.width if narrow else area.width * 0.46, sizes.mm(110))
    asked = replace(area, width=area.width if narrow else area.width - width - gap * 3)
    least = sizes.mm(TARGET) * (count + 1) + gap * count
    head, rest = _headed(
        view if narrow else replace(view, note=""), asked, sizes, lambda rest: not narrow or rest.height >= least
    )
    placed = [*head, *_stacked(body.fields, rest, sizes)]
    below = placed[-1].rect.bottom + gap if narrow else area.y
    top = max(below, touches_from)
    key = min(sizes.mm(22), (area.bottom - top - gap * (count - 1)) / count)
    if narrow:
        placed = _moved(placed, top - below)
    pad = Rect(area.x + (area.width - width) / 2 if narrow else area.right - width, top, width, area.bottom - top)
    return [*placed, *key_rows(body.rows, pad, key, sizes)]
