from collections.abc import Iterator

import pytest

from kiosk_client.focus import rows
from kiosk_client.geometry import Words
from kiosk_client.speech import Reader, Utterance
from kiosk_client.view import Action, Field, Look, Tap, Tiles, Touch, Typing, View
from kiosk_client.views import Manner
from shared_schema.form import load_form
from shared_schema.kiosk_api import KioskConfig
from shared_schema.sealing import OpeningKey
from tests.kiosk.screens import PANELS, every_page

FORM = load_form()
CONFIG = KioskConfig(
    site_name="Harbor House",
    languages=tuple(FORM.texts),
    form_name=FORM.name,
    form_version=FORM.version,
    service_key=OpeningKey.generate().public(),
)


def shown(view: View, manner: Manner) -> Iterator[str]:
    """Every text that the layout places; the keys of the keyboard are read one by one, as the focus comes to them."""
    for placed in PANELS[0].place(view, manner):
        match placed.item:
            case Words(text=text):
                yield from text.split("\n")
            case Touch(look=Look.KEY):
                pass
            case Touch(text=text, detail=detail):
                yield from (text, detail)
            case Field(text=text, hint=hint):
                yield text or hint


@pytest.mark.parametrize("bigger", [False, True], ids=["normal", "bigger"])
@pytest.mark.parametrize("language", FORM.texts)
def test_everything_on_every_screen_is_said(language: str, bigger: bool) -> None:
    manner = Manner(bigger=bigger)
    for name, view in every_page(FORM, CONFIG, language, manner, PANELS[0]):
        reader = Reader(FORM.texts, language)
        said = {utterance.text for utterance in reader.screen(view)}
        assert set(filter(None, shown(view, manner))) <= said, name


@pytest.mark.parametrize("language", FORM.texts)
def test_every_control_is_said_by_itself(language: str) -> None:
    reader = Reader(FORM.texts, language)
    for name, view in every_page(FORM, CONFIG, language, Manner(), PANELS[0]):
        for row in rows(view):
            for stop in row:
                assert all(utterance.text.strip() for utterance in reader.stop(stop)), (name, stop)
                assert reader.stop(stop), (name, stop)


@pytest.mark.parametrize("language", FORM.texts)
def test_what_is_asked_is_said_first_and_the_ways_out_last(language: str) -> None:
    reader = Reader(FORM.texts, language)
    for name, view in every_page(FORM, CONFIG, language, Manner(), PANELS[0]):
        if not view.right:
            continue
        said = [utterance.text for utterance in reader.screen(view)]
        assert said[0] == view.title, name
        assert said[-1] == view.right[-1].text, name


def test_a_phone_number_is_said_by_its_digits_however_it_is_grouped() -> None:
    reader = Reader(FORM.texts, "en")
    before, after = (View("phone", "Phone?", Typing((Field(text, ""),), ())) for text in ("555", "555 0"))

    assert reader.change(before, after) == [Utterance("0", "en")]
    assert reader.change(after, before) == [Utterance("0", "en"), Utterance("erased", "en")]


def test_a_tile_says_that_it_is_chosen_and_that_it_is_not_any_more() -> None:
    reader = Reader(FORM.texts, "es")
    touch = Touch(Tap(Action.CHOOSE, "quiet"), "Un lugar tranquilo")
    marked = Touch(touch.tap, touch.text, marked=True)
    off, on = (View("easier", "?", Tiles((each,))) for each in (touch, marked))

    assert [said.text for said in reader.change(off, on)] == ["Un lugar tranquilo", "elegido"]
    assert [said.text for said in reader.change(on, off)] == ["Un lugar tranquilo", "no elegido"]
