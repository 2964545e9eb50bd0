"""What crosses the wire: strict about fields, generous about scripts, and silent about content."""

import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared_schema.intake import (
    MAX_SEALED_BYTES,
    MAX_TEXT,
    RATHER_NOT_SAY,
    SKIPPED,
    Answer,
    AnswerState,
    Envelope,
    IntakeRecord,
    PathwayType,
    Receipt,
    Status,
)
from shared_schema.problem import Problem

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
RECORD = IntakeRecord(
    id=UUID("019ab000-0000-7000-8000-000000000001"),
    form_name="brief-intake",
    form_version=1,
    language="en",
    started_at=NOW,
    finished_at=NOW,
    ticket="maple-7",
    answers={"name": Answer.of(text="Zuleika"), "adult": SKIPPED},
    receipt_nonce="ab" * 16,
)


def test_the_words_for_status_and_pathway_are_the_centers_own() -> None:
    assert [status.value for status in Status] == [
        "Needs Assignment",
        "Needs Intake",
        "Active",
        "Needs Reassignment",
        "Discharged",
    ]
    assert PathwayType.RCC_MEMBER.value == "RCC member only"


def test_a_receipt_proves_that_the_record_was_read() -> None:
    assert RECORD.expected_proof() == hashlib.sha256(bytes.fromhex("ab" * 16)).hexdigest()
    assert RECORD.expected_proof() != RECORD.model_copy(update={"receipt_nonce": "0" * 32}).expected_proof()


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at": "2026-11-23T09:30:00"},  # whose time zone?
        {"receipt_nonce": "AB" * 16},
        {"receipt_nonce": "ab" * 15},
        {"form_version": 0},
        {"schema_version": 2},
        {"language": "english please"},
        {"ticket": "Maple 7"},
        {"ssn": "000-00-0000"},
        {"answers": {f"item-{number}": {"state": "skipped"} for number in range(41)}},
    ],
)
def test_a_record_of_another_shape_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        IntakeRecord.model_validate_json(json.dumps(RECORD.model_dump(mode="json") | changed), strict=True)


def test_a_record_that_never_called_for_a_person_is_read_without_that_field() -> None:
    older = RECORD.model_dump(mode="json")
    del older["called_at"]

    assert IntakeRecord.model_validate_json(json.dumps(older), strict=True) == RECORD


@pytest.mark.parametrize("state", [AnswerState.SKIPPED, AnswerState.RATHER_NOT_SAY])
def test_only_an_answered_item_has_content(state: AnswerState) -> None:
    with pytest.raises(ValidationError):
        Answer(state=state, choices=("yes",))
    with pytest.raises(ValidationError):
        Answer(state=state, text="yes")
    with pytest.raises(ValidationError):
        Answer(state=AnswerState.ANSWERED)
    assert RATHER_NOT_SAY != SKIPPED


@pytest.mark.parametrize(
    "text", ["two\nlines", "tab\there", "bell\x07", "two\u2028lines", "\ud800", "x" * (MAX_TEXT + 1), "", "   "]
)
def test_a_typed_answer_is_one_plain_line(text: str) -> None:
    with pytest.raises(ValidationError):
        Answer.of(text=text)


@pytest.mark.parametrize(
    "name", ["Zoë", "Nguyễn Thị Ánh", "Мария", "王小明", "عائشة", "माया", "🌻", "O'Neill-Ruiz Jr."]
)
def test_a_name_may_be_in_any_script(name: str) -> None:
    assert Answer.of(text=f"  {name} ").text == unicodedata.normalize("NFC", name)


@given(st.text(st.characters(codec="utf-8"), max_size=MAX_TEXT))
def test_typed_text_is_refused_or_normal_and_stays_so(text: str) -> None:
    try:
        answer = Answer.of(text=text)
    except ValidationError as error:
        assert not text.strip() or text not in str(error) or len(text.strip()) < 4  # its words quote nothing
        return
    assert answer.text == unicodedata.normalize("NFC", text).strip()
    assert Answer.model_validate_json(answer.model_dump_json(), strict=True) == answer


def test_what_is_refused_is_never_quoted() -> None:
    with pytest.raises(ValidationError) as refusal:
        Answer.of(text="Zuleika\nTestperson")

    assert "Zuleika" not in str(refusal.value)


def test_nothing_on_the_wire_changes_after_it_was_made() -> None:
    with pytest.raises(ValidationError):
        setattr(RECORD, "ticket", "pine-1")  # noqa: B010  (written plainly, the type checker refuses it as well)


def test_an_envelope_is_small_and_names_its_key() -> None:
    Envelope(key_id="0" * 16, ciphertext="A" * MAX_SEALED_BYTES)
    for key_id, size in (("0" * 16, MAX_SEALED_BYTES + 1), ("zz", 4), ("0" * 17, 4)):
        with pytest.raises(ValidationError):
            Envelope(key_id=key_id, ciphertext="A" * size)


def test_a_receipt_and_a_problem_are_read_only_whole() -> None:
    with pytest.raises(ValidationError):
        Receipt.model_validate_json(b'{"intake_id": "019ab000-0000-7000-8000-000000000001"}')
    with pytest.raises(ValidationError):
        Problem.model_validate_json(b'{"status": 500}')
    assert Problem(title="t", status=503, detail="d", code="busy", may_retry=True).type == "about:blank"
