import json

import pytest

from notifications import messages
from notifications.messages import STILL_YOURS, TAKEN_CARE_OF, Message, payload, plain
from notifications.tables import AlertKind

EVERYTHING = [*AlertKind, TAKEN_CARE_OF, STILL_YOURS]


def a_message(says: str, language: str = "en") -> Message:
    return Message(says, "Harbor House", 7, "/intakes/7", "token", language, count=3, code="123456")


@pytest.mark.parametrize("language", messages.languages())
@pytest.mark.parametrize("says", EVERYTHING)
def test_every_kind_has_its_words_in_every_language(says: str, language: str) -> None:
    notification = json.loads(payload(a_message(says, language), "https://center.example/"))["notification"]
    title, text = plain(a_message(says, language), "https://center.example/")

    assert notification["lang"] == language
    assert (title, text.splitlines()[0]) == (notification["title"], notification["body"])
    assert text.endswith("https://center.example/intakes/7")
    for words in (title, text):
        assert words.strip()
        assert "{" not in words


def test_english_and_spanish_are_not_the_same_words() -> None:
    for says in EVERYTHING:
        assert plain(a_message(says, "en"), "")[0] != plain(a_message(says, "es"), "")[0]


def test_a_language_without_words_falls_back_to_english() -> None:
    assert plain(a_message("urgent", "ne"), "") == plain(a_message("urgent", "en"), "")


def test_the_replacement_is_silent_under_the_same_tag_and_offers_nothing() -> None:
    alert, replacement = (
        json.loads(payload(a_message(says), "https://center.example"))["notification"]
        for says in (AlertKind.URGENT, TAKEN_CARE_OF)
    )

    assert alert["tag"] == replacement["tag"]
    assert (alert["silent"], replacement["silent"]) == (False, True)
    assert (len(alert["actions"]), replacement["actions"]) == (1, [])


def test_a_message_fits_into_a_push() -> None:
    for says in EVERYTHING:
        for language in messages.languages():
            message = Message(says, "H" * 120, 2**40, f"/{'p' * 199}", "t" * 43, language)
            assert len(payload(message, f"https://{'c' * 60}.example")) < 2700
