"""Rows of keys on the screen."""

import math
from collections.abc import Iterator, Sequence

from kiosk_client.geometry import Placed, Rect
from kiosk_client.lettering import wide
from kiosk_client.sizes import GAP, TARGET, Sizes
from kiosk_client.view import Action, Touch

_BESIDE_WORDS = 4.0  # mm


def reflowed(
    rows: Sequence[Sequence[Touch]], width: float, sizes: Sizes, *, from_the_right: bool = False
) -> Sequence[Sequence[Touch]]:
    """The rows, or, where they are too wide for keys that a finger can hit, the letters in the order of the alphabet.

    Keys with words or pictures then stand in the last row.
    """
    gap = sizes.mm(GAP)
    most = int((width + gap + 0.5) / (sizes.mm(TARGET) + gap))
    if max(len(row) for row in rows) <= most:
        return rows
    keys = [key for row in rows for key in row]
    letters = sorted(
        filter(_is_letter, keys), key=lambda key: (not key.text.isalpha(), not key.text.isdigit(), key.text)
    )
    per_row = math.ceil(len(letters) / math.ceil(len(letters) / most))
    turn = -1 if from_the_right else 1
    return (
        *(letters[at : at + per_row][::turn] for at in range(0, len(letters), per_row)),
        [key for key in keys if not _is_letter(key)],
    )


def key_rows(rows: Sequence[Sequence[Touch]], area: Rect, height: float, sizes: Sizes) -> Iterator[Placed]:
    """Rows of keys of one width, each row in the middle; a row with words is filled by its widest."""
    gap = sizes.mm(GAP)
    most = max(sum(map(_is_letter, row)) for row in rows)
    one = (area.width - gap * (most - 1)) / most
    for number, row in enumerate(rows):
        y = area.y + number * (height + gap)
        widths = [one] * len(row) if all(map(_is_letter, row)) else _worded(row, one, area.width, sizes)
        x = area.x + (area.width - sum(widths) - gap * (len(row) - 1)) / 2
        for touch, width in zip(row, widths, strict=True):
            yield Placed(Rect(x, y, width, height), touch)
            x += width + gap


def _is_letter(key: Touch) -> bool:
    return key.tap.action is Action.TYPE and not key.tap.value.isspace()


def _worded(row: Sequence[Touch], one: float, across: float, sizes: Sizes) -> list[float]:
    widths = [
        one
        if _is_letter(key)
        else max(sizes.mm(22), 0 if key.icon else wide(key.text, sizes.body) + sizes.mm(_BESIDE_WORDS))
        for key in row
    ]
    spare = across - sum(widths) - sizes.mm(GAP) * (len(row) - 1)
    widest = next((at for at, key in enumerate(row) if key.tap.value == " "), len(row) - 1)
    if spare >= 0:
        widths[widest] += spare
        return widths
    return [width * (across - sizes.mm(GAP) * (len(row) - 1)) / (sum(widths)) for width in widths]
