"""Where everything of a view stands, in pixels from the top left. Pure: the window only draws what comes out here."""

from collections.abc import Sequence
from dataclasses import replace

from kiosk_client.bars import bars, stacked_bars
from kiosk_client.bodies import least_height, place_body
from kiosk_client.geometry import Align, Dots, Placed, Rect, Style, Words, moved, note_width
from kiosk_client.lettering import line_height
from kiosk_client.sizes import GAP, Sizes
from kiosk_client.view import Look, Touch, Typing, View

_WIDEST = 300.0  # mm: on a wall of a panel, hands and eyes still find everything
_DOTS = 2.4  # mm
_ROOMY = 135.0
_LINE_ROOM = 0.4  # mm: fonts round their lines up
_MIRRORED: dict[Align, Align] = {"left": "right", "right": "left", "center": "center"}


def place(view: View, width: float, height: float, sizes: Sizes, *, reach: bool = False) -> list[Placed]:
    """Everything in its reading order. All touches are at least 15 mm and 3 mm apart on panels of 10.1 in and more.

    `reach`: all touches stand in the lower half, or as low as they can where half of the panel is too little for them.
    """
    margin = sizes.mm(GAP)
    across = min(width - 2 * margin, sizes.mm(_WIDEST))
    screen = Rect((width - across) / 2, margin, across, height - 2 * margin)
    placed = _low(view, screen, height / 2, sizes) if reach else _whole(view, screen, sizes)
    return _mirrored(placed, width) if view.mirrored else placed


def _whole(view: View, screen: Rect, sizes: Sizes) -> list[Placed]:
    """Ways back and help at the top, the question and its answers, ways on at the bottom."""
    gap = sizes.mm(GAP)
    top, bottom = screen.y, screen.bottom
    first = bars(view.left, view.right, screen, sizes)
    if first:
        top = max(each.rect.bottom for each in first) + gap
    last = bars(view.quiet, view.act, screen, sizes)
    if last:
        last_height = max(each.rect.bottom for each in last) - screen.y
        last = moved(last, screen.height - last_height)
        bottom -= last_height + gap
    progress = _progress(view, Rect(screen.x, top, screen.width, screen.height), sizes)
    if progress:
        top = max(each.rect.bottom for each in progress) + gap
    noted = any(isinstance(each.item, Words) for each in progress)
    middle = Rect(screen.x, top, screen.width, bottom - top)
    return [*first, *progress, *place_body(replace(view, note="") if noted else view, middle, middle.y, sizes), *last]


def _low(view: View, screen: Rect, half: float, sizes: Sizes) -> list[Placed]:
    """The question above, and below the half everything that is touched."""
    gap = sizes.mm(GAP)
    last = stacked_bars(view, screen, sizes)
    bottom = screen.bottom
    if last:
        last_height = max(each.rect.bottom for each in last) - screen.y
        last = moved(last, screen.height - last_height)
        bottom -= last_height + gap
    progress = _progress(view, screen, sizes)
    top = max((each.rect.bottom + gap for each in progress), default=screen.y)
    noted = any(isinstance(each.item, Words) for each in progress)
    touches_from = max(top, min(half, bottom - least_height(view, screen.width, sizes)))
    middle = Rect(screen.x, top, screen.width, bottom - top)
    body = place_body(replace(view, note="") if noted else view, middle, touches_from, sizes)
    return [*progress, *body, *last]


def _progress(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    """A quiet row of dots, with the time in words beside them where there is the height for it."""
    if view.progress is None:
        return []
    dots = Dots(*view.progress)
    side = sizes.mm(_DOTS)
    row = Rect(area.x, area.y, dots.width(side), side)
    line = line_height(view.note, sizes.smallest) + sizes.mm(_LINE_ROOM)
    if not view.note or isinstance(view.body, Typing) or area.height < sizes.mm(_ROOMY):
        return [Placed(row, dots)]
    note = note_width(view.note, sizes)
    if row.width + note > area.width:  # it stands under the question instead
        return [Placed(row, dots)]
    return [
        Placed(replace(row, y=area.y + (line - side) / 2), dots),
        Placed(
            Rect(area.right - note, area.y, note, line), Words(view.note, Style.SOFT, sizes.smallest, align="right")
        ),
    ]


def _mirrored(placed: Sequence[Placed], width: float) -> list[Placed]:
    """As languages that are read from right to left want it; but keys stand as on their keyboards, 1 2 3 as ever."""
    keys = [each.rect for each in placed if isinstance(each.item, Touch) and each.item.look is Look.KEY]
    left = min((rect.x for rect in keys), default=0)
    right = max((rect.right for rect in keys), default=0)
    turned = []
    for each in placed:
        is_key = isinstance(each.item, Touch) and each.item.look is Look.KEY
        x = width - right + each.rect.x - left if is_key else width - each.rect.right
        item = replace(each.item, align=_MIRRORED[each.item.align]) if isinstance(each.item, Words) else each.item
        turned.append(replace(each, rect=replace(each.rect, x=x), item=item))
    return turned
