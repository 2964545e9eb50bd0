import pytest

from kiosk_client.phone import mistake, normalised, shown, typed


def type_in(text: str) -> str:
    number = ""
    for character in text:
        number = typed(number, character)
    return number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5550101234", "+15550101234"),
        ("(555) 010-1234", "+15550101234"),
        ("1 555 010 1234", "+15550101234"),
        ("+1 555.010.1234", "+15550101234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946 0958", "+442079460958"),
        ("011 44 20 7946 0958", "+442079460958"),
        ("٥٥٥ ٠١٠ ١٢٣٤", "+15550101234"),
    ],
)
def test_a_number_in_any_usual_form_becomes_one_that_can_be_called(written: str, number: str) -> None:
    assert normalised(type_in(written)) == number
    assert mistake(type_in(written)) == ""


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("", "phone_too_short"),
        ("911", "phone_too_short"),
        ("010 1234", "phone_too_short"),
        ("555 010 123 456 78", "phone_not_one"),
        ("000000000000000", "phone_not_one"),
        ("+999 555 010 1234", "phone_not_one"),
    ],
)
def test_what_cannot_be_a_number_has_a_kind_word(written: str, word: str) -> None:
    assert mistake(type_in(written)) == word


def test_letters_and_further_signs_are_not_typed() -> None:
    assert type_in("call 555+0a") == "5550"
    assert type_in("1" * 20) == "1" * 15


def test_a_number_is_shown_in_groups_those_of_other_countries_in_their_own() -> None:
    assert [shown(text) for text in ("", "555", "5550", "5550101234", "+15550101234", "+44", "+442079460958")] == [
        "",
        "555",
        "555 0",
        "555 010 1234",
        "555 010 1234",
        "+44",
        "+44 20 7946 0958",
    ]


def test_another_country_reads_numbers_in_its_own_way() -> None:
    assert normalised("02079460958", "GB") == "+442079460958"
