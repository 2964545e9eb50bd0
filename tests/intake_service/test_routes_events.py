"""Live pages: whoever changes a queue, in whatever process, every open page hears of it."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from intake_service import sessions, staff
from intake_service.keys import Keys
from intake_service.lists import Listed, listed
from intake_service.routes import events
from intake_service.settings import Settings
from intake_service.tables import Role, Staff
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.center import PASSWORD, Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, a_site, sealed
from tests.support import service as processes

_WITHIN = 30.0


@contextmanager
def listening(service: Service) -> Iterator[threading.Event]:
    """An open page's line to the service; the event is set at the next `queue`."""
    heard = threading.Event()
    with service.client.stream("GET", "/events", timeout=httpx.Timeout(_WITHIN)) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")

        def read() -> None:
            for line in stream.iter_lines():
                if line == "event: queue":
                    heard.set()
                    return

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield heard
        heard.wait(_WITHIN)
        reader.join(_WITHIN)


def test_a_received_intake_is_heard_by_open_pages(service: Service, center: Center, keys: Keys) -> None:
    sign_in(service.client, "alice")
    with listening(service) as heard, httpx.Client(base_url=service.url, timeout=20, trust_env=False) as kiosk:
        body = sealed(a_record(), keys.service_key).model_dump(mode="json")
        assert kiosk.post(INTAKES_PATH, json=body, headers=center.kiosk.headers).status_code == 201
        assert heard.wait(_WITHIN)


def test_a_page_that_is_not_signed_in_hears_nothing(service: Service, center: Center) -> None:
    assert service.client.get("/events").status_code == 401


def test_who_was_removed_hears_nothing_more_where_something_always_changes(
    service: Service, session: Session, center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_STILL_SIGNED_IN", 0.1)
    sign_in(service.client, "alice")
    with service.client.stream("GET", "/events", timeout=httpx.Timeout(_WITHIN)) as stream:
        sessions.end_all(session, center.alice)
        session.commit()
        ended = threading.Event()

        def go_on_changing() -> None:
            while not ended.wait(0.02):
                service.app.state.live.changed()

        changing = threading.Thread(target=go_on_changing)
        changing.start()
        try:
            for _ in stream.iter_lines():  # until the service ends it
                pass
        finally:
            ended.set()
            changing.join()


def test_an_intake_at_another_process_is_heard_too(
    service: Service, session: Session, center: Center, keys: Keys, engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    """An SQLite file belongs to one process: there the other process is this one."""
    several = engine.dialect.name == "postgresql"
    other = processes.Service(tmp_path, settings.database_url, worker_inside=False)
    if several:
        other.start()
        _wait_until_somebody_listens(engine, 2)
    try:
        sign_in(service.client, "alice")
        with listening(service) as heard, httpx.Client(base_url=service.url, timeout=20, trust_env=False) as kiosk:
            url = (other.url if several else service.url) + INTAKES_PATH
            body = sealed(a_record(), keys.service_key).model_dump(mode="json")
            assert kiosk.post(url, json=body, headers=center.kiosk.headers).status_code == 201
            assert heard.wait(_WITHIN)
    finally:
        if several:
            other.stop()


def _wait_until_somebody_listens(engine: Engine, count: int) -> None:
    deadline = time.monotonic() + _WITHIN
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            listening = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN warm_handoff_queue'")
            if connection.execute(listening).scalar_one() >= count:
                return
        time.sleep(0.05)
    raise AssertionError("the processes do not listen")


def test_open_pages_hear_who_has_left_by_whose_hand(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    somebody_waits(session, center)
    alice = session.get_one(Staff, center.alice)
    row = listed(session, alice, Listed.NEEDS_ASSIGNMENT).rows[0].participant
    erin = staff.add(session, "erin", "Erin", Role.SUPERVISOR, [a_site(session, "Lantern House")], PASSWORD)
    session.commit()

    with (
        httpx.Client(base_url=service.url, timeout=20, trust_env=False) as elsewhere,
        lines(service.client, "alice") as here,
        lines(elsewhere, erin.username) as there,
    ):
        token = service.client.get("/queue").text.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": token, "staff_id": center.bob}
        assert service.client.post(f"/participants/{row.id}/assignment", data=form).status_code == 303

        assert here.get(timeout=_WITHIN) == "event: left"
        assert json.loads(here.get(timeout=_WITHIN).removeprefix("data: ")) == {f"p-{row.id}": "Alice gave them to Bob"}
        assert there.get(timeout=_WITHIN) == "event: queue"  # of another site: that something changed, and no more


@contextmanager
def lines(client: httpx.Client, name: str) -> Iterator[queue.Queue[str]]:
    """What an open page of this person is sent."""
    sign_in(client, name)
    heard: queue.Queue[str] = queue.Queue()
    with client.stream("GET", "/events", timeout=httpx.Timeout(_WITHIN)) as stream:
        assert stream.status_code == 200

        def read() -> None:
            with suppress(httpx.HTTPError, httpx.StreamError):
                for line in stream.iter_lines():
                    if line.startswith(("event:", "data:")):
                        heard.put(line)

        threading.Thread(target=read, daemon=True).start()
        yield heard
