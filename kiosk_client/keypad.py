"""What the keys of a plain USB keyboard or keypad mean. Codes are those of the USB HID usage tables, page 0x07."""

from enum import StrEnum

HOLD = 2.0
"""Seconds that a key is held before it counts again (Section 508 407.4: at least 2)."""

APART = 0.5
"""Seconds between two repeats after that."""


class Key(StrEnum):
    """`ERASE` goes back where nothing is typed. `SPACE` pauses speech where nothing is typed."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    OK = "ok"
    BACK = "back"
    HELP = "help"
    ERASE = "erase"
    SPACE = "space"
    AGAIN = "again"
    PAUSE = "pause"
    LOUDER = "louder"
    SOFTER = "softer"
    HIDE = "hide"
    HEADSET_IN = "headset in"
    HEADSET_OUT = "headset out"


ARROWS = frozenset({Key.LEFT, Key.RIGHT, Key.UP, Key.DOWN})
_KEYS = {
    40: Key.OK,  # Return
    41: Key.BACK,  # Escape
    42: Key.ERASE,  # Backspace
    44: Key.SPACE,
    58: Key.HELP,  # F1
    59: Key.AGAIN,  # F2
    60: Key.PAUSE,  # F3
    61: Key.HIDE,  # F4
    62: Key.SOFTER,  # F5
    63: Key.LOUDER,  # F6
    72: Key.PAUSE,  # Pause
    73: Key.HELP,  # Insert
    74: Key.AGAIN,  # Home
    79: Key.RIGHT,
    80: Key.LEFT,
    81: Key.DOWN,
    82: Key.UP,
    88: Key.OK,  # Enter of the number pad
    106: Key.HEADSET_IN,  # F15, F16: what a keypad with a jack of its own is set to send
    107: Key.HEADSET_OUT,
    117: Key.HELP,
    128: Key.LOUDER,
    129: Key.SOFTER,
}
_PAD = {90: Key.DOWN, 92: Key.LEFT, 93: Key.OK, 94: Key.RIGHT, 96: Key.UP}  # 2, 4, 5, 6, 8 of the number pad


def key_of(code: int, *, digits: bool) -> Key | None:
    """None for a key without a meaning. `digits`: the number pad types digits now instead of moving."""
    if code in _PAD and not digits:
        return _PAD[code]
    return _KEYS.get(code)


class Held:
    """Tells presses from the repeats of a key that is held. Times are seconds of a clock that never jumps."""

    def __init__(self) -> None:
        self._counts_from: dict[int, float] = {}

    def down(self, code: int, now: float) -> bool:
        """Whether this counts: the press does; a repeat once the key was held for HOLD, and then every APART."""
        counts = now >= self._counts_from.get(code, now)
        if counts:
            self._counts_from[code] = now + (APART if code in self._counts_from else HOLD)
        return counts

    def up(self, code: int) -> None:
        self._counts_from.pop(code, None)
