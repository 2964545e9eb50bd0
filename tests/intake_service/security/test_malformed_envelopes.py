"""Ten thousand envelopes that are none, or were changed on their way: each is refused in words, none is ever kept."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given
from hypothesis import settings as thoroughly
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake_service.errors import ServiceError
from intake_service.keys import Keys
from intake_service.routes.intakes_api import open_sealed
from intake_service.settings import Settings
from intake_service.tables import Event, Intake, Participant
from notifications.tables import Alert
from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import INTAKES_PATH
from shared_schema.problem import MEDIA_TYPE, Problem
from shared_schema.sealing import OpeningKey
from tests.intake_service.center import Center
from tests.intake_service.damage import JSON, changed, places, sealed_document
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, sealed
from tests.intake_service.security.conftest import Tally

# tests/intake_service/test_routes_intakes_api.py tries some hundreds of them each time.
pytestmark = [pytest.mark.security_long, pytest.mark.timeout(600)]

OF_EACH_KIND = 1000
"""There are five kinds and two databases."""

PRIVATE = "Quasimodina"
REFUSALS = {400, 413, 422}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No kiosk sends too often here."""
    return settings.model_copy(update={"kiosk_pace": 1e6})


def test_no_malformed_envelope_is_kept_or_makes_the_service_stumble(
    service: Service, session: Session, center: Center, keys: Keys, tally: Tally
) -> None:
    answers: Counter[int] = Counter()
    record = a_record(PRIVATE)
    document = record.model_dump(mode="json")
    whole = sealed(record, keys.service_key).model_dump(mode="json")
    ciphertext = base64.b64decode(whole["envelope"]["ciphertext"])
    stranger = OpeningKey.generate().public()
    before = _kept(session)

    def post(body: bytes) -> None:
        assume(not _is_whole(body, keys))
        headers = center.kiosk.headers | {"Content-Type": "application/json"}
        answer = service.client.post(INTAKES_PATH, content=body, headers=headers)
        answers[answer.status_code] += 1
        assert answer.status_code in REFUSALS, (answer.status_code, body[:500])
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert Problem.model_validate_json(answer.content).status == answer.status_code
        assert PRIVATE not in answer.text

    def with_ciphertext(damaged: bytes) -> bytes:
        return _json(changed(whole, ("envelope", "ciphertext"), base64.b64encode(damaged).decode()))

    anything = st.binary(max_size=3000) | JSON.map(_json) | st.binary(max_size=20).map(lambda some: some * 5000)
    parts = st.tuples(st.sampled_from(places(whole)), JSON).map(lambda at: _json(changed(whole, *at)))
    bits = st.integers(0, 8 * len(ciphertext) - 1).map(lambda bit: with_ciphertext(_flipped(ciphertext, bit)))
    lengths = st.tuples(st.integers(0, len(ciphertext)), st.binary(min_size=1, max_size=40)).map(
        lambda cut: with_ciphertext(ciphertext[: cut[0]] + cut[1])
    )
    records = st.tuples(st.sampled_from(places(document)), JSON | st.just(PRIVATE)).map(
        lambda at: sealed_document(changed(document, *at), keys, record).model_dump_json().encode()
    )
    others = JSON.map(lambda some: sealed_document(some, keys).model_dump_json().encode()) | st.builds(
        lambda name: sealed(a_record(name), stranger).model_dump_json().encode(), st.sampled_from(("Ana", PRIVATE))
    )
    for kind in (anything, parts, bits | lengths, records, others):
        _each_of(kind, post)

    assert sum(answers.values()) >= 5 * OF_EACH_KIND
    assert _kept(session) == before
    for status, number in answers.items():
        tally(f"malformed envelopes that were answered {status}", number)


def _each_of(kind: st.SearchStrategy[bytes], post: Callable[[bytes], None]) -> None:
    @thoroughly(
        max_examples=OF_EACH_KIND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(kind)
    def each(body: bytes) -> None:
        post(body)

    each()


def _is_whole(body: bytes, keys: Keys) -> bool:
    """A change can leave a proper intake: another name is a name."""
    with suppress(ValidationError, ServiceError):
        open_sealed(SealedIntake.model_validate_json(body, strict=True), keys)
        return True
    return False


def _flipped(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _kept(session: Session) -> list[int | None]:
    session.rollback()
    return [session.scalar(select(func.count()).select_from(table)) for table in (Participant, Intake, Event, Alert)]
