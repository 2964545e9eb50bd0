"""What is typed, and the keys under it or beside it."""

from collections.abc import Sequence
from dataclasses import replace

from kiosk_client.geometry import Placed, Rect, Style, Words, moved
from kiosk_client.heads import headed
from kiosk_client.keys import key_rows, reflowed
from kiosk_client.lettering import line_height, wide
from kiosk_client.sizes import GAP, NARROW, PADDING_ABOVE, TARGET, Sizes
from kiosk_client.view import Field, Typing, View

_FIELD = 11.5  # mm of height: one that is only read
_IN_FIELD = 12.0  # mm of padding and caret


def keyboard(view: View, body: Typing, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """Question and fields above, keys below, of a hand's size and in the middle."""
    gap = sizes.mm(GAP)
    rows = reflowed(body.rows, area.width, sizes, from_the_right=view.mirrored)
    least = len(rows) * sizes.mm(TARGET) + gap * (len(rows) - 1)
    above = Rect(area.x, area.y, area.width, max(touches_from, area.bottom - least) - gap - area.y)
    asked = _asked_beside(view, body.fields, above, sizes)
    end = max(each.rect.bottom for each in asked)
    top = max(touches_from, min(end + gap * 2, area.bottom - least))
    if touches_from > area.y:
        asked = moved(asked, max(0.0, top - gap - end))
    key = min(sizes.mm(20), (area.bottom - top - gap * (len(rows) - 1)) / len(rows))
    across = min(area.width, sizes.mm(260))
    keys = Rect(area.x + (area.width - across) / 2, top, across, 0)
    return [*asked, *key_rows(rows, keys, key, sizes)]


def _asked_beside(view: View, fields: Sequence[Field], area: Rect, sizes: Sizes) -> list[Placed]:
    """Question at the left and the field at the right, or one above the other where there is the height for it."""
    gap, field = sizes.mm(GAP), max(sizes.mm(TARGET), _read_field(fields, sizes))
    least = (field + gap) * len(fields) - gap if fields[0].tap else _read_field(fields, sizes)
    head, rest = headed(view, area, sizes, lambda rest: rest.height >= least)
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


def number_pad(view: View, body: Typing, area: Rect, touches_from: float, sizes: Sizes) -> list[Placed]:
    """Question and field at the left, the number pad at the right; under them where the panel is narrow."""
    gap = sizes.mm(GAP)
    count = len(body.rows)
    narrow = area.width < sizes.mm(NARROW)
    width = min(area.width if narrow else area.width * 0.46, sizes.mm(110))
    asked = replace(area, width=area.width if narrow else area.width - width - gap * 3)
    least = sizes.mm(TARGET) * (count + 1) + gap * count
    head, rest = headed(
        view if narrow else replace(view, note=""), asked, sizes, lambda rest: not narrow or rest.height >= least
    )
    placed = [*head, *_stacked(body.fields, rest, sizes)]
    below = placed[-1].rect.bottom + gap if narrow else area.y
    top = max(below, touches_from)
    key = min(sizes.mm(22), (area.bottom - top - gap * (count - 1)) / count)
    if narrow:
        placed = moved(placed, top - below)
    pad = Rect(area.x + (area.width - width) / 2 if narrow else area.right - width, top, width, area.bottom - top)
    return [*placed, *key_rows(body.rows, pad, key, sizes)]
