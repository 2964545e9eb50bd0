"""Languages are data: a file and, where its script asks for one, a font built from Debian's."""

import shutil
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk_client.fonts import INSTEAD, OWN, Fonts, words
from kiosk_client.lettering import pieces
from kiosk_client.pages import page_of
from kiosk_client.screens.theme import PALETTES
from kiosk_client.view import Action, Columns, Tap, Tiles
from kiosk_client.views import Manner
from shared_schema.form import Form, load_form, read_form
from shared_schema.kiosk_api import KioskConfig
from tests.kiosk.built_fonts import built_fonts
from tests.kiosk.offscreen import OffscreenKiosk, Pen, Setting, Surface, Typesetter, a_config, in_the_order_of_drawing
from tests.kiosk.screens import NOW, PANELS, a_session, every_page, every_screen

FORM = load_form()
NAMES_OF_FORTY = {
    "Latin": "Zuleikamariaguadalupeesperanzadelosanto-",
    "Cyrillic": "Александрапантелеймоновнаконстантинополь",
    "Chinese": "欧阳" * 20,
    "Arabic": "عبدالرحمنبنعبدالعزيزبنعبداللهبنمحمدالحسن",
    "Devanagari": "नारायणप्रसादलक्ष्मीकान्तविश्वनाथसुब्रह्म",
    "emoji": "Zuleika 😀 and 👩‍👩‍👧 🇳🇵",
    "no font at all": "ᚠᚢᚦᚨᚱᚲ",
    "right to left in left to right": "Rosa عبد الله (Ana) 12",
}


def made_up(language: str, direction: str, letters: str) -> dict[str, Any]:
    """English with every word written in other letters: what somebody who adds a language makes out of its file."""
    source = files("shared_schema") / "forms" / "brief-intake-1" / "en.yaml"
    english = yaml.safe_load(source.read_text(encoding="utf-8"))

    def translated(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: translated(each) for key, each in value.items()}
        if isinstance(value, list):
            return [translated(each) for each in value]
        return "".join(
            letters[ord(letter) % len(letters)] if letter.isalpha() and not inside(value, at) else letter
            for at, letter in enumerate(value)
        )

    rows = [list(letters[at : at + 9]) for at in range(0, len(letters), 9)]
    return {
        "language": language,
        "name": letters[:5],
        "direction": direction,
        "reviewed": False,
        "keyboard": {"rows": rows},
        **{key: translated(english[key]) for key in ("ui", "screens", "tickets")},
    }


def inside(text: str, at: int) -> bool:
    """Whether this letter is part of a placeholder such as {count}."""
    return text.rfind("{", 0, at + 1) > text.rfind("}", 0, at + 1)


@pytest.fixture
def form_with(tmp_path: Path) -> Any:
    def add(document: dict[str, Any]) -> Form:
        folder = tmp_path / "brief-intake-1"
        if not folder.exists():
            shutil.copytree(str(files("shared_schema") / "forms" / "brief-intake-1"), folder)
        file = folder / f"{document['language']}.yaml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        return read_form(folder)

    return add


def config_of(form: Form, *languages: str) -> KioskConfig:
    return a_config(FORM).model_copy(update={"languages": languages, "form_version": form.version})


@pytest.mark.parametrize(
    ("direction", "letters"), [("ltr", "αβγδεζηθικλμνξοπρστυφχψω"), ("rtl", "אבגדהוזחטיכלמנסעפצקרשת")]
)
def test_a_made_up_language_is_a_file_and_nothing_more(form_with: Any, direction: str, letters: str) -> None:
    form = form_with(made_up("qaa", direction, letters))
    for panel in PANELS:
        for _, view in every_page(form, config_of(form, "qaa", "en"), "qaa", Manner(), panel):
            assert panel.place(view, Manner())
    session = a_session(form, config_of(form, "qaa"))
    session.tap(Tap(Action.BEGIN, "qaa"), NOW, 0)

    assert session.view.mirrored == (direction == "rtl")
    assert set(session.view.title) <= {*letters, *letters.upper(), " "}


def test_a_file_that_lacks_a_word_says_which(form_with: Any) -> None:
    document = made_up("qaa", "ltr", "αβγδ")
    del document["screens"]["name"]

    with pytest.raises(ValueError, match=r"qaa.yaml screens: missing .*name"):
        form_with(document)


def test_a_translation_that_is_not_finished_shows_english_where_it_lacks_a_button(form_with: Any) -> None:
    document = made_up("qaa", "ltr", "αβγδ")
    del document["ui"]["back"]

    assert form_with(document).texts["qaa"].ui["back"] == "Back"


@pytest.mark.parametrize("language", FORM.texts)
def test_every_language_says_everything(language: str) -> None:
    source = files("shared_schema") / "forms" / "brief-intake-1"
    own, english = (yaml.safe_load((source / f"{each}.yaml").read_text("utf-8")) for each in (language, "en"))

    assert own["ui"].keys() == english["ui"].keys()
    for key, text in english["ui"].items():
        assert own["ui"][key].count("{") == text.count("{"), key
    assert len(set(own["tickets"].values())) == len(own["tickets"])


@pytest.mark.parametrize("language", FORM.texts)
def test_every_letter_of_a_language_can_be_typed_in_it(language: str) -> None:
    """Its names are written with its own letters: all of those in its texts are on its keyboard."""
    texts = FORM.texts[language]
    keys = [key for row in texts.keyboard.rows for key in row]
    keys += [form for forms in texts.keyboard.accents.values() for form in forms]
    typed = set(unicodedata.normalize("NFD", "".join(keys)))
    letters = {letter for letter in unicodedata.normalize("NFD", words(texts).lower()) if letter.isalpha()}
    latin_in_between = set(map(chr, range(ord("a"), ord("z") + 1)))  # ASL, OK
    if language == "zh-Hans":
        letters = set()  # names are typed in Latin letters there, and the screen says so

    assert letters - typed <= latin_in_between


@pytest.mark.parametrize("language", FORM.texts)
def test_the_fonts_draw_every_language(language: str) -> None:
    offered, sentence = Fonts(built_fonts()).offered([language], FORM)

    assert (offered, sentence) == ((language,), "")


def test_without_its_font_a_language_is_not_offered_and_staff_are_told(tmp_path: Path) -> None:
    offered, sentence = Fonts(tmp_path).offered(["en", "ru", "ar", "vi", "ne"], FORM)

    assert offered == ("en", "ru", "vi")
    assert "العربية, नेपाली" in sentence
    assert "warm-handoff-kiosk fonts" in sentence


def test_a_damaged_index_of_fonts_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('[{"regular": 1}]')

    assert Fonts(tmp_path).offered(["ar"], FORM)[0] == ()


def test_the_windows_own_font_has_what_we_say_of_it() -> None:
    import kivy  # noqa: PLC0415  only to find its fonts
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    for name in ("Roboto-Regular.ttf", "Roboto-Bold.ttf"):
        with TTFont(Path(kivy.__file__).parent / "data" / "fonts" / name) as font:
            has = set(font.getBestCmap())
        assert {letter for first, last in OWN.covers for letter in range(first, last + 1)} <= has


def test_a_phone_number_reads_right_within_arabic() -> None:
    """What is drawn from right to left, read from left to right as it then stands."""
    line = "مع رمز المنطقة مثل 555 010 1234"
    font = Fonts(built_fonts()).font_for(line)
    seen = in_the_order_of_drawing(line, "R", font)[::-1]

    assert font.rtl
    assert seen.startswith("555 010 1234 ")
    assert in_the_order_of_drawing("لغة (ASL)", "R", font)[::-1].startswith(")ASL( ")  # brackets are turned in drawing


@pytest.mark.parametrize("number", ["1:30", "10:05", "1/10", "10/10", "3.5", "+1 555 010 1234"])
def test_a_number_is_one_thing_within_arabic(number: str) -> None:
    font = Fonts(built_fonts()).font_for("م")

    assert in_the_order_of_drawing(f"الساعة {number} م.", "R", font)[::-1] == f".م {number} ةعاسلا"


def test_the_first_screen_is_read_as_its_first_language_is() -> None:
    """The keypad's arrows go that way too; each way in shows where its own language leads on to."""
    for first, mirrored in (("ar", True), ("en", False)):
        view = a_session(FORM, config_of(FORM, *dict.fromkeys((first, "ar", "en")))).view

        assert view.mirrored == mirrored
        assert isinstance(view.body, Columns)
        arrows = {column[0].tap.value: (column[0].icon, column[0].onward) for column in view.body.columns}
        along, against = ("arrow-right", True), ("arrow-left", False)
        assert arrows == {"ar": along if mirrored else against, "en": against if mirrored else along}


@pytest.mark.parametrize(("language", "between"), [("en", ", "), ("ar", "، "), ("zh-Hans", "、")])
def test_several_answers_are_listed_with_the_marks_of_their_language(language: str, between: str) -> None:
    choices = FORM.texts[language].screens["brings-you"].choices
    words = [choices[choice] for choice in ("housing", "work")]
    listed = {
        touch.text
        for name, view in every_screen(FORM, config_of(FORM, language), language, Manner())
        if "review" in name and isinstance(view.body, Tiles)
        for touch in view.body.touches
    }

    assert any(between.join(words) in text for text in listed)


def test_lines_break_between_chinese_characters_but_not_before_a_full_stop() -> None:
    assert pieces("您好。（好）") == ["您", "好。", "（好）"]
    assert pieces("two words") == ["two ", "words"]


@pytest.mark.parametrize("script", NAMES_OF_FORTY)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_any_name_is_drawn_or_replaced_decently(language: str, script: str) -> None:
    name = NAMES_OF_FORTY[script]
    session = a_session(FORM, config_of(FORM, language))
    for tap in (Tap(Action.BEGIN, language), *[Tap(Action.SKIP)] * 3, *(Tap(Action.TYPE, letter) for letter in name)):
        session.tap(tap, NOW, 0)
    with OffscreenKiosk():
        surface = Surface(lambda _tap: None, lambda: None)
        surface.size = (PANELS[0].width, PANELS[0].height)
        pen = Pen(PALETTES["light"], PANELS[0].sizes(Manner()), language == "ar", Typesetter(Fonts(built_fonts())))
        seen: set[str] = set()
        for action in (Action.NEXT, *[Action.SKIP] * 8, *[Action.PAGE] * 6):  # to the review, and through its pages
            view = page_of(session.view, PANELS[0].glass, session.manner, session.reader.ui)
            surface.show(PANELS[0].place(view, Manner()), pen)
            assert surface.cut == []
            if isinstance(view.body, Tiles):
                seen |= {touch.text for touch in view.body.touches}
            session.tap(Tap(action), NOW, 0)

    assert session.view.name == "review"
    assert name[:40] in seen


def test_what_no_font_has_becomes_a_dot() -> None:
    fonts = Fonts(built_fonts())
    font = fonts.font_for("Rosa ᚠ\ufe0f")

    assert fonts.drawable("Rosa ᚠ\ufe0f", font) == f"Rosa {INSTEAD}"


def test_a_long_name_of_one_word_is_broken_rather_than_cut() -> None:
    with OffscreenKiosk():
        typesetter = Typesetter(Fonts(built_fonts()))
        text = typesetter.set_text("m" * 40, 400, 300, Setting(30, 30))
    assert text.fits
    assert text.natural <= 401
