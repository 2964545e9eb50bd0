"""The sender's thread against servers that come, go and misbehave."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kiosk_client import sender as sender_module
from kiosk_client.enrollment import Store, Stored
from kiosk_client.outcomes import NotEnrolled, Unreachable
from kiosk_client.sender import Sender
from kiosk_client.spool import Spool
from shared_schema.form import Form, load_form
from shared_schema.intake import IntakeRecord, Receipt
from shared_schema.kiosk_api import CALLS_PATH, CONFIG_PATH, INTAKES_PATH, CallHeard, Enrollment, KioskConfig, form_path
from shared_schema.problem import Problem
from shared_schema.sealing import OpeningKey
from tests.kiosk.intakes import NOW, a_config, held
from tests.support.misbehaving import Asked, Behaviour, MisbehavingServer, answers, misbehaving_server

KEY = OpeningKey.generate().public()
WITHIN = 30.0  # seconds


class SmallService:
    """Answers like the service does, from memory. `revoked`, `refuses`, `down`: what is wrong with it.

    `asks_to_wait`: by path, the seconds that it asks for at each of the next requests.
    """

    def __init__(self) -> None:
        self.config = a_config(KEY)
        self.credential = "c" * 43
        self.proofs: dict[UUID, str] = {}
        self.heard: list[str] = []
        self.revoked = False
        self.down = False
        self.asks_to_wait: dict[str, list[int]] = {}
        self.refuses: dict[UUID, str] = {}
        self.forms: dict[str, bytes] = {}
        self.headers: dict[str, str] = {}

    def expect(self, *records: IntakeRecord) -> None:
        """It could open these."""
        self.proofs |= {record.id: record.expected_proof() for record in records}

    def answer(self, asked: Asked) -> Behaviour:
        if self.down:
            return answers(502, b"<h1>Bad gateway</h1>")
        if self.revoked or asked.headers.get("authorization") != f"Bearer {self.credential}":
            return problem(401, "revoked")
        if waits := self.asks_to_wait.get(asked.path):
            return problem(429, "too_fast", Retry_After=str(waits.pop(0)))
        return answers(*self._answer(asked), **self.headers)

    def _answer(self, asked: Asked) -> tuple[int, bytes]:
        if asked.path == CONFIG_PATH:
            return 200, self.config.model_dump_json().encode()
        if asked.path in self.forms:
            return 200, self.forms[asked.path]
        if asked.path not in {INTAKES_PATH, CALLS_PATH}:
            return 204, b""
        intake_id = UUID(json.loads(asked.body)["intake_id"])
        if code := self.refuses.get(intake_id):
            return 422, Problem(title="t", status=422, detail="d", code=code).model_dump_json().encode()
        self.heard.append(f"{asked.path} {intake_id}")
        if asked.path == CALLS_PATH:
            return 201, CallHeard(intake_id=intake_id, received_at=NOW, told=1).model_dump_json().encode()
        receipt = Receipt(intake_id=intake_id, received_at=NOW, proof=self.proofs[intake_id])
        return 201, receipt.model_dump_json().encode()


def problem(status: int, code: str, **headers: str) -> Behaviour:
    content = Problem(title="t", status=status, detail="d", code=code).model_dump_json().encode()
    return answers(status, content, **headers)


class Listening(MisbehavingServer):
    """Behaves as the small service says."""

    service: SmallService

    def note(self, asked: Asked) -> Behaviour:
        super().note(asked)
        return self.service.answer(asked)


@pytest.fixture
def service() -> SmallService:
    return SmallService()


@pytest.fixture
def server(service: SmallService) -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(204)) as server:
        server.__class__ = Listening
        server.service = service  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite3")
    yield spool
    spool.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again sooner than on a real kiosk."""
    monkeypatch.setattr(sender_module, "_FIRST_RETRY", 0.02)
    monkeypatch.setattr(sender_module, "_LONGEST_RETRY", 0.1)
    monkeypatch.setattr(sender_module, "_HEARTBEAT", 0.1)
    monkeypatch.setattr(sender_module, "_AFTER_TROUBLE", 0.1)


@pytest.fixture
def start(
    spool: Spool, store: Store, server: MisbehavingServer, service: SmallService
) -> Iterator[Callable[..., Sender]]:
    """A running sender of a paired kiosk."""
    started: list[Sender] = []

    def start(**arguments: Any) -> Sender:
        enrollment = Enrollment(kiosk_id=uuid4(), credential=service.credential, config=service.config)
        stored = Stored(address=server.url, enrollment=enrollment)
        store.save(stored)
        sender = Sender(spool, store, stored, **arguments)
        sender.start()
        started.append(sender)
        return sender

    yield start
    for sender in started:
        sender.stop(10)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_held_arrives_in_its_order(start: Callable[..., Sender], spool: Spool, service: SmallService) -> None:
    records = held(spool, KEY, 5)
    service.expect(*records)

    start()

    eventually(lambda: spool.counts().held == 0)
    assert service.heard == [f"{INTAKES_PATH} {record.id}" for record in records]


def test_a_new_one_is_sent_at_once_and_not_at_the_next_heartbeat(
    start: Callable[..., Sender], spool: Spool, service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "_HEARTBEAT", 3600.0)
    sender = start()
    eventually(lambda: sender.contact.reachable)
    records = held(spool, KEY)
    service.expect(*records)

    sender.wake()

    eventually(lambda: spool.counts().held == 0)


def test_while_the_service_is_down_everything_waits_and_then_drains(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    service.down = True
    records = held(spool, KEY, 3)
    service.expect(*records)
    sender = start()
    eventually(lambda: sender.contact.trouble != "")
    assert (spool.counts().held, sender.contact.reachable) == (3, False)

    service.down = False

    eventually(lambda: spool.counts().held == 0)
    eventually(lambda: sender.contact.reachable)
    assert service.heard == [f"{INTAKES_PATH} {record.id}" for record in records]


def test_a_service_that_asks_to_wait_is_not_asked_sooner_and_then_gets_everything(
    start: Callable[..., Sender], spool: Spool, service: SmallService, server: MisbehavingServer
) -> None:
    records = held(spool, KEY, 3)
    service.expect(*records)
    service.asks_to_wait[INTAKES_PATH] = [1, 2]
    begun = time.monotonic()
    sender = start()

    eventually(lambda: spool.counts().held == 0)

    assert time.monotonic() - begun >= 3  # where this kiosk's own patience is 0.1 s
    assert service.heard == [f"{INTAKES_PATH} {record.id}" for record in records]
    assert sum(asked.path == INTAKES_PATH for asked in server.asked) == 5
    assert (sender.contact.reachable, spool.counts().refused) == (True, 0)


def test_somebody_who_needs_a_person_does_not_wait_behind_intakes(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    records = held(spool, KEY, 2)
    service.expect(*records)
    service.asks_to_wait[INTAKES_PATH] = [3600] * 9
    sender = start()
    eventually(lambda: len(service.asks_to_wait[INTAKES_PATH]) < 9)
    eventually(lambda: sender.contact.reachable)  # so that nobody is sent to the desk for it

    spool.call(records[1].id, NOW)
    sender.wake()

    eventually(lambda: spool.was_heard(records[1].id))
    assert spool.counts().held == 2


def test_what_a_service_may_ask_for_has_an_end() -> None:
    assert 600 <= sender_module._asked(Unreachable("status 429, too_fast", 10.0**9)) <= 750
    assert 5 <= sender_module._asked(Unreachable("status 429, too_fast", 5.0)) <= 6.25
    assert sender_module._asked(NotEnrolled("revoked")) == 0


def test_a_refused_one_is_kept_and_the_others_go_on(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    records = held(spool, KEY, 3)
    service.expect(*records)
    service.refuses = {records[0].id: "invalid_record"}

    start()

    eventually(lambda: (spool.counts().held, spool.counts().refused) == (0, 1))
    assert service.heard == [f"{INTAKES_PATH} {record.id}" for record in records[1:]]


def test_a_receipt_that_proves_nothing_erases_nothing(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    (record,) = held(spool, KEY)
    service.proofs[record.id] = "0" * 64
    sender = start()

    eventually(lambda: sender.contact.trouble == "a receipt that proves nothing")

    assert spool.counts().held == 1


def test_calls_for_a_person_go_before_every_intake(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    records = held(spool, KEY, 2)
    service.expect(*records)
    spool.call(records[1].id, NOW)

    start()

    eventually(lambda: spool.counts().held == 0)
    expected = [(CALLS_PATH, records[1]), (INTAKES_PATH, records[0]), (INTAKES_PATH, records[1])]
    assert service.heard == [f"{path} {record.id}" for path, record in expected]
    assert spool.was_heard(records[1].id)


def test_a_service_that_knows_no_calls_is_no_reason_to_hold_intakes_back(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    records = held(spool, KEY)
    service.expect(*records)
    call = uuid4()
    spool.call(call, NOW)
    service.refuses[call] = "not_found"

    start()

    eventually(lambda: spool.counts().held == 0)
    assert not spool.was_heard(call)


def test_a_revoked_kiosk_keeps_what_it_holds_until_it_is_paired_again(
    start: Callable[..., Sender], spool: Spool, service: SmallService, store: Store, server: MisbehavingServer
) -> None:
    records = held(spool, KEY, 2)
    service.expect(*records)
    service.revoked = True
    sender = start()
    eventually(lambda: sender.contact.unknown)
    assert spool.counts().held == 2

    service.revoked, service.credential = False, "d" * 43
    enrollment = Enrollment(kiosk_id=uuid4(), credential=service.credential, config=service.config)
    store.save(Stored(address=server.url, enrollment=enrollment))

    eventually(lambda: spool.counts().held == 0)
    assert not sender.contact.unknown


def test_heartbeats_say_what_waits_and_nothing_of_it(
    start: Callable[..., Sender], spool: Spool, service: SmallService, server: MisbehavingServer
) -> None:
    records = held(spool, KEY, 2)
    service.refuses = {record.id: "invalid_record" for record in records}
    start()

    def beats() -> list[dict[str, object]]:
        return [json.loads(each.body) for each in list(server.asked) if each.path.endswith("/heartbeats")]

    eventually(lambda: any(beat["refused"] == 2 for beat in beats()))
    assert beats()[-1].keys() == {"app_version", "sent_at", "held", "refused", "oldest_held_at"}


def test_settings_and_a_new_form_are_fetched_kept_and_handed_on(
    start: Callable[..., Sender], service: SmallService, store: Store
) -> None:
    newer = load_form().model_copy(update={"version": 2})
    service.config = service.config.model_copy(update={"form_version": 2, "site_name": "Lantern House"})
    service.forms[form_path(newer.name, 2)] = newer.model_dump_json().encode()
    handed_on: list[tuple[KioskConfig, Form]] = []

    start(on_config=lambda config, form: handed_on.append((config, form)))

    eventually(lambda: bool(handed_on))
    assert handed_on[0] == (service.config, newer)
    eventually(lambda: (stored := store.load()) is not None and stored.enrollment.config == service.config)
    assert store.load_form(service.config) == newer


def test_settings_without_their_form_are_not_used(
    start: Callable[..., Sender], service: SmallService, server: MisbehavingServer
) -> None:
    service.config = service.config.model_copy(update={"form_version": 2})
    service.forms[form_path("brief-intake", 2)] = b'{"name": "half a form'
    handed_on: list[KioskConfig] = []

    start(on_config=lambda config, _form: handed_on.append(config))

    eventually(lambda: sum(each.path == form_path("brief-intake", 2) for each in list(server.asked)) >= 2)
    assert handed_on == []


def test_a_disk_that_keeps_no_settings_does_not_keep_intakes(
    start: Callable[..., Sender], spool: Spool, service: SmallService, store: Store
) -> None:
    handed_on: list[KioskConfig] = []
    sender = start(on_config=lambda config, _form: handed_on.append(config))
    eventually(lambda: bool(handed_on))
    (store.folder / ".enrollment.json.new").mkdir()  # where its draft is to be written
    service.config = service.config.model_copy(update={"site_name": "Lantern House"})
    eventually(lambda: handed_on[-1].site_name == "Lantern House")

    records = held(spool, KEY)
    service.expect(*records)
    sender.wake()

    eventually(lambda: spool.counts().held == 0)


def test_whatever_the_window_does_with_settings_the_sender_goes_on(
    start: Callable[..., Sender], spool: Spool, service: SmallService
) -> None:
    def breaks(_config: KioskConfig, _form: Form) -> None:
        raise RuntimeError("the window is gone")

    sender = start(on_config=breaks)
    eventually(lambda: sender.contact.reachable)
    records = held(spool, KEY)
    service.expect(*records)
    sender.wake()

    eventually(lambda: spool.counts().held == 0)


def test_a_clock_that_is_years_off_is_known_by_the_services_answers(
    start: Callable[..., Sender], service: SmallService
) -> None:
    service.headers = {"Date": "Sat, 01 Jan 2000 00:00:00 GMT"}
    sender = start()

    eventually(lambda: sender.contact.reachable)

    found = datetime.now(UTC) + sender.contact.clock_error
    assert abs(found - datetime(2000, 1, 1, tzinfo=UTC)) < timedelta(minutes=1)


def test_it_stops_while_it_waits_and_before_it_began(
    start: Callable[..., Sender], spool: Spool, store: Store, service: SmallService, server: MisbehavingServer
) -> None:
    sender = start()
    eventually(lambda: sender.contact.reachable)
    sender.stop(10)
    assert "sender" not in {thread.name for thread in threading.enumerate()}

    enrollment = Enrollment(kiosk_id=uuid4(), credential=service.credential, config=service.config)
    Sender(spool, store, Stored(address=server.url, enrollment=enrollment)).stop()


def test_the_wait_doubles_up_to_a_minute_and_never_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_FIRST_RETRY", 1.0)
    monkeypatch.setattr(sender_module, "_LONGEST_RETRY", 60.0)
    for tries, most in ((1, 1), (2, 2), (5, 16), (8, 60), (5000, 60)):
        waits = {sender_module._retry(tries) for _ in range(50)}
        assert most / 2 <= min(waits)
        assert max(waits) <= most
        assert len(waits) > 1
