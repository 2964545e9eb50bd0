"""The setup's screen as a script of taps."""

from datetime import UTC, datetime

import pytest

from kiosk_client.keypad import Key
from kiosk_client.setup import SetUp
from kiosk_client.view import Action, Paragraphs, Tap, Typing

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

    @property
    def told(self) -> str:
        return told_by(self.setup)


def told_by(setup: SetUp) -> str:
    """What did not work, and whether it goes on by itself."""
    body = setup.view.body
    assert isinstance(body, Paragraphs)
    return " ".join(body.lines)


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

    assert staff.told == "This code does not work."
    staff.tap(Action.BACK)
    assert staff.typed == ["x.example", "K7QM"]
    staff.tap(Action.ERASE)
    assert staff.typed == ["x.example", "K7Q"]


def test_a_damaged_pairing_is_said_on_the_screen() -> None:
    assert Staff("It is damaged.").told == "It is damaged."


def test_whoever_types_on_has_read_what_was_wrong(staff: Staff) -> None:
    staff.setup.failed("This code does not work.")

    staff.type("x")
    assert staff.typed == ["x", ""]

    staff.setup.failed("This code does not work.")
    staff.setup.key(Key.OK, NOW, 0)
    assert staff.typed == ["x", ""]


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


@pytest.mark.parametrize("field", ["address", "code"])
def test_a_scanner_fills_in_both_and_its_enter_pairs(staff: Staff, field: str) -> None:
    staff.type("old.example")
    staff.tap(Action.FIELD, field)
    for letter in "https://handoff.example.org/pair#K7QM-4XPD":
        staff.setup.type(letter, NOW, 0)
    assert staff.typed == ["https://handoff.example.org", "K7QM-4XPD"]

    staff.setup.key(Key.OK, NOW, 0)

    assert staff.tried == [("https://handoff.example.org", "K7QM-4XPD")]


def written_down(address: str = "handoff.example.org", code: str = "K7QM-4XPD") -> tuple[SetUp, list[tuple[str, str]]]:
    tried: list[tuple[str, str]] = []
    return SetUp(lambda address, code: tried.append((address, code)), address=address, code=code), tried


def test_what_is_written_down_is_paired_by_itself() -> None:
    setup, tried = written_down()

    setup.begin()

    assert tried == [("handoff.example.org", "K7QM-4XPD")]
    assert setup.view.help == "Pairing ..."


@pytest.mark.parametrize("written", [("", "K7QM-4XPD"), ("handoff.example.org", "")])
def test_half_of_it_waits_for_the_rest(written: tuple[str, str]) -> None:
    setup, tried = written_down(*written)

    setup.begin()

    assert tried == []
    assert isinstance(body := setup.view.body, Typing)
    assert tuple(field.text for field in body.fields) == written


def test_as_long_as_nobody_answers_it_is_tried_again_less_and_less_often() -> None:
    setup, tried = written_down()
    setup.begin()

    at: list[int] = []
    for second in range(120):
        if len(tried) > len(at):
            at.append(second)
            setup.failed("No service answers.", may_retry=True)
        setup.tick(second)

    assert at == [0, 6, 17, 38, 69, 100]
    assert told_by(setup) == "No service answers. It tries again by itself."


@pytest.mark.parametrize("touched", [False, True])
def test_what_was_refused_or_touched_is_not_tried_again(touched: bool) -> None:
    setup, tried = written_down()
    setup.begin()
    setup.failed("It does not work.", may_retry=touched)
    if touched:
        setup.tap(Tap(Action.ERASE), NOW, 0)

    for second in range(120):
        setup.tick(second)

    assert len(tried) == 1
