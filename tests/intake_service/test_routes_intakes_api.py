"""Sending an intake: once, again, damaged, too large, too many at once. Whatever comes, nobody's words come back."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as thoroughly
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service.app import create_app
from intake_service.guards import MAX_BODY, BodyLimit
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.tables import Event, Intake, Participant
from notifications.tables import Alert
from shared_schema.intake import Answer, Receipt, SealedIntake, Status
from shared_schema.kiosk_api import INTAKES_PATH
from shared_schema.problem import MEDIA_TYPE, Problem
from shared_schema.sealing import OpeningKey, seal
from tests.intake_service.damage import JSON, changed, places, sealed_document
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import EnrolledKiosk, a_record, a_site, an_enrolled_kiosk, sealed

PRIVATE = "Quasimodina"
"""A word that no answer of the service may hold."""


@pytest.fixture
def kiosk(session: Session, keys: Keys) -> EnrolledKiosk:
    kiosk = an_enrolled_kiosk(session, a_site(session), keys)
    session.commit()
    return kiosk


def post(service: Service, kiosk: EnrolledKiosk, body: SealedIntake | bytes, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    return service.client.post(
        INTAKES_PATH, content=content, headers=kiosk.headers | {"Content-Type": "application/json"} | headers
    )


def count(session: Session) -> tuple[int, ...]:
    """How much there is of everything that an intake writes."""
    session.rollback()
    found = tuple(
        session.scalar(select(func.count()).select_from(table)) or 0 for table in (Participant, Intake, Event, Alert)
    )
    session.rollback()
    return found


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert Problem.model_validate_json(answer.content).code == code
    assert PRIVATE not in answer.text


def test_an_intake_is_received_once_and_its_receipt_is_valid(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record("Zuleika Testperson")
    body = sealed(record, keys.service_key)

    first, second = post(service, kiosk, body), post(service, kiosk, body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Receipt.model_validate_json(first.content).proof == record.expected_proof()
    participant = session.scalars(select(Participant)).one()
    assert (participant.name, participant.status) == ("Zuleika Testperson", Status.NEEDS_ASSIGNMENT)
    assert count(session) == (1, 1, 1, 1)


def test_the_same_content_sealed_anew_gets_the_same_receipt(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record()

    first = post(service, kiosk, sealed(record, keys.service_key))
    second = post(service, kiosk, sealed(record, keys.service_key))

    assert (second.status_code, second.json()) == (200, first.json())
    assert count(session) == (1, 1, 1, 1)


def test_other_content_under_the_same_id_is_a_conflict_and_the_first_is_kept(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record("Zuleika Testperson")
    post(service, kiosk, sealed(record, keys.service_key))

    other = record.model_copy(update={"answers": {**record.answers, "name": Answer.of(text=PRIVATE)}})

    refused(post(service, kiosk, sealed(other, keys.service_key)), 409, "conflicting_content")
    assert session.scalars(select(Participant)).one().name == "Zuleika Testperson"
    assert count(session) == (1, 1, 1, 1)


def test_the_same_content_from_another_site_is_a_conflict(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    elsewhere = an_enrolled_kiosk(session, a_site(session, "Lantern House"), keys)
    session.commit()
    record = a_record(PRIVATE)
    post(service, kiosk, sealed(record, keys.service_key))

    refused(post(service, elsewhere, sealed(record, keys.service_key)), 409, "conflicting_content")


def test_a_finished_intake_without_any_answer_waits_under_its_word(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    assert post(service, kiosk, sealed(a_record(None), keys.service_key)).status_code == 201

    assert session.scalars(select(Participant)).one().name == "Maple 7"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"null", {}),
        (b"[]", {}),
        (b"\xff\xfe", {}),
        (b"[" * 20_000, {}),
        (f'{{"intake_id": "{PRIVATE}"}}'.encode(), {}),
        (f'{{"{PRIVATE}": 1}}'.encode(), {}),
        (f'{{"intake_id": "{uuid7()}", "envelope": {{"key_id": "0", "ciphertext": "{PRIVATE}"}}}}'.encode(), {}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"{}", {"Content-Type": ""}),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_body_that_is_no_sealed_intake_is_refused(
    service: Service, kiosk: EnrolledKiosk, session: Session, body: bytes, headers: dict[str, str]
) -> None:
    refused(post(service, kiosk, body, **headers), 422, "invalid_request")
    assert count(session) == (0, 0, 0, 0)


def test_an_intake_sealed_to_an_unknown_key_is_refused(
    service: Service, kiosk: EnrolledKiosk, session: Session
) -> None:
    refused(post(service, kiosk, sealed(a_record(PRIVATE), OpeningKey.generate().public())), 422, "unknown_key")
    assert count(session) == (0, 0, 0, 0)


def test_an_envelope_sent_under_another_id_does_not_open(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    body = sealed(a_record(PRIVATE), keys.service_key).model_copy(update={"intake_id": uuid7()})

    refused(post(service, kiosk, body), 422, "cannot_open")
    assert count(session) == (0, 0, 0, 0)


def test_a_record_that_does_not_fit_its_form_is_refused_with_its_faults(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record(PRIVATE, help_today=Answer.of("no-such-choice"))

    answer = post(service, kiosk, sealed(record, keys.service_key))

    refused(answer, 422, "invalid_record")
    assert answer.json()["detail"] == "help-today: an unknown or repeated choice."
    assert count(session) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"form_version": 99},
        {"form_version": 10**30},
        {"form_name": "no-such-form"},
        {"schema_version": 2},
        {"language": "qq"},
        {"ticket": "maple-0"},
        {"finished_at": "0001-01-01T00:00:00+14:00", "started_at": "0001-01-01T00:00:00+14:00"},
        {"finished_at": "9999-12-31T23:59:59-14:00"},
        {"finished_at": "2026-11-23T09:30:00"},
        {"receipt_nonce": "short"},
        {"answers": {}},
        {"extra": PRIVATE},
        {"id": str(uuid7())},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_record_with_a_fault_is_refused(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session, change: dict[str, object]
) -> None:
    record = a_record(PRIVATE)
    document = record.model_dump(mode="json") | change

    refused(post(service, kiosk, sealed_document(document, keys, record)), 422, "invalid_record")
    assert count(session) == (0, 0, 0, 0)


def test_a_body_that_is_too_large_is_refused_whatever_it_says_of_its_length(
    service: Service, kiosk: EnrolledKiosk, session: Session
) -> None:
    def in_pieces() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 1024 + 2):
            yield b" " * 1024

    headers = kiosk.headers | {"Content-Type": "application/json"}

    refused(service.client.post(INTAKES_PATH, content=in_pieces(), headers=headers), 413, "too_large")
    refused(post(service, kiosk, b" " * (MAX_BODY + 1)), 413, "too_large")
    assert count(session) == (0, 0, 0, 0)


def test_a_body_that_comes_too_slowly_is_refused(settings: Settings, kiosk: EnrolledKiosk) -> None:
    head = (
        f"POST {INTAKES_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Authorization: Bearer {kiosk.credential}\r\nContent-Length: 1000\r\n\r\n"
    )
    with (
        running_service(create_app(settings), lambda app: BodyLimit(app, within=0.3)) as service,
        socket.create_connection(("localhost", httpx.URL(service.url).port or 0), timeout=30) as line,
        line.makefile("rb") as answer,
    ):
        line.sendall(head.encode() + b"{")
        said = answer.read().decode()

    assert said.startswith("HTTP/1.1 408")
    assert '"code":"too_slow"' in said
    assert '"may_retry":true' in said


@pytest.mark.timeout(300)
def test_whatever_is_sent_the_answer_is_a_receipt_or_a_refusal_that_tells_nothing(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record(PRIVATE, talk_with=Answer.of("someone-i-know"), who_i_know=Answer.of(text=PRIVATE))
    document = record.model_dump(mode="json")
    body = json.loads(sealed(record, keys.service_key).model_dump_json())
    ciphertext = body["envelope"]["ciphertext"]
    received = 0

    def check(answer: httpx.Response) -> None:
        nonlocal received
        received += answer.status_code == 201
        if answer.status_code not in {200, 201}:
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.headers["content-type"] == MEDIA_TYPE
            Problem.model_validate_json(answer.content)
        assert PRIVATE not in answer.text

    careful = thoroughly(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

    @careful
    @given(st.sampled_from(places(document)), JSON | st.just(PRIVATE))
    def a_changed_record(path: tuple[object, ...], value: object) -> None:
        check(post(service, kiosk, sealed_document(changed(document, path, value), keys, record)))

    @careful
    @given(st.sampled_from(places(body)), JSON | st.just(PRIVATE))
    def a_changed_body(path: tuple[object, ...], value: object) -> None:
        check(post(service, kiosk, json.dumps(changed(body, path, value)).encode()))

    @careful
    @given(st.integers(0, len(ciphertext) - 1), st.sampled_from("Aa0+/=\u00e9 "))
    def a_changed_ciphertext(place: int, letter: str) -> None:
        damaged = ciphertext[:place] + letter + ciphertext[place + 1 :]
        check(post(service, kiosk, json.dumps(changed(body, ("envelope", "ciphertext"), damaged)).encode()))

    @careful
    @given(st.binary(max_size=200))
    def anything(content: bytes) -> None:
        check(post(service, kiosk, content))
        intake_id = uuid7()
        envelope = seal(content, intake_id, keys.service_key)
        check(post(service, kiosk, SealedIntake(intake_id=intake_id, envelope=envelope)))

    for ask in (a_changed_record, a_changed_body, a_changed_ciphertext, anything):
        ask()

    assert count(session)[:2] == (received, received)


def test_many_kiosks_at_once_are_all_received_in_one_order(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    bodies = [sealed(a_record(f"Sample {number}"), keys.service_key) for number in range(48)]

    with ThreadPoolExecutor(16) as kiosks:
        answers = list(kiosks.map(lambda body: post(service, kiosk, body), bodies))

    assert {answer.status_code for answer in answers} == {201}
    assert count(session) == (48, 48, 48, 48)
    numbers = list(session.scalars(select(Participant.queue_number).order_by(Participant.queue_number)))
    assert len(set(numbers)) == 48


def test_one_intake_sent_many_times_at_once_is_one_intake(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    body = sealed(a_record(), keys.service_key)

    with ThreadPoolExecutor(8) as tries:
        answers = list(tries.map(lambda _: post(service, kiosk, body), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert count(session) == (1, 1, 1, 1)


def test_a_bad_intake_in_a_group_does_not_harm_the_others(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record()
    post(service, kiosk, sealed(record, keys.service_key))
    other = record.model_copy(update={"ticket": "pine-3"})
    bodies = [sealed(a_record(), keys.service_key) if number % 2 else sealed(other, keys.service_key)
              for number in range(16)]  # fmt: skip

    with ThreadPoolExecutor(16) as kiosks:
        answers = list(kiosks.map(lambda body: post(service, kiosk, body), bodies))

    assert [answer.status_code for answer in answers] == [409, 201] * 8
    assert count(session)[:2] == (9, 9)


def test_an_intake_whose_commit_fails_is_not_received(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session, engine: Engine
) -> None:
    let_commits_fail(engine)

    answer = post(service, kiosk, sealed(a_record(PRIVATE), keys.service_key))

    refused(answer, 503, "busy")
    assert answer.json()["may_retry"] is True
    assert count(session) == (0, 0, 0, 0)

    let_commits_fail(engine, False)
    assert post(service, kiosk, sealed(a_record(), keys.service_key)).status_code == 201


def let_commits_fail(engine: Engine, fail: bool = True) -> None:
    """Every written intake breaks a rule that the database itself looks at when it commits, not before."""
    steps = {
        True: (
            "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)",
            "CREATE TABLE doomed (id INTEGER REFERENCES nowhere (id) DEFERRABLE INITIALLY DEFERRED)",
            *(
                (
                    "CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS "
                    "'BEGIN INSERT INTO doomed VALUES (1); RETURN NULL; END'",
                    "CREATE TRIGGER doom AFTER INSERT ON intake FOR EACH ROW EXECUTE FUNCTION doom()",
                )
                if engine.dialect.name == "postgresql"
                else ("CREATE TRIGGER doom AFTER INSERT ON intake BEGIN INSERT INTO doomed VALUES (1); END",)
            ),
        ),
        False: ("DROP TRIGGER doom ON intake" if engine.dialect.name == "postgresql" else "DROP TRIGGER doom",),
    }
    with engine.begin() as connection:
        for step in steps[fail]:
            connection.execute(text(step))
