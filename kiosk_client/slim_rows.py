"""Answers to read over: rows as high as their words, two beside each other where both are short."""

from collections.abc import Iterator, Sequence

from kiosk_client.geometry import Placed, Rect
from kiosk_client.lettering import line_height, measured, tall, wide
from kiosk_client.sizes import BESIDE, GAP, NARROW, PADDING, PADDING_ABOVE, TARGET, Sizes
from kiosk_client.view import Touch

_PICTURE = 7.0


def slim_rows(touches: Sequence[Touch], area: Rect, sizes: Sizes) -> list[Placed]:
    """In their order, from the top of the area, however much of it they take."""
    gap = sizes.mm(GAP)
    placed = []
    y = area.y
    for row in _rows(touches, area.width, sizes):
        width = _half(area.width, sizes) if _is_half(row[0], area.width, sizes) else area.width
        height = max(_height(touch, width, sizes) for touch in row)
        for column, touch in enumerate(row):
            placed.append(Placed(Rect(area.x + column * (width + gap), y, width, height), touch, sizes.body))
        y += height + gap
    return placed


def rows_height(touches: Sequence[Touch], area: Rect, sizes: Sizes) -> float:
    """How much of an area's height they take."""
    return slim_rows(touches, area, sizes)[-1].rect.bottom - area.y


def _rows(touches: Sequence[Touch], width: float, sizes: Sizes) -> Iterator[list[Touch]]:
    row: list[Touch] = []
    for touch in touches:
        if row and _is_half(touch, width, sizes):
            yield [*row, touch]
            row = []
            continue
        if row:
            yield row
        row = [touch]
        if not _is_half(touch, width, sizes):
            yield row
            row = []
    if row:
        yield row


def _is_half(touch: Touch, width: float, sizes: Sizes) -> bool:
    """Whether half of the width holds it in one line, and there are two columns."""
    room = _words_width(_half(width, sizes), sizes)
    return (
        width >= sizes.mm(NARROW)
        and measured(touch.text).lines(room, sizes.body, bold=True) == 1
        and _label(touch, sizes) <= room
    )


def _half(width: float, sizes: Sizes) -> float:
    return (width - sizes.mm(GAP)) / 2


def _height(touch: Touch, width: float, sizes: Sizes) -> float:
    words = tall(touch.text, _words_width(width, sizes), sizes.body, bold=True)
    return max(sizes.mm(TARGET), line_height(touch.detail, sizes.smallest) + words + sizes.mm(2 * PADDING_ABOVE))


def _words_width(width: float, sizes: Sizes) -> float:
    return width - sizes.mm(2 * PADDING + _PICTURE + BESIDE)


def _label(touch: Touch, sizes: Sizes) -> float:
    return wide(touch.detail, sizes.smallest)
