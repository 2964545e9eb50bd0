"""Nervous fingers and stuck keys on the real window."""

import struct
from collections.abc import Iterator

import pytest

from kiosk_client.geometry import Rect
from kiosk_client.screens.sdl import loaded_sdl
from kiosk_client.view import Typing
from tests.kiosk.offscreen import OffscreenKiosk, kernel_display

FINGER_DOWN, FINGER_UP = 0x700, 0x701  # SDL_events.h
TO_THE_NAME = ("begin:en", "next", "rather-not-say", "rather-not-say")


@pytest.fixture(scope="module")
def window() -> Iterator[OffscreenKiosk]:
    with OffscreenKiosk() as kiosk:
        yield kiosk


@pytest.fixture
def kiosk(window: OffscreenKiosk) -> OffscreenKiosk:
    window.begin()
    return window


def screen(kiosk: OffscreenKiosk) -> str:
    assert kiosk.view is not None
    return kiosk.view.name


def typed(kiosk: OffscreenKiosk) -> str:
    assert kiosk.view is not None
    assert isinstance(kiosk.view.body, Typing)
    return kiosk.view.body.fields[0].text


def test_of_ten_fingers_the_first_one_counts(kiosk: OffscreenKiosk) -> None:
    kiosk.tap("begin:en", "next", "rather-not-say", "rather-not-say", "take-word")
    tiles = ("own-recovery", "hard-day", "someone-i-love", "housing", "work", "health", "legal", "company")
    hand = [
        kiosk.finger(kiosk.target(name)) for name in (*(f"choose:{tile}" for tile in tiles), "rather-not-say", "back")
    ]
    for finger in hand:
        finger.touch_down()
    for finger in reversed(hand):
        finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == "brings-you"
    flow = kiosk.session._flow
    assert flow.answer is not None
    assert flow.answer.choices == ("own-recovery",)


def test_a_finger_that_came_down_before_the_screen_changed_does_nothing(kiosk: OffscreenKiosk) -> None:
    kiosk.tap("begin:en")
    finger = kiosk.finger(kiosk.target("next"))
    finger.touch_down()
    kiosk.press("back", "back")
    assert screen(kiosk) == "welcome"
    finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == "welcome"


def test_the_second_half_of_a_double_tap_is_not_meant_for_the_next_screen(kiosk: OffscreenKiosk) -> None:
    kiosk.tap("begin:en", "next", "rather-not-say", "choose:yes", "take-word", *["rather-not-say"] * 5)
    assert screen(kiosk) == "adult"
    rect = kiosk.target("choose:yes")
    for second in (False, True):
        finger = kiosk.finger(rect, second=second)
        finger.touch_down()
        finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == "consent"


def test_a_letter_tapped_twice_in_a_row_is_typed_twice(kiosk: OffscreenKiosk) -> None:
    kiosk.tap(*TO_THE_NAME, "type:L", "type:l")
    finger = kiosk.finger(kiosk.target("type:l"), second=True)
    finger.touch_down()
    finger.touch_up()
    kiosk.frames()

    assert typed(kiosk) == "Lll"


def test_a_kiosk_that_takes_a_keypad_only_types_no_letter_of_a_keyboard(kiosk: OffscreenKiosk) -> None:
    kiosk.may_type = False
    kiosk.tap(*TO_THE_NAME, "type:L")
    kiosk.press("u", "7")
    assert typed(kiosk) == "L"

    kiosk.press("erase")
    assert typed(kiosk) == ""


def test_a_key_that_is_held_down_acts_once(kiosk: OffscreenKiosk) -> None:
    kiosk.tap(*TO_THE_NAME)
    kiosk.hold("r", 30)

    assert typed(kiosk) == "r"


def test_a_touch_brings_a_hidden_screen_back_and_chooses_nothing(kiosk: OffscreenKiosk) -> None:
    kiosk.press("down")
    kiosk.tap("begin:en")
    rect = kiosk.target("next")
    kiosk.press("hide")
    assert list(kiosk.placed) == []
    finger = kiosk.finger(rect)
    finger.touch_down()
    finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == "privacy"
    assert kiosk.placed


@pytest.mark.parametrize("hit", ["nothing", "start-over"])
def test_a_touch_anywhere_says_that_one_is_still_here(kiosk: OffscreenKiosk, hit: str) -> None:
    kiosk.tap(*TO_THE_NAME)
    kiosk.session.warns = True
    kiosk.app.present(kiosk.guide)
    kiosk.frames()
    assert screen(kiosk) == "name-still-there"
    corner = Rect(10, 780, 0, 0)
    finger = kiosk.finger(corner if hit == "nothing" else kiosk.target(hit))
    finger.touch_down()
    finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == ("name" if hit == "nothing" else "start_over")


def test_a_touch_beside_everything_means_nothing_on_any_other_screen(kiosk: OffscreenKiosk) -> None:
    kiosk.tap("begin:en")
    finger = kiosk.finger(Rect(10, 500, 0, 0))
    finger.touch_down()
    finger.touch_up()
    kiosk.frames()

    assert screen(kiosk) == "privacy"


@pytest.mark.parametrize(
    "name", ["W" * 45, "😀👍🏽👩‍👩‍👧", "מאיה", "مايا and Zoë", "नेपाली", "陈小明", "\u202eabc", "Z̷̢͎a̶l̸g̵o̶"]
)
def test_any_name_can_be_typed_shown_and_erased(kiosk: OffscreenKiosk, name: str) -> None:
    kiosk.tap(*TO_THE_NAME)
    for letter in name:
        kiosk.press(letter)
    assert kiosk.surface is not None
    assert kiosk.surface.cut == []
    kiosk.press("ok")
    assert screen(kiosk) == "brings-you"
    kiosk.tap("back")
    for _ in name:
        kiosk.tap("erase")
    assert typed(kiosk) == ""


def test_a_finger_that_only_sdl_hears_taps_too(kiosk: OffscreenKiosk) -> None:
    """As on a machine that is nothing but a kiosk, where no window system makes a mouse of it."""
    sdl = loaded_sdl()
    assert sdl is not None
    rect = kiosk.target("begin:en")
    x, y = (rect.x + rect.width / 2) / 1280, (rect.y + rect.height / 2) / 800
    kernel_display.hear_fingers()

    for kind in (FINGER_DOWN, FINGER_UP):
        sdl.SDL_PushEvent(struct.pack("=IIqqfffffI", kind, 0, 1, 7, x, y, 0, 0, 1, 0).ljust(56, b"\0"))
        kiosk.frames()

    assert screen(kiosk) == "privacy"
