"""What is said of a view: a pure reading of what is on the screen, in its order, for those who do not see it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kiosk_client.focus import Stop
from kiosk_client.view import Action, Columns, Field, Paragraphs, Tiles, Touch, Typing, View, Word
from shared_schema.form import LanguageTexts


@dataclass(frozen=True)
class Utterance:
    """A sentence, a word or a letter, said in one breath, by the voice of one language."""

    text: str
    language: str


class Reader:
    """Reads in a participant's language. On the first screen each language speaks for itself."""

    def __init__(self, texts: Mapping[str, LanguageTexts], language: str) -> None:
        self._texts = texts
        self._language = language
        self.ui = texts[language].ui
        self.right_to_left = texts[language].direction == "rtl"

    def screen(self, view: View) -> list[Utterance]:
        """Everything on the screen, what is asked first and the ways out last."""
        ways_out = (*view.left, *view.right)
        return [
            *self._title(view),
            *self._lines(view.help, view.note),
            *self._body(view),
            *self._touches((*view.quiet, *view.act)),
            *(self._lines(self.ui["speech_everywhere"]) if ways_out else ()),
            *self._touches(ways_out),
        ]

    def stop(self, stop: Stop) -> list[Utterance]:
        """A single control, as the focus comes to it."""
        if isinstance(stop, Field):
            return [*self._lines(stop.label), *self._typed(stop)]
        return list(self._touch(stop))

    def keys(self, view: View) -> list[Utterance]:
        """How the keypad works; in each of the languages that the first screen offers."""
        languages = _offered(view) or [self._language]
        return [Utterance(self._texts[language].ui["speech_keys"], language) for language in languages]

    def said(self, name: str) -> list[Utterance]:
        """One of the language's own words."""
        return self._lines(self.ui[name])

    def change(self, before: View, after: View) -> list[Utterance]:
        """What is new on a screen that is still the same question."""
        if before.title != after.title:
            return self.screen(after)
        said = [] if before.help == after.help else self._lines(after.help)
        if isinstance(before.body, Typing) and isinstance(after.body, Typing):
            for old, new in zip(before.body.fields, after.body.fields, strict=False):
                said += self._typing(old.text, new.text)
        elif isinstance(before.body, Tiles) and isinstance(after.body, Tiles):
            said += self._tiles_changed(before.body.touches, after.body.touches)
            said += self._touches(_new_touches(before, after))
        elif before.body != after.body:
            said += [*self._body(after), *self._touches(_new_touches(before, after))]
        return said

    def _title(self, view: View) -> list[Utterance]:
        """One line for each language on the first screen; elsewhere one title."""
        languages = _offered(view)
        lines = view.title.split("\n")
        if len(lines) > len(languages):
            return self._lines(view.title)
        return [Utterance(line, language) for line, language in zip(lines, languages, strict=False)]

    def _body(self, view: View) -> list[Utterance]:
        match view.body:
            case Tiles(touches):
                return self._numbered(touches)
            case Paragraphs(_, lines, touches):
                return [*self._lines(*lines), *self._numbered(touches)]
            case Columns(columns):
                return self._touches(touch for column in columns for touch in column)
            case Typing(fields):
                fields_read = [each for field in fields for each in (*self._lines(field.label), *self._typed(field))]
                return [*fields_read, *self._lines(self.ui["speech_keyboard"])]
            case Word(word, lines):
                return self._lines(word, *lines)

    def _numbered(self, touches: Sequence[Touch]) -> list[Utterance]:
        """Tiles with their places, so that one knows how many are still to come."""
        said = []
        for number, touch in enumerate(touches, start=1):
            place = self.ui["speech_position"].format(number=number, count=len(touches))
            said += [*self._touch(touch), *(self._lines(place) if len(touches) > 2 else ())]
        return said

    def _touches(self, touches: Iterable[Touch]) -> list[Utterance]:
        return [said for touch in touches for said in self._touch(touch)]

    def _touch(self, touch: Touch) -> Iterator[Utterance]:
        """`Someone who speaks my language. Chosen.`; an answer in the review: `Name. Rosa. R o s a.`"""
        language = touch.tap.value if touch.tap.value in self._texts and _is_way_in(touch) else self._language
        label = self.ui["key_space"] if touch.tap.value == " " else touch.text
        yield from (Utterance(part, language) for part in (touch.detail, label) if part)
        if touch.typed:
            yield from self._letters(touch.text)
        if touch.marked:
            yield Utterance(self.ui["speech_chosen"], language)
        if not touch.enabled:
            yield Utterance(self.ui["speech_not_yet"], language)

    def _typed(self, field: Field) -> list[Utterance]:
        """What was typed, letter by letter and as a whole."""
        if not field.text:
            return self._lines(field.hint, self.ui["speech_nothing_typed"])
        return [*self._lines(self.ui["speech_so_far"]), *self._letters(field.text), *self._lines(field.text)]

    def _typing(self, old: str, new: str) -> list[Utterance]:
        """The letters that came, or those that went."""
        before, after = _heard(old), _heard(new)
        if before == after:
            return []
        if after.startswith(before):
            return self._letters(after[len(before) :])
        return [*self._letters(before[len(after) :]), *self._lines(self.ui["speech_erased"])]

    def _letters(self, text: str) -> list[Utterance]:
        return self._lines(*(self.ui["key_space"] if letter == " " else letter for letter in _heard(text)))

    def _tiles_changed(self, before: Sequence[Touch], after: Sequence[Touch]) -> list[Utterance]:
        """The tile that was tapped, and whether it is chosen now; all of them on another page."""
        if [touch.tap for touch in before] != [touch.tap for touch in after]:
            return self._numbered(after)
        said = []
        for old, new in zip(before, after, strict=True):
            if old.marked != new.marked:
                now = self.ui["speech_chosen" if new.marked else "speech_not_chosen"]
                said += self._lines(new.text, now)
        return said

    def _lines(self, *lines: str) -> list[Utterance]:
        return [Utterance(line, self._language) for line in lines if line]


def _offered(view: View) -> list[str]:
    """The languages of the first screen, in their order; none on any other screen."""
    match view.body:
        case Columns(columns):
            touches: Iterable[Touch] = (touch for column in columns for touch in column)
        case Tiles(tiles):
            touches = tiles
        case _:
            touches = ()
    return [touch.tap.value for touch in touches if touch.tap.action is Action.BEGIN]


def _new_touches(before: View, after: View) -> list[Touch]:
    """Such as the one that says which page of how many this is."""
    return [touch for touch in after.quiet if touch not in before.quiet]


def _is_way_in(touch: Touch) -> bool:
    return touch.tap.action in {Action.BEGIN, Action.TALK_FROM_WELCOME}


def _heard(text: str) -> str:
    """A phone number is read by its digits; how it is grouped is for the eye."""
    digits = "".join(letter for letter in text if letter.isdecimal())
    return digits if digits and not any(letter.isalpha() for letter in text) else text
