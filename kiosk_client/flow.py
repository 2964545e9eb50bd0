"""The brief intake as a participant walks through it: a tap changes the step. No window, no clock, no disk.

Taps that do not fit the step are ignored: a second tap of a nervous finger must never do harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk_client import letters, phone
from shared_schema.form import Form, LanguageTexts, Screen
from shared_schema.intake import MAX_TEXT, RATHER_NOT_SAY, SKIPPED, Answer, AnswerState, IntakeRecord

MAX_TYPED = 40
"""Longest name in letters; the field shows it whole."""


class Place(StrEnum):
    """Where a participant is. QUESTION covers every screen of the form, the review among them."""

    WELCOME = "welcome"
    QUESTION = "question"
    URGENT = "urgent"
    TALK = "talk"
    START_OVER = "start over"
    DELETE = "delete"
    SENDING = "sending"
    TICKET = "ticket"
    DELETED = "deleted"
    NOT_SAVED = "not saved"


_ASKS = frozenset({Place.TALK, Place.START_OVER, Place.DELETE})


@dataclass(frozen=True)
class Step:
    """What is to be shown: a place and, while it is QUESTION, the form's screen."""

    place: Place
    screen: Screen | None = None


class Flow:
    """One kiosk's intakes, one after another. `step` says what to show; the methods are the taps."""

    def __init__(self, form: Form, country: str = phone.COUNTRY) -> None:
        self.form = form
        self.country = country
        self.language: str
        self.ticket: str
        self.intake_id: UUID | None
        self.typed: str
        self.mistake: str
        self.is_urgent: bool
        """On the last screen: whether somebody needs more than a word to wait with."""
        self._place: Place
        self._asked_from: Place
        self._screen: Screen
        self._answers: dict[str, Answer]
        self._started_at: datetime | None
        self._called_at: datetime | None
        self._express: bool
        self._changing: bool
        self._urgent_shown: bool
        self._forget()

    @property
    def step(self) -> Step:
        return Step(self._place, self._screen if self._place is Place.QUESTION else None)

    @property
    def texts(self) -> LanguageTexts:
        """The words of the participant's language."""
        return self.form.texts[self.language]

    @property
    def word(self) -> str:
        """The ticket in words, which is also a name to go by."""
        return self.form.ticket_text(self.ticket, self.language)

    @property
    def answer(self) -> Answer | None:
        """The answer to the question on the screen."""
        return self._answers.get(self._screen.id)

    @property
    def may_go_on(self) -> bool:
        """Whether Next does anything here."""
        if self._screen.kind in {"name", "text", "phone"}:
            return bool(self.typed.strip())
        return self._screen.kind == "notice" or bool(self.answer and self.answer.choices)

    @property
    def may_choose_more(self) -> bool:
        return self.answer is None or len(self.answer.choices) < self._screen.most or self._screen.most == 1

    @property
    def is_full(self) -> bool:
        """Whether there is something left here that can't be chosen beside what is."""
        chosen = self.answer.choices if self.answer else ()
        left = any(not choice.alone and choice.id not in chosen for choice in self._screen.choices)
        return left and not self.may_choose_more

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What the record will hold: every question that was due, those not answered or not to be sent as skipped."""
        answers: dict[str, Answer] = {}
        for screen in self.form.items:
            if screen.shown_for(answers):
                answers[screen.id] = self._answers.get(screen.id, SKIPPED) if self.leaves(screen) else SKIPPED
        return answers

    @property
    def is_agreed(self) -> bool:
        """Whether the participant said yes to the use of their answers."""
        return self.form.is_agreed(self._answers)

    def leaves(self, screen: Screen) -> bool:
        """Whether the answer to this leaves the kiosk: with consent; else what is needed today; of somebody who would
        rather talk only that it is urgent."""
        if self._express:
            return screen.may_be_urgent
        return self.is_agreed or screen.without_consent

    @property
    def progress(self) -> tuple[int, int]:
        """How many of how many steps are behind the participant. Branches do not change it."""
        steps = sorted({screen.step for screen in self._shown()})
        return steps.index(self._screen.step), len(steps)

    # The way there and back

    def begin(self, language: str, ticket: str, intake_id: UUID, now: datetime) -> None:
        """A language was tapped on the first screen. `ticket`: the word that this participant will get.

        `intake_id`: of the intake, and of a call for a person before it is finished.
        """
        if self._place is Place.WELCOME:
            self.language, self.ticket, self.intake_id, self._started_at = language, ticket, intake_id, now
            self._go(self._shown()[0])

    def talk_from_welcome(self, language: str, ticket: str, intake_id: UUID, now: datetime) -> None:
        """ "I'd rather talk to someone", tapped before anything else, or after everything was deleted."""
        if self._place is Place.DELETED:
            self._forget()
        if self._place is Place.WELCOME:
            self.begin(language, ticket, intake_id, now)
            self._ask(Place.TALK, Place.WELCOME)

    def next(self) -> None:
        """Go on with what was answered here. A number that cannot be one stays, with a hint."""
        if self._place is not Place.QUESTION or not self.may_go_on:
            return
        if self._screen.kind == "phone":
            self.mistake = phone.mistake(self.typed, self.country)
            if self.mistake:
                return
            self.typed = phone.normalised(self.typed, self.country) or self.typed
        if self._screen.kind in {"name", "text", "phone"}:
            self._answers[self._screen.id] = Answer.of(text=" ".join(self.typed.split()))
        if self._screen.may_be_urgent and self.form.is_urgent(self._answers) and not self._urgent_shown:
            self._urgent_shown = True
            self._place = Place.URGENT
            return
        self._forward()

    def skip(self) -> None:
        """Go on without an answer. Only a name is needed to be called by: without one it is the offered word."""
        if self._place is not Place.QUESTION or self._screen.kind == "review":
            return
        if self._screen.kind == "name":
            self._answers[self._screen.id] = Answer.of(text=self.word)
        elif self._screen.is_item:
            self._answers[self._screen.id] = SKIPPED
        self._forward()

    def rather_not_say(self) -> None:
        if self._place is Place.QUESTION and self._screen.rather_not_say:
            self._answers[self._screen.id] = RATHER_NOT_SAY
            self._forward()

    def back(self) -> None:
        """To the screen before; from the first one to the languages; from a change to the review."""
        if self._place in _ASKS:
            self.cancel()
        elif self._place is Place.URGENT:
            self._place = Place.QUESTION
        elif self._place is Place.QUESTION and self._changing:
            self._review()
        elif self._place is Place.QUESTION:
            shown = self._shown()
            at = shown.index(self._screen)
            if at:
                self._go(shown[at - 1])
            else:
                self._forget()

    # Answers

    def choose(self, choice_id: str) -> None:
        """A tile was tapped. With one answer to give it goes on at once; with several the tile goes on or off."""
        if self._place is not Place.QUESTION:
            return
        known = {choice.id: choice for choice in self._screen.choices}
        if choice_id not in known:
            return
        if self._screen.kind == "choice":
            self._answers[self._screen.id] = Answer.of(choice_id)
            self.next()
            return
        chosen = self.answer.choices if self.answer else ()
        if choice_id in chosen:
            chosen = tuple(choice for choice in chosen if choice != choice_id)
        elif known[choice_id].alone:
            chosen = (choice_id,)
        else:
            beside = tuple(choice for choice in chosen if not known[choice].alone)
            if len(beside) == self._screen.most:
                return
            chosen = (*beside, choice_id)
        self._answers.pop(self._screen.id, None)
        if chosen:
            in_order = tuple(choice for choice in known if choice in chosen)
            self._answers[self._screen.id] = Answer.of(*in_order)

    def type(self, character: str) -> None:
        """A key was tapped."""
        if self._place is not Place.QUESTION or self._screen.kind not in {"name", "text", "phone"}:
            return
        self.mistake = ""
        if self._screen.kind == "phone":
            self.typed = phone.typed(self.typed, character)
            return
        longer = letters.joined(self.typed, character)
        if letters.may_be_typed(character) and letters.count(longer) <= MAX_TYPED and len(longer) <= MAX_TEXT:
            self.typed = longer

    def erase(self) -> None:
        """The last letter goes."""
        self.mistake = ""
        self.typed = letters.without_last(self.typed)

    def take_word(self) -> None:
        """ "Just call me Maple 7"."""
        if self._place is Place.QUESTION and self._screen.kind == "name":
            self.skip()

    # Asking twice, and leaving

    def talk(self) -> None:
        """ "Talk to a person", from wherever one is."""
        if self._place in {Place.QUESTION, Place.URGENT}:
            self._ask(Place.TALK, self._place)
        elif self._place in {Place.START_OVER, Place.DELETE}:
            self._ask(Place.TALK, self._asked_from)

    def urgent_now(self) -> None:
        """ "Get a person now": what was answered so far goes out at once."""
        if self._place is Place.URGENT:
            self._finish(express=True)

    def keep_going(self) -> None:
        """Answer the rest first."""
        if self._place is Place.URGENT:
            self._place = Place.QUESTION
            self._forward()

    def start_over(self) -> None:
        """It is asked first, if there is anything to lose."""
        if self._place in {Place.QUESTION, Place.URGENT}:
            self._ask(Place.START_OVER, self._place)
        elif self._place in {Place.TALK, Place.DELETE} and self._asked_from is not Place.WELCOME:
            self._ask(Place.START_OVER, self._asked_from)
        elif self._place is Place.TALK:
            self._forget()

    def delete(self) -> None:
        if self._place is Place.QUESTION and self._screen.kind == "review":
            self._ask(Place.DELETE, self._place)

    def confirm(self) -> None:
        """Yes to what is asked."""
        if self._place is Place.TALK:
            self._finish(express=True)
        elif self._place is Place.START_OVER:
            self._forget()
        elif self._place is Place.DELETE:
            language = self.language
            self._forget()
            self.language, self._place = language, Place.DELETED

    def cancel(self) -> None:
        """No to what is asked: back to where one was."""
        if self._place in _ASKS:
            self._place = self._asked_from
            if self._place is Place.WELCOME:
                self._forget()

    def change(self, item: str) -> None:
        """An answer was tapped in the review."""
        if self._place is Place.QUESTION and self._screen.kind == "review":
            self._changing = True
            self._go(self.form.screen(item))

    def send(self) -> None:
        if self._place is Place.QUESTION and self._screen.kind == "review":
            self._finish(express=False)

    # What the app says

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody is to be called before the rest is answered, and nobody was yet."""
        return self._place is Place.URGENT and self._called_at is None

    def called(self, now: datetime) -> None:
        """A call for a person went out, or could not; it goes out once."""
        self._called_at = now

    def record(self, receipt_nonce: str, now: datetime) -> IntakeRecord:
        """The finished intake. `receipt_nonce`: 32 random hex digits. Only between begin and the end."""
        if self.intake_id is None:
            raise ValueError("nobody has begun")
        return IntakeRecord(
            id=self.intake_id,
            form_name=self.form.name,
            form_version=self.form.version,
            language=self.language,
            express=self._express,
            started_at=self._started_at or now,
            finished_at=max(now, self._started_at or now),  # a clock may be set in between
            ticket=self.ticket,
            answers=dict(self.answers),
            receipt_nonce=receipt_nonce,
            called_at=self._called_at,
        )

    def sent(self) -> None:
        """The intake is safe; everything about it is forgotten but the word to wait with."""
        self._end(Place.TICKET)

    def not_saved(self) -> None:
        """The intake could not be kept; the participant is sent to the desk."""
        self._end(Place.NOT_SAVED)

    def reset(self) -> None:
        """Time is up, or Done was tapped: nothing of this participant stays."""
        self._forget()

    def _forget(self) -> None:
        self._place = Place.WELCOME
        self._asked_from = Place.WELCOME
        self._screen = self.form.screens[0]
        self._answers = {}
        self._started_at = self._called_at = None
        self.intake_id = None
        self._express = self._changing = self._urgent_shown = False
        self.language = next(iter(self.form.texts))
        self.ticket = ""
        self.typed = ""
        self.mistake = ""
        self.is_urgent = False

    def _end(self, place: Place) -> None:
        language, ticket, is_urgent = self.language, self.ticket, self.form.is_urgent(self._answers)
        self._forget()
        self._place, self.language, self.ticket, self.is_urgent = place, language, ticket, is_urgent

    def _ask(self, place: Place, asked_from: Place) -> None:
        self._asked_from = asked_from
        self._place = place

    def _finish(self, *, express: bool) -> None:
        self._express = express
        self._place = Place.SENDING

    def _shown(self) -> list[Screen]:
        """The form's screens that are due, without the first (the languages) and the last (the ticket)."""
        return [
            screen
            for screen in self.form.screens
            if screen.kind not in {"language", "ticket"} and screen.shown_for(self._answers)
        ]

    def _forward(self) -> None:
        """To the next screen; after a change to the questions that it brought up, then to the review."""
        shown = self._shown()
        later = shown[shown.index(self._screen) + 1 :]
        if self._changing:
            later = [screen for screen in later if screen.is_item and screen.id not in self._answers]
        if later:
            self._go(later[0])
        else:
            self._review()

    def _review(self) -> None:
        self._changing = False
        self._go(next(screen for screen in self.form.screens if screen.kind == "review"))

    def _go(self, screen: Screen) -> None:
        self._place = Place.QUESTION
        self._screen = screen
        self.mistake = ""
        answer = self._answers.get(screen.id)
        self.typed = answer.text or "" if answer and answer.state is AnswerState.ANSWERED else ""
