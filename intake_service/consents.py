"""Whether a participant agrees that staff use their answers and contact them: the latest of what they have said.

What was tapped at the kiosk is read from the intake, which keeps it unchanged: form and version name the very words,
the language says in which they were read. What was said to staff afterwards stands in ConsentSaid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from intake_service import records_settings
from intake_service.intake_answers import answers_of
from intake_service.joined_records import ids_of
from intake_service.records_settings import RecordsSettings
from intake_service.records_tables import ConsentSaid
from intake_service.tables import Intake, Participant, Staff
from shared_schema.form import load_form
from shared_schema.intake import AnswerState

_HELD_AT_MOST = timedelta(days=92)
"""A kiosk hands in what it held within this time; a clock that says more than that is wrong."""


class ConsentState(StrEnum):
    """Values are the words staff see."""

    AGREED = "agreed"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_ANSWERED = "not answered"


class How(StrEnum):
    """How the participant told it."""

    IN_PERSON = "in person"
    ON_PAPER = "on paper"
    BY_PHONE = "by phone"
    IN_WRITING = "by letter or message"
    AT_KIOSK = "at the kiosk"
    WITH_STAFF = "asked by staff"


TOLD_TO_STAFF = (How.IN_PERSON, How.ON_PAPER, How.BY_PHONE, How.IN_WRITING)


@dataclass(frozen=True)
class Consent:
    """What was said once, and what it comes to now.

    `at`: when it was said. `until`: when it ends or has ended; None: until it is revoked. `recorder`: who wrote it
    down. `form_name`, `form_version`, `language`: which words were read.
    """

    state: ConsentState
    at: datetime
    how: How
    form_name: str
    form_version: int
    language: str
    until: datetime | None = None
    recorder: Staff | None = None

    @property
    def forbids_contact(self) -> bool:
        """Silence does not: whoever asked for a person at once wants to be met, and was asked nothing."""
        return self.state in {ConsentState.DECLINED, ConsentState.REVOKED, ConsentState.EXPIRED}

    @property
    def holds_to(self) -> datetime | None:
        """The last moment at which it holds or held: its day is the one to name."""
        return None if self.until is None else self.until - timedelta(microseconds=1)

    @property
    def words(self) -> Sequence[str]:
        """What the participant was asked, and the answer's own words if there was one, in the language they read."""
        form = load_form(self.form_name, self.form_version)
        if form.consent is None or self.state is ConsentState.NOT_ANSWERED:
            return ()
        text = form.texts[self.language].screens[form.consent.item]
        said = [text.choices[choice] for choice in form.consent.any_of] if self._was_yes else []
        if self.state is ConsentState.DECLINED:
            said = [words for choice, words in text.choices.items() if choice not in form.consent.any_of]
        return [text.title, *([text.help] if text.help else []), *said]

    @property
    def _was_yes(self) -> bool:
        return self.state in {ConsentState.AGREED, ConsentState.EXPIRED}


def standing(session: Session, participant: Participant, now: datetime) -> Consent | None:
    """What counts now; None when there is no intake to read it from."""
    return latest(history(session, participant, now))


def latest(said: Sequence[Consent]) -> Consent | None:
    """Of a history, what counts: the last thing that was said, as long as anything was."""
    return next((each for each in said if each.state is not ConsentState.NOT_ANSWERED), said[0] if said else None)


def history(session: Session, participant: Participant, now: datetime) -> list[Consent]:
    """Everything that was said, the latest first, also in records that were joined into this one."""
    of_same = ids_of(participant.id)
    settings = records_settings.of(participant.site)
    intakes = session.scalars(select(Intake).where(Intake.participant_id.in_(of_same)).order_by(Intake.sequence))
    told = session.scalars(
        select(ConsentSaid)
        .where(ConsentSaid.participant_id.in_(of_same))
        .options(joinedload(ConsentSaid.recorder))
        .order_by(ConsentSaid.id)
    )
    said = [*(given_with(each, settings, now) for each in intakes), *(_told(each, settings, now) for each in told)]
    return sorted(said, key=lambda each: each.at)[::-1]  # of the same moment, what was told to staff is the later one


def given_with(intake: Intake, settings: RecordsSettings, now: datetime) -> Consent:
    """What came with the intake."""
    form, answers = load_form(intake.form_name, intake.form_version), answers_of(intake)
    answer = answers.get(form.consent.item) if form.consent else None
    state = ConsentState.NOT_ANSWERED
    if answer is not None and answer.state is AnswerState.ANSWERED:
        state = ConsentState.AGREED if form.is_agreed(answers) else ConsentState.DECLINED
    at = _said_at(intake)
    until = settings.consent_ends(at) if state is ConsentState.AGREED else None
    how = How.AT_KIOSK if intake.kiosk_id else How.WITH_STAFF
    return Consent(_now(state, until, now), at, how, intake.form_name, intake.form_version, intake.language, until)


def _said_at(intake: Intake) -> datetime:
    """When it was tapped, by the kiosk's clock; when it arrived, if that clock cannot be right."""
    held = intake.received_at - intake.finished_at
    return intake.finished_at if timedelta(0) <= held <= _HELD_AT_MOST else intake.received_at


def _told(said: ConsentSaid, settings: RecordsSettings, now: datetime) -> Consent:
    until = (said.until or settings.consent_ends(said.at)) if said.agreed else None
    state = ConsentState.AGREED if said.agreed else ConsentState.REVOKED
    return Consent(
        _now(state, until, now),
        said.at,
        How(said.how),
        said.form_name,
        said.form_version,
        said.language,
        until,
        said.recorder,
    )


def _now(state: ConsentState, until: datetime | None, now: datetime) -> ConsentState:
    return ConsentState.EXPIRED if until is not None and until <= now else state
