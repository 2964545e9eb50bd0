"""The Wi-Fi screens as a script of taps, and with a radio that is a stand-in."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue

import pytest

from kiosk_client.keypad import Key
from kiosk_client.view import Action, Paragraphs, Tap, Tiles, Typing, View
from kiosk_client.wifi import Network
from kiosk_client.wifi_acts import wifi_screen
from kiosk_client.wifi_screen import Acts, WifiScreen
from tests.kiosk.radio import InRange, fake_radio
from tests.kiosk.radio_contract import hurried

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
IN_RANGE = (
    Network("Harbor House", -40, is_open=False),
    Network("Cafe next door", -70, is_open=True),
    *(Network(f"Far away {number}", -80 - number, is_open=False) for number in range(6)),
)


class Staff:
    """Whoever stands at the kiosk. `did`: what the radio was asked for."""

    def __init__(self) -> None:
        self.did: list[tuple[str, ...]] = []
        self.screen = WifiScreen(
            Acts(
                lambda: self.did.append(("look",)),
                lambda name, passphrase: self.did.append(("join", name, passphrase)),
                lambda: self.did.append(("leave",)),
            )
        )

    def tap(self, action: Action, value: str = "") -> None:
        self.screen.tap(Tap(action, value), NOW, 0)

    def type(self, text: str) -> None:
        for letter in text:
            self.screen.type(letter, NOW, 0)

    @property
    def typed(self) -> str:
        body = self.screen.view.body
        assert isinstance(body, Typing)
        return body.fields[0].text


@pytest.fixture
def staff() -> Staff:
    """In front of the list."""
    staff = Staff()
    staff.screen.found(IN_RANGE, "")
    return staff


def names(view: View) -> list[str]:
    assert isinstance(view.body, Tiles)
    return [touch.text for touch in view.body.touches]


def said(view: View) -> str:
    assert isinstance(view.body, Paragraphs)
    return " ".join(view.body.lines)


def keys(view: View) -> set[str]:
    """What the keys that are shown type."""
    assert isinstance(view.body, Typing)
    return {key.tap.value for row in view.body.rows for key in row if key.tap.action is Action.TYPE}


def test_it_looks_by_itself_and_the_strongest_are_first() -> None:
    staff = Staff()
    assert staff.did == [("look",)]
    assert said(staff.screen.view) == "Looking for networks ..."

    staff.screen.found(IN_RANGE, "Harbor House")

    view = staff.screen.view
    assert names(view)[:2] == ["Harbor House", "Cafe next door"]
    assert view.help == "This kiosk is in Harbor House now."
    assert isinstance(view.body, Tiles)
    assert [touch.detail for touch in view.body.touches[:3]] == ["Strong, joined", "Good, open", "Weak"]


def test_more_networks_than_fit_are_turned_like_pages(staff: Staff) -> None:
    assert len(names(staff.screen.view)) == 6

    staff.tap(Action.PAGE)
    assert names(staff.screen.view) == ["Far away 4", "Far away 5"]

    staff.tap(Action.PAGE)
    assert names(staff.screen.view)[0] == "Harbor House"


def test_a_passphrase_is_typed_and_the_network_joined(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "0")
    staff.type("A long walk #1!")
    staff.tap(Action.NEXT)

    assert staff.did[-1] == ("join", "Harbor House", "A long walk #1!")
    assert said(staff.screen.view) == "Joining Harbor House ..."

    staff.screen.joined()
    assert "will be after each start" in said(staff.screen.view)
    staff.tap(Action.DONE)
    assert staff.did[2:] == [("leave",)]


def test_an_open_network_asks_for_none(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "1")

    assert staff.did[-1] == ("join", "Cafe next door", "")


def test_every_letter_and_sign_of_a_passphrase_is_on_the_keys(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "0")
    shown = keys(staff.screen.view)
    staff.tap(Action.CAPITALS)
    shown |= keys(staff.screen.view)
    staff.tap(Action.ACCENTS)
    shown |= keys(staff.screen.view)

    assert shown == {chr(code) for code in range(32, 127)}


def test_what_is_too_short_to_be_one_is_not_tried(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "0")
    staff.type("7 signs")
    staff.screen.key(Key.OK, NOW, 0)

    assert staff.did == [("look",)]
    assert not staff.screen.view.act[0].enabled
    staff.type("x" * 100)
    assert len(staff.typed) == 63
    staff.type("ü\n")
    assert len(staff.typed) == 63


def test_a_wrong_passphrase_is_said_and_can_be_mended(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "0")
    staff.type("a wrong turn")
    staff.tap(Action.NEXT)
    staff.screen.failed("wrong_passphrase")
    assert said(staff.screen.view).startswith("Harbor House does not take this passphrase")

    staff.tap(Action.BACK)

    assert staff.typed == "a wrong turn"


def test_what_is_typed_does_not_stay_when_staff_go(staff: Staff) -> None:
    staff.tap(Action.CHOOSE, "0")
    staff.type("a long walk home")
    staff.tap(Action.BACK)
    staff.tap(Action.CHOOSE, "0")
    assert staff.typed == ""

    staff.screen.tick(0)
    staff.screen.tick(299)
    assert staff.did == [("look",)]
    staff.screen.tick(300)
    assert staff.did[-1] == ("leave",)


def test_nothing_in_range_says_what_to_do() -> None:
    staff = Staff()
    staff.screen.found((), "")

    assert "Is the access point on?" in said(staff.screen.view)
    staff.tap(Action.AGAIN)
    assert len(staff.did) == 2


def test_a_radio_that_does_not_answer_is_said() -> None:
    staff = Staff()
    staff.screen.failed("no_radio")

    assert "radio of this machine" in said(staff.screen.view)
    staff.tap(Action.BACK)
    staff.tap(Action.CANCEL)
    assert staff.did[-1] == ("leave",)


def test_the_screens_and_the_radio_understand_each_other(tmp_path: Path) -> None:
    changes: Queue[Callable[[], None]] = Queue()
    networks = (InRange("Harbor House", -40, "a long walk home"), InRange("Lantern House", -60))
    with fake_radio(tmp_path / "wifi", *networks) as supplicant:
        screen = wifi_screen(hurried(tmp_path / "wifi"), changes.put, lambda: None)
        changes.get(timeout=60)()
        assert names(screen.view) == ["Harbor House", "Lantern House"]
        screen.tap(Tap(Action.CHOOSE, "0"), NOW, 0)
        for letter in "a wrong turn":
            screen.type(letter, NOW, 0)
        screen.tap(Tap(Action.NEXT), NOW, 0)
        changes.get(timeout=60)()
        assert "does not take this passphrase" in said(screen.view)
        screen.tap(Tap(Action.BACK), NOW, 0)
        for _ in "wrong turn":
            screen.tap(Tap(Action.ERASE), NOW, 0)
        for letter in "long walk home":
            screen.type(letter, NOW, 0)
        screen.tap(Tap(Action.NEXT), NOW, 0)
        changes.get(timeout=60)()

        assert "Harbor House" in said(screen.view)
        assert supplicant.saved == ["Harbor House"]


def test_a_radio_that_goes_away_meanwhile_is_said(tmp_path: Path) -> None:
    changes: Queue[Callable[[], None]] = Queue()
    with fake_radio(tmp_path / "wifi"):
        radio = hurried(tmp_path / "wifi")
    screen = wifi_screen(radio, changes.put, lambda: None)
    changes.get(timeout=60)()

    assert "radio of this machine" in said(screen.view)
