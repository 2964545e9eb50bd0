"""The rows of buttons at the top and at the bottom, which stand at the same place on every screen."""

from collections.abc import Sequence
from dataclasses import replace

from kiosk_client.geometry import Placed, Rect
from kiosk_client.lettering import line_height, wide
from kiosk_client.sizes import GAP, PADDING_ABOVE, TARGET, Sizes
from kiosk_client.view import Action, Look, Touch, View

_BESIDE_WORDS = 6.5  # mm of padding and edges
_PICTURE = 10.0
_ROOM = 1.08  # for words that turn out larger than reckoned, where they may not be set smaller

_Row = Sequence[tuple[Touch, float]]
"""Each touch with the width that it wants."""
_Rows = Sequence[_Row]


def bars(left: Sequence[Touch], right: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    """From the top of `area`: those of `left` from the left edge, those of `right` to the right one.

    Where one row is too narrow for their words they stand in rows that they fill. Where it saves a row, bigger words
    push their pictures out, since they say the same, and then what is known by its picture gives its words.
    """
    if not left and not right:
        return []
    touches = (*left, *right)
    ways = (touches, tuple(map(_plain, touches)), *((tuple(map(_known, touches)),) if sizes.bigger else ()))

    def cost(rows: _Rows) -> tuple[bool, int]:
        too_wide = any(width > area.width for row in rows for _, width in row)
        return too_wide, len(rows) if sizes.bigger else 0

    rows = min((_broken(way, area.width, sizes) for way in ways), key=cost)
    return _row(rows[0], len(left), area, sizes) if len(rows) == 1 else _filled(rows, area, sizes)


def stacked_bars(view: View, area: Rect, sizes: Sizes) -> list[Placed]:
    """Both bars as one row if it is wide enough, else the ways on above the ways back."""
    left, right = (*view.left, *view.right, *view.quiet), view.act
    if len(_broken((*left, *right), area.width, sizes)) == 1:
        return bars(left, right, area, sizes)
    first = bars(view.quiet, view.act, area, sizes)
    y = max((each.rect.bottom + sizes.mm(GAP) for each in first), default=area.y)
    return [*first, *bars(view.left, view.right, Rect(area.x, y, area.width, area.height), sizes)]


def _plain(touch: Touch) -> Touch:
    return touch if touch.bare else replace(touch, icon=None)


def _known(touch: Touch) -> Touch:
    return replace(touch, bare=True) if touch.tap.action is Action.START_OVER else _plain(touch)


def _row(row: _Row, left: int, area: Rect, sizes: Sizes) -> list[Placed]:
    """So many from the left edge, the rest to the right one."""
    gap, height = sizes.mm(GAP), _height(row, sizes)
    placed = []
    x = area.x
    for number, (touch, width) in enumerate(row):
        if number == left:
            x = area.right - _together(row[left:], sizes)
        placed.append(Placed(Rect(x, area.y, width, height), touch))
        x += width + gap
    return placed


def _filled(rows: _Rows, area: Rect, sizes: Sizes) -> list[Placed]:
    gap, height = sizes.mm(GAP), _height([each for row in rows for each in row], sizes)
    placed = []
    for number, row in enumerate(rows):
        spare = (area.width - _together(row, sizes)) / len(row)
        x = area.x
        for touch, width in row:
            placed.append(Placed(Rect(x, area.y + number * (height + gap), width + spare, height), touch))
            x += width + spare + gap
    return placed


def _broken(touches: Sequence[Touch], across: float, sizes: Sizes) -> _Rows:
    """In rows; what is too wide for any has one of its own."""
    rows: list[list[tuple[Touch, float]]] = [[]]
    for touch in touches:
        wanted = touch, _wanted(touch, sizes)
        if rows[-1] and _together([*rows[-1], wanted], sizes) > across:
            rows.append([])
        rows[-1].append(wanted)
    return rows


def _height(row: _Row, sizes: Sizes) -> float:
    """More than a finger's width only for large letters with marks far above and below."""
    words = max(line_height(touch.text, sizes.body) for touch, _ in row)
    return max(sizes.mm(TARGET), words * _ROOM + sizes.mm(2 * PADDING_ABOVE))


def _together(row: _Row, sizes: Sizes) -> float:
    return sum(width for _, width in row) + sizes.mm(GAP) * max(0, len(row) - 1)


def _wanted(touch: Touch, sizes: Sizes) -> float:
    if touch.bare:
        return sizes.mm(TARGET)
    least = sizes.mm(TARGET * (2.6 if touch.look is Look.ACT else 1.6))
    return max(
        least,
        wide(touch.text, sizes.body, bold=touch.look is Look.ACT)
        + sizes.mm(_BESIDE_WORDS + (_PICTURE if touch.icon else 0)),
    )
