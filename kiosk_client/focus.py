"""Where the arrow keys are: through every control of a view in reading order, the ways out last."""

from dataclasses import dataclass

from kiosk_client.keypad import Key
from kiosk_client.view import Columns, Field, Paragraphs, Tiles, Touch, Typing, View, Word

Stop = Touch | Field
Rows = tuple[tuple[Stop, ...], ...]


@dataclass(frozen=True)
class Focus:
    """A row and a place in it. Without an arrow pressed yet it is nowhere: OK then does nothing by accident."""

    row: int = -1
    column: int = 0


NOWHERE = Focus()


def rows(view: View) -> Rows:
    """The controls. Left and right go through all of them, up and down from row to row. Each tile is a row of its own,
    since two columns of tiles are only how they are drawn; the keys of a keyboard stand in the rows one knows."""
    bars = (view.quiet, view.act, view.left, view.right)
    return (*_body(view), *(bar for bar in bars if bar))


def stop_at(view: View, focus: Focus) -> Stop | None:
    there = rows(view)
    if not 0 <= focus.row < len(there) or focus.column >= len(there[focus.row]):
        return None
    return there[focus.row][focus.column]


def moved(view: View, focus: Focus, key: Key) -> Focus:
    """One step with an arrow, around the end to the beginning. The first step from nowhere is the first control."""
    there = rows(view)
    if not there:
        return NOWHERE
    if focus.row < 0:
        return Focus(len(there) - 1) if key in {Key.UP, Key.LEFT} else Focus(0)
    if key in {Key.UP, Key.DOWN}:
        row = (focus.row + (1 if key is Key.DOWN else -1)) % len(there)
        return Focus(row, _below(focus.column, len(there[focus.row]), len(there[row])))
    line = [Focus(row, column) for row, stops in enumerate(there) for column in range(len(stops))]
    return line[(line.index(focus) + (1 if key is Key.RIGHT else -1)) % len(line)]


def kept(before: View, after: View, focus: Focus) -> Focus:
    """Where the focus is after a change: on the same control of the same screen, nowhere on another."""
    stop = stop_at(before, focus)
    if stop is None or before.name != after.name:
        return NOWHERE
    for row, stops in enumerate(rows(after)):
        for column, each in enumerate(stops):
            if each.tap == stop.tap and isinstance(each, type(stop)):
                return Focus(row, column)
    return focus if stop_at(after, focus) is not None else NOWHERE


def _body(view: View) -> Rows:
    match view.body:
        case Tiles(touches) | Paragraphs(touches=touches):
            return tuple((touch,) for touch in touches)
        case Columns(columns):
            return tuple((touch,) for column in columns for touch in column)
        case Typing(fields, keys):
            return (fields, *keys)
        case Word():
            return ()


def _below(column: int, width: int, other: int) -> int:
    """The place of a row of `other` controls that stands under this one of a row of `width`."""
    return round(column * (other - 1) / (width - 1)) if width > 1 else 0
