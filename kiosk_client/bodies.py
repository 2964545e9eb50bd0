"""The middle of a screen: the question and what answers it."""

from collections.abc import Sequence

from kiosk_client.fields import keyboard, number_pad
from kiosk_client.geometry import Picture, Placed, Rect, Style, Words, moved
from kiosk_client.heads import headed, lowered
from kiosk_client.keys import reflowed
from kiosk_client.lettering import tall, wide
from kiosk_client.sizes import GAP, NARROW, TARGET, Sizes
from kiosk_client.slim_rows import rows_height, slim_rows
from kiosk_client.tiles import Grid
from kiosk_client.view import Columns, Paragraphs, Tiles, Typing, View, Word

_TALLEST_START = 28.0  # mm of a way in
_LEAST_START = 22.0
_NARROWEST_COLUMN = 66.0  # mm: a language's two ways in


def place_body(view: View, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """No touch stands above `touches_from`; what is only read stands right above the touches then."""
    match view.body:
        case Typing(pad=True):
            return number_pad(view, view.body, area, touches_from, sizes)
        case Typing():
            return keyboard(view, view.body, area, touches_from, sizes)
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
            return count * sizes.mm(_LEAST_START) + (count - 1) * gap
        case Tiles(touches=touches, slim=True):
            return rows_height(touches, Rect(0, 0, width, 0), sizes)
        case Tiles(touches=touches) | Paragraphs(touches=touches) if touches:
            return Grid.of(touches).least_height(width, sizes)
        case _:
            return 0


def _choices(view: View, body: Tiles, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    if body.slim:
        rows = body.touches
        asked = headed(view, area, sizes, lambda rest: rows_height(rows, rest, sizes) <= rest.height)
        head, rest = lowered(*asked, touches_from)
        return [*head, *slim_rows(rows, rest, sizes)]
    grid = Grid.of(body.touches)
    head, rest = lowered(*headed(view, area, sizes, lambda rest: grid.fits(rest, sizes)), touches_from)
    return [*head, *grid.placed(rest, sizes)]


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
    head, rest = lowered(moved(head, above), rest, touches_from)
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
    placed, rest = headed(view, beside, sizes)
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
        return moved(placed, max(0, (area.bottom - y) / 3))
    height = max(needed, min(sizes.mm(26), area.bottom - max(y, touches_from)))
    by = max(0.0, touches_from - y) if touches_from > area.y else max(0.0, (area.bottom - y - height) / 2)
    return [*moved(placed, by), *Grid.of(body.touches).placed(Rect(area.x, y + by, area.width, height), sizes)]


def _height(texts: Sequence[str], width: float, size: float, gap: float) -> float:
    return sum(tall(text, width, size) + gap for text in texts)


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
