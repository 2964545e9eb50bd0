"""The setup's screen as a script of taps."""

from datetime import UTC, datetime

import pytest

from kiosk_client.setup import SetUp
from kiosk_client.view import Action, Tap, Typing

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Staff:
    """Whoever sets the kiosk up. `tried`: what was to be paired."""

    def __init__(self, problem: str = "") -> None:
        self.tried: list[tuple[str, str]] = []
        self.setup = SetUp(lambda address, code: self.tried.append((address, code)), problem)

    def tap(self, action: Action, value: str = "") -> None:
        self.setup.tap(Tap(action, value), NOW, 0)

    def type(self, text: str) -> None:
        for letter in text:
            self.tap(Action.TYPE, letter)

    @property
    def typed(self) -> list[str]:
        body = self.setup.view.body
        assert isinstance(body, Typing)
        return [field.text for field in body.fields]


@pytest.fixture
def staff() -> Staff:
    return Staff()


def test_address_and_code_are_typed_and_paired(staff: Staff) -> None:
    staff.type("handoff.example.org")
    staff.tap(Action.NEXT)
    staff.type("k7qm-4xpd")
    staff.tap(Action.PAIR)

    assert staff.tried == [("handoff.example.org", "K7QM-4XPD")]
    assert staff.setup.view.act == ()


def test_nothing_is_paired_twice_at_once(staff: Staff) -> None:
    staff.type("x.example")
    staff.tap(Action.FIELD, "code")
    staff.type("k7qm4xpd")
    for _ in range(3):
        staff.tap(Action.PAIR)
        staff.tap(Action.NEXT)

    assert len(staff.tried) == 1


def test_pairing_needs_both(staff: Staff) -> None:
    staff.tap(Action.PAIR)
    staff.type("x.example")
    staff.tap(Action.PAIR)

    assert staff.tried == []
    assert not staff.setup.view.act[0].enabled


def test_what_did_not_work_says_why_and_keeps_what_was_typed(staff: Staff) -> None:
    staff.type("x.example")
    staff.tap(Action.NEXT)
    staff.type("k7qm")
    staff.tap(Action.PAIR)
    staff.setup.failed("This code does not work.")

    view = staff.setup.view
    assert (view.help, view.warning) == ("This code does not work.", True)
    assert staff.typed == ["x.example", "K7QM"]
    staff.tap(Action.ERASE)
    assert staff.typed == ["x.example", "K7Q"]


def test_a_damaged_pairing_is_said_on_the_screen() -> None:
    assert Staff("It is damaged.").setup.view.help == "It is damaged."


def test_no_field_grows_without_end(staff: Staff) -> None:
    staff.type("x" * 500)
    staff.tap(Action.NEXT)
    staff.type("y" * 500 + " ")

    assert [len(text) for text in staff.typed] == [120, 12]


def test_staff_who_change_their_mind_or_go_away_leave_it_again() -> None:
    left: list[str] = []
    setup = SetUp(lambda _address, _code: None, leave=lambda: left.append("left"))

    setup.tap(Tap(Action.CANCEL), NOW, 0)
    setup.tick(0)
    setup.tick(299)
    assert left == ["left"]
    setup.tick(300)

    assert left == ["left", "left"]


def test_a_kiosk_that_is_not_paired_has_nothing_to_go_back_to(staff: Staff) -> None:
    assert staff.setup.view.quiet == ()
    staff.tap(Action.CANCEL)
    staff.setup.tick(10_000)


def test_paired_again_it_remembers_the_address() -> None:
    tried: list[tuple[str, str]] = []
    setup = SetUp(lambda address, code: tried.append((address, code)), address="https://handoff.example.org")
    for letter in "k7qm-4xpd":
        setup.tap(Tap(Action.TYPE, letter), NOW, 0)

    setup.tap(Tap(Action.PAIR), NOW, 0)

    assert tried == [("https://handoff.example.org", "K7QM-4XPD")]
