"""What a keyboard can do that is plugged into a paired kiosk: what a nav keypad can, and no more."""

import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kiosk_client.keypad import key_of
from tests.kiosk_image.tree import EXTRA

PROGRAM: dict[str, Any] = runpy.run_path(str(EXTRA / "usr/lib/warm-handoff/keyboards"))
RULE = (EXTRA / "usr/lib/udev/rules.d/85-kiosk-keyboards.rules").read_text().splitlines()
KERNELS = {
    **{40: 28, 41: 1, 42: 14, 44: 57, 58: 59, 59: 60, 60: 61, 61: 62, 62: 63, 63: 64, 72: 119, 73: 110, 74: 102},
    **{79: 106, 80: 105, 81: 108, 82: 103, 88: 96, 90: 80, 92: 75, 93: 76, 94: 77, 96: 72, 106: 185, 107: 186},
    **{117: 138, 128: 115, 129: 114},
}
"""The kernel's own numbers of keys by those of USB, as its hid-input.c has them."""

ENTER, A, S, LEFT_BUTTON, SLEEP = 28, 30, 31, 0x110, 142


@dataclass
class Keyboard:
    """As the kernel keeps one: what is in its map, and what its driver says by itself until that is taken."""

    places: list[int]
    by_itself: set[int]

    def keys(self) -> set[int]:
        return ({*self.places} | self.by_itself) - {0}

    def mapped(self) -> Iterator[tuple[int, int]]:
        yield from list(enumerate(self.places))

    def map(self, index: int, code: int) -> None:
        self.by_itself.discard(self.places[index])
        self.places[index] = code
        self.by_itself.discard(0)


def test_the_keys_that_stay_are_those_that_mean_something_to_the_kiosk() -> None:
    meaningful = {code for code in range(256) if key_of(code, digits=False) is not None}

    assert {KERNELS[code] for code in meaningful} == set(PROGRAM["KEYPAD"].values())


def test_letters_are_taken_away_and_a_keypads_keys_stay() -> None:
    keyboard = Keyboard([A, ENTER, S, A, LEFT_BUTTON], set())

    assert PROGRAM["take_away"](keyboard) == set()
    assert keyboard.keys() == {ENTER, LEFT_BUTTON}


def test_a_key_that_only_the_driver_knows_is_taken_away() -> None:
    keyboard = Keyboard([ENTER, A], {SLEEP, S})

    assert PROGRAM["take_away"](keyboard) == set()
    assert keyboard.keys() == {ENTER}


def test_keys_of_a_keyboard_without_a_map_cannot_be_taken() -> None:
    assert PROGRAM["take_away"](Keyboard([], {A, ENTER})) == {A}


@pytest.mark.parametrize(
    ("kind", "path", "kept"),
    [
        ({"ID_INPUT_TOUCHSCREEN": "1"}, "/devices/platform/i2c/input/input4/event4", True),
        ({"ID_INPUT_TOUCHSCREEN": "1"}, "/devices/pci0000:00/usb1/1-1/input/input9/event9", False),
        ({"ID_INPUT_KEYBOARD": "1"}, "/devices/platform/i8042/serio0/input/input1/event1", False),
    ],
)
def test_only_a_touch_screen_that_nobody_plugged_in_may_keep_a_key(kind: dict[str, str], path: str, kept: bool) -> None:
    assert PROGRAM["may_keep"]({**kind, "DEVPATH": path}) is kept


def test_the_kiosk_may_read_no_keyboard_before_it_is_known_whether_it_is_paired() -> None:
    hidden = RULE.index('ENV{ID_INPUT_TOUCHSCREEN}!="1", GROUP="root", MODE="0600"')

    assert (
        RULE.index('TEST=="/run/warm-handoff/set-up", GROUP="input", MODE="0660", GOTO="kiosk_keyboards_end"') < hidden
    )
    assert hidden < RULE.index('TEST=="/run/warm-handoff/paired", RUN+="/usr/lib/warm-handoff/keyboards $devnode"')


def test_the_program_and_its_rule_agree_where_the_time_is_told() -> None:
    assert str(PROGRAM["TIMES"]) == "/run/warm-handoff"
    assert (
        "RuntimeDirectory=warm-handoff"
        in (EXTRA / "usr/lib/systemd/system/kiosk-keyboards.service").read_text().splitlines()
    )
