import pytest

from kiosk_client.letters import count, joined, may_be_typed, without_last

FAMILY = "👩‍👩‍👧"


@pytest.mark.parametrize(("text", "letters"), [("Rosa", 4), ("é", 1), ("e\u0301", 1), ("नेपाली", 3), ("👍🏽", 1)])
def test_letters_count_with_their_marks(text: str, letters: int) -> None:
    assert count(text) == letters


@pytest.mark.parametrize(
    ("text", "left"),
    [("", ""), ("Rosa", "Ros"), ("ne\u0301", "n"), ("नेपाली", "नेपा"), (f"R{FAMILY}", "R"), ("R👍🏽", "R")],
)
def test_erasing_takes_a_letter_with_all_that_belongs_to_it(text: str, left: str) -> None:
    assert without_last(text) == left


def test_an_accent_goes_onto_its_letter() -> None:
    assert joined("e", "\u0301") == "é"
    assert joined("", "\u0301") == ""


def test_what_would_turn_the_text_around_is_not_typed() -> None:
    assert [letter for letter in "\u202e\u200fA\n\u200dم😀" if may_be_typed(letter)] == ["A", "\u200d", "م", "😀"]
