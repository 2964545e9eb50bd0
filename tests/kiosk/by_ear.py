"""A participant who neither sees nor touches: hears what is said, decides, and presses keys of a keypad."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from shared_schema.form import Form, LanguageTexts

_LONGEST_WAY = 90  # arrows to any control of any screen
NAME = "Rosa Lu"
PHONE = "5550101234"


@dataclass
class Listener:
    """`press`: a key of keypad.Key by its name, or a digit. `hear`: what is being said now.

    All that a listener brings along is the language: which words mean what they want to say.
    """

    form: Form
    language: str
    press: Callable[[str], None]
    hear: Callable[[], list[str]]
    name: str = NAME
    questions: list[str] = field(default_factory=list)
    review: list[str] = field(default_factory=list)

    def do_an_intake(self) -> str:
        """From the first key to the word to wait with, which is returned."""
        ui, wishes = self._texts.ui, self._wishes()
        self.press("down")
        assert ui["speech_keys"] in self.hear()
        self.choose(ui["start"])
        while (title := next((each for each in self.hear() if each in wishes), None)) is not None:
            self.questions.append(title)
            for wish in wishes.pop(title):
                wish()
        assert self._texts.screens["review"].title in self.hear(), self.hear()
        self._hear_the_review()
        self.choose(ui["send"])
        assert self.hear()[0] == ui["ticket_title"]
        return self.hear()[1]

    def choose(self, label: str) -> None:
        self.go_to(label)
        self.press("ok")

    def go_to(self, label: str) -> None:
        for _ in range(_LONGEST_WAY):
            self.press("right")
            heard = self.hear()
            if label in heard and self._texts.ui["speech_so_far"] not in heard:
                return
        raise AssertionError(f"never came to {label}, but heard {heard}")

    def _wishes(self) -> dict[str, list[Callable[[], None]]]:
        """What to do where this is asked; whatever else is asked would be a surprise."""
        on = self._texts.ui["next"]

        def choices(screen: str, *wanted: str) -> tuple[str, list[Callable[[], None]]]:
            words = self._texts.screens[screen]
            return words.title, [self._chooses(words.choices[each]) for each in wanted]

        def several(screen: str, *wanted: str) -> tuple[str, list[Callable[[], None]]]:
            title, wishes = choices(screen, *wanted)
            return title, [*wishes, self._chooses(on)]

        return dict(
            [
                (self._texts.screens["privacy"].title, [self._chooses(on)]),
                several("urgent", "tonight"),
                choices("been-here", "not-sure"),
                (self._texts.screens["name"].title, [lambda: self._spell(self.name), self._chooses(on)]),
                several("brings-you", "housing", "company"),
                choices("help-today", "ongoing"),
                several("talk-with", "woman"),
                choices("reach", "phone"),
                (self._texts.screens["phone"].title, [lambda: self._dial(PHONE), self._chooses(on)]),
                several("phone-ok", "text", "call"),
                several("easier", "quiet"),
                choices("adult", "yes"),
                choices("consent", "agree"),
            ]
        )

    def _chooses(self, label: str) -> Callable[[], None]:
        return lambda: self.choose(label)

    def _spell(self, word: str) -> None:
        """On the keyboard on the screen; each letter is heard as it comes."""
        for letter in word:
            label = self._texts.ui["key_space"] if letter == " " else letter
            self.choose(label)
            assert self.hear()[0] == label, self.hear()

    def _dial(self, digits: str) -> None:
        """With the digits of one's own keys."""
        for digit in digits:
            self.press(digit)
            assert self.hear() == [digit]

    def _hear_the_review(self) -> None:
        """Page for page, until the last one of so many."""
        while True:
            page = self.hear()
            self.review += page
            more = next(
                filter(None, (re.fullmatch(rf"{self._texts.ui['more']} (\d+)/(\d+)", each) for each in page)), None
            )
            if more is None or more[1] == more[2]:
                return
            self.choose(more[0])

    @property
    def _texts(self) -> LanguageTexts:
        return self.form.texts[self.language]
