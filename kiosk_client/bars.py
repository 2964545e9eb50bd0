"""The rows of buttons at the top and at the bottom, which stand at the same place on every screen."""

from collections.abc import Sequence
from dataclasses import replace

from kiosk_client.geometry import GAP, PADDING_ABOVE, TARGET, Placed, Rect, Sizes, line_height, wide
from kiosk_client.view import Action, Look, Touch, View

_BESIDE_WORDS = 6.5  # mm of padding and edges
_PICTURE = 10.0
_ROOM = 1.08  # for words that turn out larger than reckoned, where they may not be set smaller


def bars(left: Sequence[Touch], right: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    """From the top of `area`: those of `left` from the left edge, those of `right` to the right one.

    Where one row is too narrow for their words they stand in rows that they fill. Where it saves a row, bigger words
    push their pictures out, since they say the same, and then what is known by its picture gives its words.
    """
    if not left and not right:
        return []
    plain, known = ((list(map(change, left)), list(map(change, right))) for change in (_plain, _known))
    ways = ((left, right), plain, known) if sizes.bigger else ((left, right), plain)

    def cost(way: tuple[Sequence[Touch], Sequence[Touch]]) -> tuple[bool, int]:
        touches = (*way[0], *way[1])
        too_wide = any(_wanted(touch, sizes) > area.width for touch in touches)
        return too_wide, len(_broken(touches, area.width, sizes)) if sizes.bigger else 0

    these, those = min(ways, key=cost)
    if len(_broken((*these, *those), area.width, sizes)) == 1:
        return _row(these, those, [_wanted(touch, sizes) for touch in (*these, *those)], area, sizes)
    return _rows((*these, *those), area, sizes)


def stacked_bars(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    """Both bars as one row if it is wide enough, else the ways on above the ways back."""
    left, right = (*view.left, *view.right, *view.quiet), view.act
    widths = [_wanted(touch, sizes) for touch in (*left, *right)]
    if _together(widths, sizes) <= area.width:
        return bars(left, right, area, sizes)
    first = bars(view.quiet, view.act, area, sizes)
    y = max((each.rect.bottom + sizes.mm(GAP) for each in first), default=area.y)
    return [*first, *bars(view.left, view.right, Rect(area.x, y, area.width, area.height), sizes)]


def _plain(touch: Touch) -> Touch:
    return touch if touch.bare else replace(touch, icon=None)


def _known(touch: Touch) -> Touch:
    return replace(touch, bare=True) if touch.tap.action is Action.START_OVER else _plain(touch)


def _row(
    left: Sequence[Touch], right: Sequence[Touch], widths: Sequence[float], area: Rect, sizes: Sizes
) -> list[Placed]:
    gap, height = sizes.mm(GAP), _height((*left, *right), sizes)
    placed = []
    x = area.x
    for touch, width in zip(left, widths, strict=False):
        placed.append(Placed(Rect(x, area.y, width, height), touch))
        x += width + gap
    x = area.right - _together(widths[len(left) :], sizes)
    for touch, width in zip(right, widths[len(left) :], strict=True):
        placed.append(Placed(Rect(x, area.y, width, height), touch))
        x += width + gap
    return placed


def _rows(touches: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    gap, height = sizes.mm(GAP), _height(touches, sizes)
    placed = []
    for number, row in enumerate(_broken(touches, area.width, sizes)):
        spare = (area.width - _together([width for _, width in row], sizes)) / len(row)
        x = area.x
        for touch, width in row:
            placed.append(Placed(Rect(x, area.y + number * (height + gap), width + spare, height), touch))
            x += width + spare + gap
    return placed


def _broken(touches: Sequence[Touch], across: float, sizes: Sizes) -> list[list[tuple[Touch, float]]]:
    """In rows, each touch with the width that it wants."""
    rows: list[list[tuple[Touch, float]]] = [[]]
    for touch in touches:
        width = min(across, _wanted(touch, sizes))
        if rows[-1] and _together([*(used for _, used in rows[-1]), width], sizes) > across:
            rows.append([])
        rows[-1].append((touch, width))
    return rows


def _height(touches: Sequence[Touch], sizes: Sizes) -> float:
    """Of each row: more than a finger's width only for large letters with marks far above and below."""
    words = max(line_height(touch.text, sizes.body) for touch in touches)
    return max(sizes.mm(TARGET), words * _ROOM + sizes.mm(2 * PADDING_ABOVE))


def _together(widths: Sequence[float], sizes: Sizes) -> float:
    return sum(widths) + sizes.mm(GAP) * max(0, len(widths) - 1)


def _wanted(touch: Touch, sizes: Sizes) -> float:
    if touch.bare:
        return sizes.mm(TARGET)
    least = sizes.mm(TARGET * (2.6 if touch.look is Look.ACT else 1.6))
    return max(
        least,
        wide(touch.text, sizes.body, bold=touch.look is Look.ACT)
        + sizes.mm(_BESIDE_WORDS + (_PICTURE if touch.icon else 0)),
    )
