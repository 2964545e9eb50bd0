"""Phone numbers in whatever form people write them. A number counts by its length, not by whether it is given out now:
numbering plans change, and a kiosk must not argue with somebody about their own number."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

MOST_DIGITS = 15  # ITU-T E.164
_LEAST_DIGITS = 7
COUNTRY = "US"
"""Where a number without its country is from, by ISO 3166."""


def typed(text: str, character: str) -> str:
    """What is typed, after one more character: digits of any script count, and a plus at the beginning. Blanks,
    brackets, dots and hyphens are how people write numbers; they are let by without a word."""
    digit = str(unicodedata.decimal(character)) if character.isdecimal() else ""
    if character == "+" and not text:
        digit = "+"
    return text + digit if len(text.removeprefix("+")) < MOST_DIGITS or digit == "+" else text


def mistake(text: str, country: str = COUNTRY) -> str:
    """The language's word for what is wrong with a number; "" when it can be called."""
    if normalised(text, country) is not None:
        return ""
    return "phone_too_short" if len(text) < _LEAST_DIGITS or _is_local(text, country) else "phone_not_one"


def normalised(text: str, country: str = COUNTRY) -> str | None:
    """As E.164, such as `+15550101234`; None when it cannot be a number."""
    for number in _read(text, country):
        if _library().is_possible_number_with_reason(number) == _library().ValidationResult.IS_POSSIBLE:
            return str(_library().format_number(number, _library().PhoneNumberFormat.E164))
    return None


def shown(text: str, country: str = COUNTRY) -> str:
    """Grouped, which is easier to check than a row of ten: `555 010 1234`, `+44 20 7946 0958`."""
    for number in _read(text, country) if text.startswith("+") else ():
        if number.country_code != _library().country_code_for_region(country):
            return str(_library().format_number(number, _library().PhoneNumberFormat.INTERNATIONAL))
        text = str(number.national_number)
    if len(text) <= 3 or text.startswith("+"):
        return text
    return f"{text[:3]} {text[3:6]} {text[6:]}".rstrip()


def _is_local(text: str, country: str) -> bool:
    """Whether the area code is missing."""
    local = {_library().ValidationResult.IS_POSSIBLE_LOCAL_ONLY, _library().ValidationResult.TOO_SHORT}
    return any(_library().is_possible_number_with_reason(number) in local for number in _read(text, country))


def _read(text: str, country: str) -> Iterator[Any]:
    """The number, or nothing."""
    try:
        yield _library().parse("+" + text[2:] if text.startswith("00") else text, country)
    except _library().NumberParseException:
        return


@cache
def _library() -> Any:
    # imported here: it takes a twentieth of a second that the first frame must not pay
    import phonenumbers  # noqa: PLC0415

    return phonenumbers
