"""The door to the service, against servers that answer as no service would."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from kiosk_client import service_api
from kiosk_client.outcomes import NotEnrolled, Refused, Unreachable
from kiosk_client.service_api import ServiceApi
from shared_schema.form import Form, load_form
from shared_schema.intake import IntakeRecord, Receipt
from shared_schema.kiosk_api import Call, CallHeard, EnrollmentRequest, Heartbeat, KioskConfig
from shared_schema.problem import Problem
from shared_schema.sealing import OpeningKey
from tests.kiosk.intakes import NOW, a_config, a_record, sealed
from tests.support.misbehaving import (
    Behaviour,
    MisbehavingServer,
    answers,
    drips,
    hangs,
    misbehaving_server,
    never_ends,
    sends,
)
from tests.support.service import free_port

KEY = OpeningKey.generate().public()
PORTAL = b"<!doctype html><title>Welcome to our Wi-Fi</title>"
CREDENTIAL = "c" * 43


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(200)) as server:
        yield server


@pytest.fixture
def api(server: MisbehavingServer) -> Iterator[ServiceApi]:
    api = ServiceApi(server.url, CREDENTIAL)
    yield api
    api.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kiosk that waits less long for an answer, so that the test need not."""
    monkeypatch.setattr(service_api, "_SILENCE", 0.3)
    monkeypatch.setattr(service_api, "_TOTAL", 1.0)


def receipt_for(record: IntakeRecord, **changed: object) -> bytes:
    receipt = Receipt(intake_id=record.id, received_at=NOW, proof=record.expected_proof())
    return receipt.model_copy(update=changed).model_dump_json().encode()


def a_problem(status: int, code: str, *, may_retry: bool = False, **headers: str) -> Behaviour:
    problem = Problem(title="t", status=status, detail="d", code=code, may_retry=may_retry)
    return answers(status, problem.model_dump_json().encode(), Content_Type="application/problem+json", **headers)


def post(api: ServiceApi, record: IntakeRecord) -> Receipt | Refused | NotEnrolled | Unreachable:
    return api.post_intake(sealed(record, KEY), record.expected_proof())


def test_a_valid_receipt_counts(server: MisbehavingServer, api: ServiceApi) -> None:
    record = a_record()
    server.behave(answers(201, receipt_for(record)))

    outcome = post(api, record)

    assert isinstance(outcome, Receipt)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/intakes")
    assert asked.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert json.loads(asked.body)["intake_id"] == str(record.id)
    assert b"Zuleika" not in asked.body


@pytest.mark.parametrize(
    "behaviour",
    [
        answers(200, PORTAL, Content_Type="text/html"),
        answers(200),
        answers(200, b"{}"),
        answers(200, b"\xff\xfe not json"),
        answers(204),
        answers(302, Location="http://portal.example/"),
        answers(307, Location="/api/v1/intakes"),
        answers(403, PORTAL),
        answers(404, b"not found"),
        answers(401, b'{"error": "unauthorized"}'),
        answers(502, b"bad gateway"),
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"),
        sends(b"\x15\x03\x01\x00\x02\x02\x28"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        sends(b"HTTP/9.9 what\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
    ],
    ids=lambda _: "",
)
def test_whoever_else_answers_is_not_the_service(
    server: MisbehavingServer, api: ServiceApi, behaviour: Behaviour
) -> None:
    server.behave(behaviour)

    assert isinstance(post(api, a_record()), Unreachable)
    assert len(server.asked) == 1  # a redirect is not followed, and nothing is tried twice here


def test_a_receipt_for_another_intake_or_without_the_proof_counts_for_nothing(
    server: MisbehavingServer, api: ServiceApi
) -> None:
    record = a_record()
    for wrong in ({"proof": "0" * 64}, {"intake_id": uuid4()}):
        server.behave(answers(201, receipt_for(record, **wrong)))
        assert isinstance(post(api, record), Unreachable)


@pytest.mark.parametrize(
    ("status", "code", "may_retry", "outcome"),
    [
        (401, "revoked", False, NotEnrolled("revoked")),
        (401, "not_enrolled", False, NotEnrolled("not_enrolled")),
        (409, "conflicting_content", False, Refused("conflicting_content")),
        (413, "too_large", False, Refused("too_large")),
        (422, "invalid_record", False, Refused("invalid_record")),
        (422, "unknown_key", False, Refused("unknown_key")),
        (408, "too_slow", True, Unreachable("status 408, too_slow")),
        (429, "too_many_tries", True, Unreachable("status 429, too_many_tries")),
        (429, "too_many_tries", False, Unreachable("status 429, too_many_tries")),
        (500, "internal", False, Unreachable("status 500, internal")),
        (503, "busy", True, Unreachable("status 503, busy")),
    ],
)
def test_a_refusal_is_for_good_or_for_now(
    server: MisbehavingServer, api: ServiceApi, status: int, code: str, may_retry: bool, outcome: object
) -> None:
    server.behave(a_problem(status, code, may_retry=may_retry))

    assert post(api, a_record()) == outcome


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("-7", 0), ("soon", 0), ("9" * 30, 0), ("Mon, 23 Nov 2026 09:30:00 GMT", 0)],
)
def test_how_long_the_service_asks_to_wait_comes_with_its_refusal(
    server: MisbehavingServer, api: ServiceApi, header: str, seconds: float
) -> None:
    server.behave(a_problem(429, "too_fast", Retry_After=header))

    assert post(api, a_record()) == Unreachable("status 429, too_fast", seconds)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("behaviour", [hangs, drips(200), drips(201)], ids=["hangs", "drips", "drips-201"])
def test_nobody_keeps_a_kiosk_waiting(server: MisbehavingServer, behaviour: Behaviour) -> None:
    server.behave(behaviour)
    api = ServiceApi(server.url, CREDENTIAL)

    assert isinstance(post(api, a_record()), Unreachable)
    api.close()


def test_nobody_fills_a_kiosks_memory(server: MisbehavingServer, api: ServiceApi) -> None:
    server.behave(never_ends(200))

    assert post(api, a_record()) == Unreachable("an answer that is too long or too slow")


def test_where_nobody_listens_it_is_unreachable() -> None:
    api = ServiceApi(f"http://127.0.0.1:{free_port()}", CREDENTIAL)

    assert isinstance(api.config(), Unreachable)
    api.close()


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://no-such-host.invalid", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_unreachable(address: str) -> None:
    api = ServiceApi(address)

    assert isinstance(api.enroll(EnrollmentRequest(pairing_code="K7QM-4XPD")), Unreachable)
    api.close()


def test_no_proxy_of_the_environment_comes_in_between(
    server: MisbehavingServer, api: ServiceApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    server.behave(answers(200, a_config().model_dump_json().encode()))

    assert isinstance(api.config(), KioskConfig)


def test_the_sites_settings_and_its_form_are_read(server: MisbehavingServer, api: ServiceApi) -> None:
    config, form = a_config(), load_form()
    server.behave(answers(200, config.model_dump_json().encode()), answers(200, form.model_dump_json().encode()))

    assert api.config() == config
    assert api.form("brief-intake", 1) == form
    assert [asked.path for asked in server.asked] == ["/api/v1/config", "/api/v1/forms/brief-intake/1"]


def test_a_form_that_does_not_fit_together_is_not_used(server: MisbehavingServer, api: ServiceApi) -> None:
    broken = load_form().model_dump(mode="json")
    del broken["texts"]["es"]["ui"]["next"]
    server.behave(answers(200, json.dumps(broken).encode()))

    assert not isinstance(api.form("brief-intake", 1), Form)


def test_a_heartbeat_is_heard_or_not(server: MisbehavingServer, api: ServiceApi) -> None:
    beat = Heartbeat(app_version="0.1.0", sent_at=NOW, held=0, refused=0)
    server.behave(answers(204), a_problem(401, "revoked"), answers(500))

    assert api.post_heartbeat(beat) is None
    assert api.post_heartbeat(beat) == NotEnrolled("revoked")
    assert isinstance(api.post_heartbeat(beat), Unreachable)


def test_only_an_answer_to_this_very_call_counts(server: MisbehavingServer, api: ServiceApi) -> None:
    call = Call(intake_id=uuid4(), called_at=NOW)
    heard = CallHeard(intake_id=call.intake_id, received_at=NOW, told=1)
    another = heard.model_copy(update={"intake_id": uuid4()})
    server.behave(*(answers(201, each.model_dump_json().encode()) for each in (heard, another)), answers(200, PORTAL))

    assert api.post_call(call) == heard
    assert isinstance(api.post_call(call), Unreachable)
    assert isinstance(api.post_call(call), Unreachable)
    assert json.loads(server.asked[0].body).keys() == {"intake_id", "called_at"}


@pytest.mark.parametrize(
    ("header", "time"),
    [
        ({"Date": "Mon, 23 Nov 2026 09:30:00 GMT"}, datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ({"Date": "yesterday"}, None),
        ({"Date": "Mon, 99 Nov 2026 99:30:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_services_time_comes_with_its_answer(
    server: MisbehavingServer, api: ServiceApi, header: dict[str, str], time: datetime | None
) -> None:
    server.behave(answers(204, **header))

    api.post_heartbeat(Heartbeat(app_version="0.1.0", sent_at=NOW, held=0, refused=0))

    assert api.service_time == time
