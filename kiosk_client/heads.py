"""The question above its answers, and the line under it."""

from collections.abc import Callable
from dataclasses import replace

from kiosk_client.geometry import Placed, Rect, Style, Words, moved, note_width
from kiosk_client.lettering import line_height, tall, wide
from kiosk_client.sizes import GAP, Sizes
from kiosk_client.view import View


def headed(
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


def lowered(head: list[Placed], rest: Rect, touches_from: float) -> tuple[list[Placed], Rect]:
    """Both moved down until no touch stands above that line."""
    by = max(0.0, touches_from - rest.y)
    return moved(head, by), Rect(rest.x, rest.y + by, rest.width, rest.height - by)
