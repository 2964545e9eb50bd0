"""What does not fit at once stands on pages, and nothing is lost between them."""

from functools import cache

import pytest

from kiosk_client.glass import Glass
from kiosk_client.guide import Guide
from kiosk_client.keypad import Key
from kiosk_client.pages import page_of, pages_of
from kiosk_client.view import Action, Paragraphs, Tap, Tiles, Touch, Typing, View, Word
from kiosk_client.views import Manner
from shared_schema.form import load_form
from shared_schema.kiosk_api import KioskConfig
from tests.kiosk.screens import NOW, PANELS, Panel, a_session, every_screen
from tests.kiosk.transcript import Transcript
from tests.kiosk.two_minutes import config_of

FORM = load_form()
CONFIG = config_of(FORM)
UI = FORM.texts["en"].ui
BIGGER = Manner(bigger=True)
MAY_BE_SMALLER = {"review", "name", "who-i-know", "urgent-now", "urgent-desk", "start_over"}
"""On the smallest panel: a question with all that must be known to answer it, a whole keyboard, an answer of very
many words."""
WAYS_PAST = {Action.SKIP, Action.RATHER_NOT_SAY, Action.TAKE_WORD}
WAYS_OUT = {Tap(Action.BACK), Tap(Action.START_OVER), Tap(Action.TALK)}
USUAL = (
    *("begin:en", "next", "choose:none", "next", "choose:first-time", "type:R", "type:o", "type:s", "type:a", "next"),
    *("choose:hard-day", "next", "choose:check-in", "choose:anyone", "next", "choose:here-only", "choose:nothing"),
    *("next", "choose:yes", "choose:agree"),
)


def offering(language: str) -> KioskConfig:
    return CONFIG.model_copy(update={"languages": tuple(dict.fromkeys((language, "en", "es")))})


def touches_of(view: View) -> set[Tap]:
    body: tuple[Touch, ...] = ()
    match view.body:
        case Tiles(touches) | Paragraphs(touches=touches):
            body = touches
        case Typing(rows=rows):
            body = tuple(touch for row in rows for touch in row)
        case _:
            body = ()
    return {touch.tap for touch in (*body, *view.left, *view.right, *view.quiet, *view.act)}


def helped(view: View) -> str:
    """Its line of help without blanks."""
    return "".join(view.help.split())


def read(view: View) -> str:
    """What is to be read in its middle, without blanks."""
    body = view.body
    return "".join("".join(body.lines).split()) if isinstance(body, Paragraphs | Word) else ""


@cache
def paged(language: str, panel: Panel) -> list[tuple[str, View, list[View]]]:
    """Every screen in bigger text, with its pages."""
    ui = FORM.texts[language].ui
    screens = every_screen(FORM, offering(language), language, BIGGER)
    return [(name, view, pages_of(view, panel.glass, BIGGER, ui)) for name, view in screens]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
@pytest.mark.parametrize("language", FORM.texts)
def test_every_touch_and_word_of_a_screen_is_on_one_of_its_pages(language: str, panel: Panel) -> None:
    for name, view, pages in paged(language, panel):
        if name.endswith("welcome"):
            continue  # with columns it is another picture
        shown = set().union(*map(touches_of, pages)) - {Tap(Action.PAGE)}
        said = "".join(map(helped, pages)) + "".join(map(read, pages))

        assert shown == touches_of(view), name
        assert all(WAYS_OUT & touches_of(view) <= touches_of(page) for page in pages), name
        assert read(view) in said, name
        assert helped(view) in said, name


def test_each_question_has_one_way_past_it() -> None:
    questions = {screen.id for screen in FORM.items} - {"review"}
    for name, view, _ in paged("en", PANELS[0]):
        if view.name in questions:
            assert len({touch.tap.action for touch in view.quiet} & WAYS_PAST) == 1, name


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
@pytest.mark.parametrize("language", FORM.texts)
def test_what_is_not_an_answer_of_many_words_is_as_large_as_was_asked_for(language: str, panel: Panel) -> None:
    smaller = {
        view.name
        for _, view, pages in paged(language, panel)
        if any(panel.shown(page, BIGGER) != BIGGER for page in pages)
    }

    assert smaller <= MAY_BE_SMALLER


@pytest.mark.parametrize("language", FORM.texts)
def test_all_that_is_said_to_somebody_in_danger_stands_on_one_page(language: str) -> None:
    for panel in PANELS:
        urgent = {name: pages for name, _, pages in paged(language, panel) if "-urgent-" in name}
        assert len(urgent) == 2
        for name, (page,) in urgent.items():
            assert "988" in read(page)
            assert "911" in read(page)
            assert panel.glass.holds(page, panel.shown(page, BIGGER)), (name, panel.name)


def test_after_the_last_page_comes_the_first() -> None:
    view = View(
        "easier",
        "What?",
        Tiles(tuple(Touch(Tap(Action.CHOOSE, f"tile-{n}"), "A tile of some more words") for n in range(24))),
    )
    seen = [
        tuple(page_of(view, PANELS[0].glass, Manner(bigger=True, page=page), UI).body.touches)  # type: ignore[union-attr]
        for page in range(4)
    ]
    count = len(pages_of(view, PANELS[0].glass, BIGGER, UI))

    assert count > 1
    assert seen[count % 4] == seen[0]
    assert seen[1] != seen[0]


def test_a_usual_review_takes_two_pages_at_most_and_can_be_sent_from_the_first() -> None:
    for panel in PANELS:
        session = a_session(FORM, CONFIG)
        for tap in USUAL:
            action, _, value = tap.partition(":")
            session.tap(Tap(Action(action), value), NOW, 0)
        assert session.view.name == "review"
        pages = pages_of(session.view, panel.glass, Manner(), UI)

        assert len(pages) <= 2, panel.name
        assert Tap(Action.SEND) in touches_of(pages[0])
        assert "Not sent yet." in {page.note for page in pages}


@pytest.mark.parametrize("language", FORM.texts)
def test_whether_somebody_is_still_there_is_asked_on_one_page(language: str) -> None:
    for panel in PANELS:
        for name, _, pages in paged(language, panel):
            assert len(pages) == 1 or not name.endswith("still-there"), panel.name


def test_a_choice_takes_three_pages_at_most() -> None:
    for language in ("en", "es"):
        for name, view, pages in paged(language, PANELS[0]):
            assert len(pages) <= 3 or view.name == "review", name


def test_letters_are_only_as_much_smaller_as_a_page_needs() -> None:
    lines = ("Somebody is coming to you now.",) * 8
    choices = tuple(Touch(Tap(Action.CHOOSE, name), name) for name in ("yes", "no"))
    shown = [
        PANELS[0].shown(View("asked", "Are you here?", Paragraphs("", lines[:count], choices)), BIGGER)
        for count in (1, 8)
    ]

    assert shown[0] == BIGGER
    assert shown[1].bigger
    assert shown[1].smaller > 0


def test_letters_typed_at_the_question_bring_up_its_field() -> None:
    session = a_session(FORM, CONFIG)
    guide = Guide(session, Transcript(), glass=lambda: Glass(1280, 800, 5.886))
    session.manner = BIGGER
    for tap in (Tap(Action.BEGIN, "en"), Tap(Action.NEXT), *[Tap(Action.RATHER_NOT_SAY)] * 2):
        guide.tap(tap, NOW, 0)
    assert isinstance(guide.view.body, Paragraphs)

    guide.type("R", NOW, 0)

    assert isinstance(guide.view.body, Typing)
    assert guide.view.body.fields[0].text == "R"


def test_help_turns_its_own_pages() -> None:
    session = a_session(FORM, CONFIG)
    guide = Guide(session, Transcript(), glass=lambda: Glass(640, 480, 5.886))
    guide.tap(Tap(Action.BEGIN, "en"), NOW, 0)
    guide.key(Key.DOWN, NOW, 0)
    guide.key(Key.HELP, NOW, 0)
    session.manner = Manner(bigger=True, aloud=True)
    first = guide.view
    guide.tap(Tap(Action.PAGE), NOW, 0)

    assert (first.name, guide.view.name) == ("help", "help")
    assert guide.view != first
