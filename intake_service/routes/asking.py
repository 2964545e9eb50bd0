"""A brief intake that a staff member asks: the form's own screens as one page, and what was filled in as a record."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from intake_service.errors import InvalidRequest
from shared_schema.form import Form, Screen
from shared_schema.intake import RATHER_NOT_SAY, SKIPPED, Answer, AnswerState, IntakeRecord

NOT_SAID = AnswerState.RATHER_NOT_SAY.value
"""The value of the tile "I'd rather not say". It has blanks, so no choice is called that."""
SHORTEST_PHONE = 7  # digits, as on the kiosk

_MOST_TICKETS = 99


@dataclass(frozen=True)
class Asked:
    """What the page was sent with: by screen, the values in the order of the page."""

    intake_id: UUID
    language: str
    ticket: str
    values: Mapping[str, Sequence[str]]

    def text(self, screen_id: str) -> str:
        return " ".join(self.values.get(screen_id, ("",))[0].split())

    def chosen(self, screen_id: str) -> Sequence[str]:
        return self.values.get(screen_id, ())


def new_ticket(form: Form) -> str:
    return f"{secrets.choice(form.ticket_words)}-{1 + secrets.randbelow(_MOST_TICKETS)}"


def record_of(form: Form, asked: Asked, now: datetime) -> tuple[IntakeRecord | None, dict[str, str]]:
    """The record, or why there is none yet: for each screen with a fault, what to do about it in words."""
    if asked.language not in form.texts or not form.is_ticket(asked.ticket):
        raise InvalidRequest("This page is too old or not ours. Load it again, then try once more.")
    answers: dict[str, Answer] = {}
    faults: dict[str, str] = {}
    for screen in form.items:
        if not screen.shown_for(answers):
            continue
        try:
            answers[screen.id] = _answer(form, screen, asked)
        except ValidationError:
            faults[screen.id] = "At most 120 characters on one line."
        except InvalidRequest as refusal:
            faults[screen.id] = refusal.detail
    if faults:
        return None, faults
    record = IntakeRecord(
        id=asked.intake_id,
        form_name=form.name,
        form_version=form.version,
        language=asked.language,
        started_at=now,
        finished_at=now,
        ticket=asked.ticket,
        answers=answers,
        receipt_nonce=secrets.token_hex(16),
    )
    if misfits := form.faults(record):
        raise InvalidRequest("; ".join(misfits[:3]) + ".")
    return record, {}


def _answer(form: Form, screen: Screen, asked: Asked) -> Answer:
    if screen.kind in {"name", "text", "phone"}:
        return _typed(form, screen, asked)
    known = {choice.id: choice for choice in screen.choices}
    chosen = [value for value in known if value in asked.chosen(screen.id)]
    if not chosen:
        return RATHER_NOT_SAY if screen.rather_not_say and NOT_SAID in asked.chosen(screen.id) else SKIPPED
    if NOT_SAID in asked.chosen(screen.id):
        raise InvalidRequest("Either an answer or rather not say, not both.")
    if len(chosen) > screen.most:
        raise InvalidRequest(f"At most {screen.most}. Take {len(chosen) - screen.most} away.")
    alone = next((value for value in chosen if known[value].alone), None)
    if alone is not None and len(chosen) > 1:
        words = form.texts["en"].screens[screen.id].choices[alone]
        raise InvalidRequest(f"“{words}” goes with nothing else.")
    return Answer.of(*chosen)


def _typed(form: Form, screen: Screen, asked: Asked) -> Answer:
    text = asked.text(screen.id)
    if screen.kind == "phone" and text:
        text = "".join(letter for letter in text if letter.isascii() and letter.isdecimal())
        if len(text) < SHORTEST_PHONE:
            raise InvalidRequest(form.texts["en"].ui["phone_too_short"])
    if text:
        return Answer.of(text=text)
    if screen.kind == "name":  # without one it is the word, as on the kiosk
        return Answer.of(text=form.ticket_text(asked.ticket, asked.language))
    return RATHER_NOT_SAY if screen.rather_not_say and NOT_SAID in asked.chosen(screen.id)[1:] else SKIPPED
