"""Whatever is sent as a passkey is refused in words: nothing of the library's comes through, nothing is added."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import passkeys
from intake_service.errors import WrongCode
from intake_service.passkeys import Place
from intake_service.sign_in_tables import Passkey
from intake_service.tables import Staff
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service
from tests.intake_service.people import NOW

PLACE = Place.of("https://handoff.example.org:8443/console")
HERE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

base64url = st.text("ABCDEFGHabcdefgh0123456789-_", max_size=200)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | base64url,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "clientDataJSON": base64url | values,
        "attestationObject": base64url | values,
        "authenticatorData": base64url | values,
        "signature": base64url | values,
        "userHandle": base64url | values,
        "transports": values,
    },
)
credentials = st.fixed_dictionaries(
    {},
    optional={
        "id": base64url | values,
        "rawId": base64url | values,
        "type": st.just("public-key") | values,
        "response": answers | values,
        "authenticatorAttachment": values,
    },
) | st.builds(
    lambda key, answer: {"id": key, "rawId": key, "type": "public-key", "response": answer}, base64url, answers
)


def test_the_place_is_the_public_address() -> None:
    assert Place("https://handoff.example.org:8443", "handoff.example.org") == PLACE


@HERE
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(credential=credentials)
def test_no_misshapen_passkey_is_added(session: Session, center: Center, credential: dict[str, Any]) -> None:
    alice = session.get_one(Staff, center.alice)
    with pytest.raises(WrongCode):
        passkeys.add(session, PLACE, alice, credential, "made-up-challenge", "", NOW)


@HERE
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(credential=credentials)
def test_no_misshapen_passkey_opens(session: Session, center: Center, credential: dict[str, Any]) -> None:
    if session.scalar(select(Passkey.id)) is None:
        kept = Passkey(
            staff_id=center.alice, credential_id="AAAA", public_key=b"none", sign_count=0, name="Phone", added_at=NOW
        )
        session.add(kept)
        session.flush()
    for key in (credential.get("id"), "AAAA"):
        with pytest.raises(WrongCode):
            passkeys.whose(session, PLACE, {**credential, "id": key}, "made-up-challenge", NOW)


def test_an_answer_that_nobody_asked_for_is_refused(service: Service, center: Center) -> None:
    answer = service.client.post("/api/v1/passkeys/answer", json={"credential": {}})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")

    asked = service.client.post("/api/v1/passkeys/question", json={})
    assert asked.json()["userVerification"] == "required"
    assert asked.json().get("allowCredentials", []) == []
    wrong = service.client.post("/api/v1/passkeys/answer", json={"credential": {"id": "AAAA"}})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_code")
    again = service.client.post("/api/v1/passkeys/answer", json={"credential": {"id": "AAAA"}})
    assert again.status_code == 401  # a question is answered once


def test_no_other_site_asks_for_a_passkey(service: Service, center: Center) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert service.client.post("/api/v1/passkeys/question", json={}, headers=headers).status_code == 403
    assert service.client.post("/api/v1/passkeys/answer", json={"credential": {}}, headers=headers).status_code == 403


def test_questions_are_not_asked_without_end(service: Service, center: Center) -> None:
    answers = [service.client.post("/api/v1/passkeys/question", json={}).status_code for _ in range(61)]

    assert answers == [200] * 60 + [429]


def test_a_question_says_nothing_of_who_has_a_passkey(service: Service, session: Session, center: Center) -> None:
    session.add(
        Passkey(staff_id=center.bob, credential_id="AAAA", public_key=b"x", sign_count=0, name="", added_at=NOW)
    )
    session.commit()
    assert service.client.post("/api/v1/passkeys/question", json={}).json().get("allowCredentials", []) == []

    sign_in(service.client, "alice")
    assert service.client.post("/api/v1/passkeys/question", json={}).json().get("allowCredentials", []) == []
