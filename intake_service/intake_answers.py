"""The answers of an intake, as they are stored: one JSON document, encrypted by its column."""

import json
from typing import Any

from intake_service.tables import Intake
from shared_schema.form import Form
from shared_schema.intake import Answer, IntakeRecord

ERASED = "erased"


def answers_json(record: IntakeRecord) -> str:
    answers: dict[str, Any] = {item: answer.model_dump(mode="json") for item, answer in record.answers.items()}
    return json.dumps(answers, ensure_ascii=False)


def answers_of(intake: Intake) -> dict[str, Answer]:
    """The stored answers by item."""
    return {item: Answer.model_validate(answer) for item, answer in json.loads(intake.answers).items()}


def only_consent(intake: Intake, form: Form) -> str:
    """The same document with nothing but what was said to the use of the others, which has to be shown for longer."""
    kept = {form.consent.item} if form.consent else set()
    return json.dumps({item: answer for item, answer in json.loads(intake.answers).items() if item in kept})


def ticket_words(intake: Intake, form: Form) -> str:
    """The word by which the person was called; of an erased intake there is none."""
    return form.ticket_text(intake.ticket, intake.language) if intake.ticket else ERASED
