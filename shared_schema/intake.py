"""What crosses the wire between a kiosk and the service: the intake, its receipt, the words for status and pathway."""

import hashlib
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

SCHEMA_VERSION = 1
MAX_TEXT = 120
"""Longest typed answer in characters: a name of 40 letters in any script fits with room for combining marks."""
MAX_CHOICES = 12
MAX_ITEMS = 40
MAX_SEALED_BYTES = 64 * 1024
"""A sealed intake is about 2 KiB on the wire; anything above this is not one."""


class Status(StrEnum):
    """Where a participant stands in the handoff. Values are the words staff see."""

    NEEDS_ASSIGNMENT = "Needs Assignment"
    NEEDS_INTAKE = "Needs Intake"
    ACTIVE = "Active"
    NEEDS_REASSIGNMENT = "Needs Reassignment"
    DISCHARGED = "Discharged"


class PathwayType(StrEnum):
    """The service pathway types. Values are the words staff see."""

    COMPREHENSIVE = "comprehensive services"
    BRIEF_CHECK_IN = "brief check-in only"
    DROP_IN_REFERRAL = "drop-in referral"
    RCC_MEMBER = "RCC member only"


class AnswerState(StrEnum):
    ANSWERED = "answered"
    RATHER_NOT_SAY = "rather not say"
    SKIPPED = "skipped"


def _one_plain_line(text: str) -> str:
    """Normalised to NFC without surrounding blanks; control characters are refused, emoji and every script are fine."""
    text = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("a typed answer is one line without control characters")
    return text


TypedText = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_one_plain_line)]


def _within_the_calendar(moment: datetime) -> datetime:
    if not 1 < moment.year < 9999:
        raise ValueError("a time that exists in every time zone has a year from 2 to 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_the_calendar)]
"""When something happened by a kiosk's clock, which may be wrong by decades."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]


class Frozen(BaseModel):
    """The base of everything on the wire: unknown fields are refused, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Answer(Frozen):
    """One item's answer. `choices` for tiles, `text` for something typed; neither unless the state is answered."""

    state: AnswerState
    choices: tuple[Slug, ...] = Field(default=(), max_length=MAX_CHOICES)
    text: TypedText | None = None

    @model_validator(mode="after")
    def _content_only_when_answered(self) -> Self:
        has_content = bool(self.choices or self.text)
        if has_content != (self.state is AnswerState.ANSWERED):
            raise ValueError("an answered item has content, any other has none")
        return self

    @classmethod
    def of(cls, *choices: str, text: str | None = None) -> "Answer":
        return cls(state=AnswerState.ANSWERED, choices=choices, text=text)


SKIPPED = Answer(state=AnswerState.SKIPPED)
RATHER_NOT_SAY = Answer(state=AnswerState.RATHER_NOT_SAY)


class IntakeRecord(Frozen):
    """A finished brief intake, the plaintext inside the envelope.

    `id` is made by the kiosk (UUIDv7) and stays the same on every try. `ticket` is a word of the form and a number,
    such as `maple-7`. `express` means "I'd rather talk to someone": what was answered until then is there, everything
    else is skipped, the name as well. `receipt_nonce` (32 hex digits, random) comes back hashed in the receipt, so that
    only somebody who could open the envelope can write one. `called_at`: when a call for a person went out ahead of it,
    under the same id.
    """

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    id: UUID
    form_name: Slug
    form_version: int = Field(ge=1)
    language: LanguageTag
    express: bool = False
    started_at: Moment
    finished_at: Moment
    ticket: Slug
    answers: dict[Slug, Answer] = Field(max_length=MAX_ITEMS)
    receipt_nonce: str = Field(pattern=r"^[0-9a-f]{32}$")
    called_at: AwareDatetime | None = None

    def expected_proof(self) -> str:
        """What a valid receipt of this record must carry as `proof`."""
        return hashlib.sha256(bytes.fromhex(self.receipt_nonce)).hexdigest()


class Envelope(Frozen):
    """A sealed record: which of the service's keys it was sealed to, and the ciphertext in base64."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    ciphertext: str = Field(max_length=MAX_SEALED_BYTES)


class SealedIntake(Frozen):
    """The body of `POST /api/v1/intakes`: the id in clear, so that a repeat is known; the envelope is bound to it."""

    intake_id: UUID
    envelope: Envelope


class Receipt(Frozen):
    """The service's word that the intake with this id is committed. See `IntakeRecord.expected_proof` for `proof`."""

    intake_id: UUID
    received_at: datetime
    proof: str = Field(pattern=r"^[0-9a-f]{64}$")
