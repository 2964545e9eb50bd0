"""How long an intake takes a person, reckoned from the form's own texts: `make docs` writes docs/two-minutes.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import textstat

from kiosk_client.lettering import is_square
from kiosk_client.view import Action, Columns, Look, Paragraphs, Tap, Tiles, Touch, Typing, View, Word
from shared_schema.form import Form, load_form
from shared_schema.kiosk_api import KioskConfig
from shared_schema.sealing import OpeningKey
from tests.kiosk.screens import NOW, a_session

FILE = Path(__file__).parents[2] / "docs" / "two-minutes.md"
USUAL_AT_MOST, LONGEST_AT_MOST = 100, 120  # seconds
GRADE_AT_MOST = 6

_TAP, _LETTER = 1.0, 1.5
_WORDS_A_MINUTE = 150
_UNITS_A_WORD = {
    "zh-Hans": 1.6,  # characters (IReST: 255 of them are 158 words; Trauzettel-Klosinski and Dietz 2012)
    "vi": 1.5,  # Vietnamese puts a blank between all syllables
}
_NAME, _SHORT_NAME = 5, 4
_COUNT = re.compile(r"\d+")  # of "3 chosen. Tap one to undo.", which is read once, whatever the number
_USUAL = (
    f"begin:{{language}} next choose:none next choose:first-time {'letter ' * _NAME} next choose:hard-day next "
    "choose:check-in choose:anyone next choose:here-only choose:nothing next choose:yes choose:agree send"
)
_LONGEST = (
    f"begin:{{language}} next choose:tonight next choose:first-time {'letter ' * _NAME} next "
    "choose:hard-day choose:housing choose:work next choose:ongoing choose:my-language choose:someone-i-know next "
    f"{'letter ' * _SHORT_NAME} next choose:phone type:5 type:5 type:5 type:0 type:1 type:0 {'type:1 ' * 4} next "
    "choose:text choose:call next choose:quiet next choose:yes choose:agree send"
)


@dataclass(frozen=True)
class Way:
    """`words`: of questions and explanations. `every_word`: also of every tile and button, each once."""

    words: float
    every_word: float
    taps: int
    letters: int

    @property
    def seconds(self) -> float:
        return self._seconds(self.words)

    @property
    def seconds_with_every_word(self) -> float:
        return self._seconds(self.every_word)

    def _seconds(self, words: float) -> float:
        return words / _WORDS_A_MINUTE * 60 + self.taps * _TAP + self.letters * _LETTER


def config_of(form: Form) -> KioskConfig:
    """A site as it begins."""
    key = OpeningKey.generate().public()
    languages = form.reviewed_languages()
    return KioskConfig(
        site_name="Harbor House", languages=languages, form_name=form.name, form_version=form.version, service_key=key
    )


def usual(form: Form, config: KioskConfig, language: str) -> Way:
    """Somebody who gives a name and one answer to each question."""
    return _walk(form, config, language, _USUAL)


def longest(form: Form, config: KioskConfig, language: str) -> Way:
    """Somebody who is asked every question there is. (In danger one is shorter: a person is called at the second.)"""
    return _walk(form, config, language, _LONGEST)


def grade(form: Form, language: str) -> float:
    """School years that the texts ask for: in Spanish by Crawford, in English the higher of Coleman-Liau and ARI, which
    count letters. (Flesch-Kincaid counts syllables, for which textstat fetches a dictionary from the network.)
    """
    prose = ". ".join(text.rstrip(".") for text in _prose(form, language)) + "."
    if language == "es":
        textstat.set_lang("es")
        return float(textstat.crawford(prose))
    textstat.set_lang("en")
    return float(max(textstat.coleman_liau_index(prose), textstat.automated_readability_index(prose)))


def table(form: Form, config: KioskConfig) -> str:
    """The document."""
    rows = []
    for language, texts in form.texts.items():
        ways = usual(form, config, language), longest(form, config, language)
        graded = f"{grade(form, language):.1f}" if language in {"en", "es"} else ""
        counts = " | ".join(
            f"{way.words:.0f} | {way.taps} | {way.letters} | **{way.seconds:.0f}** | {way.seconds_with_every_word:.0f}"
            for way in ways
        )
        rows.append(f"| {texts.name} | {counts} | {graded} |")
    return _DOCUMENT.format(rows="\n".join(rows), usual=USUAL_AT_MOST, longest=LONGEST_AT_MOST, grade=GRADE_AT_MOST)


def _walk(form: Form, config: KioskConfig, language: str, taps: str) -> Way:
    session = a_session(form, config)
    read: dict[str, float] = {}
    seen: dict[str, float] = {}
    tapped, typed = 0, 0
    letter = form.texts[language].keyboard.rows[0][0]
    for tap in ("", *taps.format(language=language).split()):
        if tap == "letter":
            session.tap(Tap(Action.TYPE, letter), NOW, 0)
            typed += 1
        elif tap:
            action, _, value = tap.partition(":")
            session.tap(Tap(Action(action), value), NOW, 0)
            tapped += 1
        read |= {text: _words(text, language) for text in _asked(session.view)}
        seen |= {text: _words(text, language) for text in _labels(session.view, language)}
    if session.view.name != "ticket":
        raise RuntimeError(f"the way ends at {session.view.name}")
    return Way(sum(read.values()), sum((read | seen).values()), tapped, typed)


def _asked(view: View) -> Iterator[str]:
    """The sentences of a screen; on the first one the greeting in one's own language."""
    yield view.title.split("\n")[0]
    yield _COUNT.sub("", view.help)
    match view.body:
        case Paragraphs(_, lines):
            yield from lines
        case Typing(fields):
            yield from (field.hint for field in fields if not field.text)
        case Word(word, lines):
            yield from (word, *lines)


def _labels(view: View, language: str) -> Iterator[str]:
    yield view.note
    match view.body:
        case Tiles(touches):
            yield from (text for touch in touches for text in (touch.text, touch.detail))
        case Paragraphs(_, _, touches):
            yield from (touch.text for touch in touches)
        case Columns(columns):
            yield from (touch.text for column in columns for touch in column if touch.tap.value == language)
    yield from (touch.text for touch in _buttons(view))


def _buttons(view: View) -> tuple[Touch, ...]:
    return tuple(touch for touch in (*view.left, *view.right, *view.quiet, *view.act) if touch.look is not Look.KEY)


def _words(text: str, language: str) -> float:
    if language == "zh-Hans":
        squares = sum(is_square(letter) and letter.isalpha() for letter in text)
        others = len("".join(" " if is_square(letter) else letter for letter in text).split())
        return squares / _UNITS_A_WORD[language] + others
    return len(text.split()) / _UNITS_A_WORD.get(language, 1)


def _prose(form: Form, language: str) -> Iterator[str]:
    """Questions, explanations and notes: sentences, without the labels of buttons and tiles."""
    texts = form.texts[language]
    for screen in texts.screens.values():
        yield from filter(None, (screen.title, screen.help, *screen.body))
    yield from (text for key, text in texts.ui.items() if text.endswith((".", "?")) and not key.startswith("speech_"))


_DOCUMENT = """# Two minutes

How long the brief intake takes a person, reckoned from the form's own words. `make docs` writes this page; a test keeps
it current and holds the limits.

Reading goes at 150 words a minute: every question, explanation and note that is new, once. A tap takes 1 s, which is
also the look for the tile with its picture and its few words; a typed letter takes 1.5 s, a digit is a tap. A word is
what stands between blanks; in Chinese 1.6 characters, in Vietnamese 1.5 syllables.

- **Usual**: a first visit, a name of five letters, one answer to each question. At most {usual} s.
- **Longest**: every question there is, with two names, a phone number and several answers. At most {longest} s. Whoever
  is in danger is faster: a person is called at the second question, and the rest may wait.
- **All**: the same if every word of every tile and button is read as well. Nobody does, and there is no limit for it.
- **Grade**: school years that the sentences ask for, at most {grade}: the higher of Coleman-Liau and ARI, in Spanish
  Crawford.

| | usual: words | taps | letters | seconds | all | longest: words | taps | letters | seconds | all | grade |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
{rows}
"""

if __name__ == "__main__":
    FILE.write_text(table(load_form(), config_of(load_form())), encoding="utf-8")
