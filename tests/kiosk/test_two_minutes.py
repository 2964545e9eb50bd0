import pytest

from shared_schema.form import load_form
from tests.kiosk import two_minutes
from tests.kiosk.two_minutes import FILE, GRADE_AT_MOST, LONGEST_AT_MOST, USUAL_AT_MOST

FORM = load_form()
CONFIG = two_minutes.config_of(FORM)


@pytest.mark.parametrize("language", FORM.texts)
def test_an_intake_takes_at_most_two_minutes(language: str) -> None:
    usual = two_minutes.usual(FORM, CONFIG, language).seconds
    longest = two_minutes.longest(FORM, CONFIG, language).seconds
    print(f"{language}: usual {usual:.0f} s, longest {longest:.0f} s")  # noqa: T201  for whoever shortens a text

    assert usual <= USUAL_AT_MOST
    assert longest <= LONGEST_AT_MOST


@pytest.mark.parametrize("language", ["en", "es"])
def test_six_years_of_school_are_enough_to_read_it(language: str) -> None:
    assert two_minutes.grade(FORM, language) <= GRADE_AT_MOST


def test_the_page_that_says_so_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == two_minutes.table(FORM, CONFIG), "run make docs"
