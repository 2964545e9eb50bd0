"""A form as data: screens, choices, branching, languages. Kiosk, console and exports read the same words from here.

A form lives in a folder `forms/<name>-<version>/`: `form.yaml` holds the screens, and each other file `<language>.yaml`
holds every word of one language. Adding a language is adding a file.
"""

from collections.abc import Container, Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, Self

from pydantic import Field, model_validator

from shared_schema.intake import (
    Answer,
    AnswerState,
    Frozen,
    IntakeRecord,
    LanguageTag,
    PathwayType,
    Slug,
)
from shared_schema.yaml_files import read_yaml

BRIEF_INTAKE = "brief-intake"

ScreenKind = Literal["language", "notice", "choice", "choices", "name", "text", "phone", "review", "ticket"]
ITEM_KINDS = frozenset({"choice", "choices", "name", "text", "phone"})


class FormError(Exception):
    """A form's files do not fit together; says which file and key to mend."""


class Choice(Frozen):
    """A tile. `icon` names a drawing. `urgent`: staff are told that it is urgent. `alone`: clears the other tiles."""

    id: Slug
    icon: Slug
    urgent: bool = False
    alone: bool = False
    pathway: PathwayType | None = None


class Condition(Frozen):
    """Holds when `item` was answered with one of `any_of`."""

    item: Slug
    any_of: tuple[Slug, ...]

    def holds(self, answers: Mapping[str, Answer]) -> bool:
        answer = answers.get(self.item)
        return answer is not None and bool(set(answer.choices) & set(self.any_of))


class Screen(Frozen):
    """One question on one screen. `step` is the domain's step (0-11). `most`: how many tiles may be tapped.

    `without_consent`: what staff need to see somebody today, also when the use of the answers was not agreed to.
    """

    id: Slug
    step: int = Field(ge=0, le=11)
    kind: ScreenKind
    icon: Slug | None = None
    choices: tuple[Choice, ...] = ()
    most: int = 1
    rather_not_say: bool = False
    without_consent: bool = False
    show_if: Condition | None = None

    @property
    def may_be_urgent(self) -> bool:
        return any(choice.urgent for choice in self.choices)

    @property
    def is_item(self) -> bool:
        """Whether the screen's answer is part of the record."""
        return self.kind in ITEM_KINDS

    def shown_for(self, answers: Mapping[str, Answer]) -> bool:
        return self.show_if is None or self.show_if.holds(answers)


class ScreenText(Frozen):
    """`title` is the question, `help` a line under it, `short` the label in reviews, `body` a notice's paragraphs."""

    title: str
    short: str
    help: str = ""
    body: tuple[str, ...] = ()
    choices: dict[Slug, str] = {}


class Keyboard(Frozen):
    """The on-screen keyboard's rows of letters, and further letters and signs: the accented forms that a letter offers.

    A combining sign goes onto the letter that was typed before it. Eleven keys are the most that fit a small panel.
    """

    rows: tuple[tuple[str, ...], ...]
    accents: dict[str, tuple[str, ...]] = {}


class LanguageTexts(Frozen):
    """Every word that a participant reads in one language. `ui`: the kiosk's own wording (buttons, notes, ticket)."""

    language: LanguageTag
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"
    voice: str = ""
    """The speech program's name for this language, where it is another than `language`."""
    reviewed: bool
    """A person who speaks the language has read the consent text. Unreviewed languages are hidden."""
    keyboard: Keyboard
    screens: dict[Slug, ScreenText]
    ui: dict[str, str]
    tickets: dict[Slug, str]


class Form(Frozen):
    """A whole form in one version. Never changed after release: a change is a new version beside it.

    `consent`: the answer with which a participant agrees that staff use the others; None: nothing is asked.
    """

    name: Slug
    version: int = Field(ge=1)
    consent: Condition | None = None
    screens: tuple[Screen, ...]
    ticket_words: tuple[Slug, ...] = Field(min_length=20)
    texts: dict[LanguageTag, LanguageTexts]

    @model_validator(mode="after")
    def _texts_fit_the_screens(self) -> Self:
        reference = self.texts.get("en")
        if reference is None:
            raise ValueError("a form needs English, the language that staff read")
        for language, texts in self.texts.items():
            _require_same(language, "ui", set(reference.ui), set(texts.ui))
            _require_same(language, "tickets", set(self.ticket_words), set(texts.tickets))
            _require_same(language, "screens", {screen.id for screen in self.screens}, set(texts.screens))
            for screen in self.screens:
                expected = {choice.id for choice in screen.choices}
                _require_same(language, f"screens.{screen.id}.choices", expected, set(texts.screens[screen.id].choices))
        return self

    @property
    def items(self) -> tuple[Screen, ...]:
        return tuple(screen for screen in self.screens if screen.is_item)

    def screen(self, screen_id: str) -> Screen:
        return next(screen for screen in self.screens if screen.id == screen_id)

    def reviewed_languages(self) -> tuple[str, ...]:
        return tuple(language for language, texts in self.texts.items() if texts.reviewed)

    def offered(self, languages: Iterable[str], reviewed: Container[str]) -> tuple[str, ...]:
        """Of these languages the ones that a participant may be shown. `reviewed`: those that a site vouches for."""
        return tuple(
            each for each in languages if each in self.texts and (self.texts[each].reviewed or each in reviewed)
        )

    def can_hide(self, screen: Screen) -> tuple[Choice, ...]:
        """The tiles that a site may leave out: never what is urgent, nor the way past a question, nor a yes or no."""
        if screen.kind != "choices":
            return ()
        return tuple(choice for choice in screen.choices if not choice.urgent and not choice.alone)

    def narrowed(self, hidden: Mapping[str, Container[str]], pathways: Container[PathwayType]) -> "Form":
        """The same form with these tiles left out, and those of pathways that are not offered.

        What a participant answers in it fits the whole form. A question keeps its tiles rather than losing all of them.
        """
        return self.model_copy(
            update={"screens": tuple(self._narrowed(each, hidden, pathways) for each in self.screens)}
        )

    def _narrowed(
        self, screen: Screen, hidden: Mapping[str, Container[str]], pathways: Container[PathwayType]
    ) -> Screen:
        may_go = {choice.id for choice in self.can_hide(screen)}
        left = tuple(
            choice
            for choice in screen.choices
            if not (choice.id in may_go and choice.id in hidden.get(screen.id, ()))
            and (choice.pathway is None or choice.pathway in pathways)
        )
        return screen.model_copy(update={"choices": left}) if any(not choice.alone for choice in left) else screen

    def ticket_text(self, ticket: str, language: str) -> str:
        """`maple-7` in words: "Maple 7"."""
        word, _, number = ticket.rpartition("-")
        return f"{self.texts[language].tickets[word]} {number}"

    def is_ticket(self, ticket: str) -> bool:
        word, _, number = ticket.rpartition("-")
        return word in self.ticket_words and number.isdecimal() and 1 <= int(number) <= 99

    def is_agreed(self, answers: Mapping[str, Answer]) -> bool:
        """Whether the participant said yes to the use of their answers. Silence is no."""
        return self.consent is None or self.consent.holds(answers)

    def is_urgent(self, answers: Mapping[str, Answer]) -> bool:
        """Whether an answer says self-harm, unsafe, or another choice marked urgent."""
        return any(choice.urgent for choice in self._chosen(answers))

    def pathway(self, answers: Mapping[str, Answer]) -> PathwayType:
        """The service pathway that the answers ask for; comprehensive services when nothing was said."""
        asked = (choice.pathway for choice in self._chosen(answers) if choice.pathway)
        return next(asked, PathwayType.COMPREHENSIVE)

    def faults(self, record: IntakeRecord) -> list[str]:
        """What keeps the record from fitting this form, as `item: what` without any answer; empty when it fits."""
        faults = []
        if (record.form_name, record.form_version) != (self.name, self.version):
            faults.append("form: another form or version")
        if record.language not in self.texts:
            faults.append("language: not one of the form's")
        if not self.is_ticket(record.ticket):
            faults.append("ticket: not one of the form's")
        if record.finished_at < record.started_at:
            faults.append("finished_at: before started_at")
        expected = {screen.id: screen for screen in self.items if screen.shown_for(record.answers)}
        if unknown := record.answers.keys() - {screen.id for screen in self.items}:
            faults.append(f"answers: {len(unknown)} not in the form")
        for screen in self.items:
            answer = record.answers.get(screen.id)
            if (answer is None) == (screen.id in expected):
                faults.append(f"{screen.id}: {'missing' if answer is None else 'answered without being asked'}")
            elif answer is not None:
                faults.extend(f"{screen.id}: {fault}" for fault in _answer_faults(screen, answer, record.express))
        return faults

    def _chosen(self, answers: Mapping[str, Answer]) -> list[Choice]:
        return [
            choice
            for screen in self.items
            for choice in screen.choices
            if screen.id in answers and choice.id in answers[screen.id].choices
        ]


@cache
def load_form(name: str = BRIEF_INTAKE, version: int | None = None) -> Form:
    """A packaged form; the newest version unless one is named. Raises FormError."""
    folder = files("shared_schema") / "forms"
    versions = {
        int(entry.name.rpartition("-")[2]): entry
        for entry in folder.iterdir()
        if entry.is_dir() and entry.name.rpartition("-")[0] == name
    }
    try:
        return read_form(versions[max(versions) if version is None else version])
    except (KeyError, ValueError) as error:
        raise FormError(f"no usable form {name} in version {version or 'any'}: {error}") from error


def read_form(folder: Traversable) -> Form:
    """The form in a folder: `form.yaml` and a file per language. Raises ValueError with the key to mend."""
    documents = {
        entry.name.removesuffix(".yaml"): read_yaml(entry)
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }
    definition = documents.pop("form")
    languages = definition.pop("languages")
    for document in documents.values():
        if not document["reviewed"] and "en" in documents:  # a translation that is not finished can be tried out
            document["ui"] = {**documents["en"]["ui"], **document["ui"]}
    ordered = sorted(documents, key=lambda tag: (languages.index(tag) if tag in languages else len(languages), tag))
    return Form(**definition, texts={tag: documents[tag] for tag in ordered})


def _require_same(language: str, where: str, expected: set[str], found: set[str]) -> None:
    if expected != found:
        raise ValueError(
            f"{language}.yaml {where}: missing {sorted(expected - found)}, not in the form {sorted(found - expected)}"
        )


def _answer_faults(screen: Screen, answer: Answer, express: bool) -> list[str]:
    if answer.state is not AnswerState.ANSWERED:
        if screen.kind == "name" and not express:
            return ["a name or an offered word is needed"]
        if answer.state is AnswerState.RATHER_NOT_SAY and not screen.rather_not_say:
            return ["'rather not say' is not offered here"]
        return []
    if screen.kind in {"name", "text", "phone"}:
        return [] if answer.text and not answer.choices else ["needs text only"]
    return _choice_faults(screen, answer)


def _choice_faults(screen: Screen, answer: Answer) -> list[str]:
    known = {choice.id: choice for choice in screen.choices}
    faults = []
    if answer.text is not None:
        faults.append("needs choices only")
    if not set(answer.choices) <= known.keys() or len(set(answer.choices)) != len(answer.choices):
        faults.append("an unknown or repeated choice")
    elif len(answer.choices) > screen.most:
        faults.append(f"more than {screen.most} choices")
    elif len(answer.choices) > 1 and any(known[choice].alone for choice in answer.choices):
        faults.append("a choice that stands alone beside others")
    return faults
