"""The answers of an intake, as they are stored: one JSON document, encrypted by its column."""

import json
from typing import Any

from intake_service.tables import Intake
from shared_schema.intake import Answer, IntakeRecord


def answers_json(record: IntakeRecord) -> str:
    answers: dict[str, Any] = {item: answer.model_dump(mode="json") for item, answer in record.answers.items()}
    return json.dumps(answers, ensure_ascii=False)


def answers_of(intake: Intake) -> dict[str, Answer]:
    """The stored answers by item."""
    return {item: Answer.model_validate(answer) for item, answer in json.loads(intake.answers).items()}
