import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from notifications import alerts, channels, webpush
from notifications.encrypted import DataKeys, unlock
from notifications.other_channels import OtherChannels
from notifications.private_files import create_once
from notifications.settings import PushSettings
from notifications.tables import Alert, AlertKind, Channel, Lease, Notice, NoticeState, PushSubscription, Timer
from notifications.vapid import load_all, load_or_create
from notifications.worker import Worker
from tests.notifications import house
from tests.notifications.conftest import DATA_KEY
from tests.notifications.devices import NOW, Device
from tests.notifications.house import a_house, minutes, somebody_waits
from tests.support.misbehaving import MisbehavingServer, after, answers, hangs, misbehaving_server
from tests.support.push_service import check_vapid
from tests.support.service import Process, start

BOB = 2


@pytest.fixture
def push_service() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(201)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> PushSettings:
    """With the keys that `engine` is unlocked with, for processes."""
    create_once(tmp_path / "data-1.key", DATA_KEY)
    return PushSettings(
        database_url=database_url,
        keys_dir=tmp_path,
        vapid_subject="mailto:operator@center.example",
        push_allow_private=True,
    )


def an_alert(session: Session, *endpoints: str, now: datetime | None = None) -> list[Device]:
    """Somebody waits, and Bob has a device at each of these addresses. Committed."""
    now = now or datetime.now(UTC)
    devices = [Device() for _ in endpoints]
    for device, endpoint in zip(devices, endpoints, strict=True):
        device.subscribe(session, BOB, endpoint, now)
    kind = AlertKind.READY_FOR_ASSIGNMENT
    alerts.raise_alert(session, kind, 1, "Harbor House", "7", "/intakes/7", [BOB], now)
    session.commit()
    return devices


def drain(engine: Engine, settings: PushSettings) -> None:
    """What is due now is sent, by one worker."""
    asyncio.run(Worker(engine, load_all(settings.keys_dir), settings).drain())


def ledger(session: Session) -> list[tuple[str, str | None]]:
    session.expire_all()
    found = [(notice.state, notice.failure) for notice in session.scalars(select(Notice).order_by(Notice.id))]
    session.commit()
    return found


def test_a_notice_is_sent_and_settled(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    bob = an_alert(session, f"{push_service.url}/bob")[0]

    drain(engine, settings)

    shown = bob.read(push_service.asked[0].body)
    assert (shown["title"], shown["body"]) == ("Somebody is waiting", "Harbor House")
    assert shown["navigate"] == "http://localhost:8000/intakes/7"
    assert ledger(session) == [(NoticeState.ACCEPTED, None)]


def test_a_device_that_is_gone_is_forgotten(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    push_service.behave(answers(410))
    an_alert(session, f"{push_service.url}/bob")

    drain(engine, settings)

    assert session.scalars(select(PushSubscription)).all() == []
    assert ledger(session) == [(NoticeState.FAILED, "the push service answered 410")]


def test_a_refused_device_is_marked_and_kept(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    push_service.behave(answers(403))
    an_alert(session, f"{push_service.url}/bob")

    drain(engine, settings)

    assert session.scalars(select(PushSubscription.suspect_since)).one() is not None
    assert ledger(session) == [(NoticeState.FAILED, "the push service answered 403")]


def test_trouble_is_tried_again_later_and_later(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    push_service.behave(answers(500))
    an_alert(session, f"{push_service.url}/bob")
    waits = []
    for _ in range(4):
        drain(engine, settings)
        session.expire_all()
        notice = session.scalars(select(Notice)).one()
        waits.append((notice.next_try_at - datetime.now(UTC)).total_seconds())
        notice.next_try_at = datetime.now(UTC)
        session.commit()

    assert len(push_service.asked) == 4
    for number, wait in enumerate(waits):
        assert 2**number - 0.5 <= wait <= 2 ** (number + 1)
    push_service.behave(answers(201))
    drain(engine, settings)
    assert ledger(session) == [(NoticeState.ACCEPTED, None)]


def test_a_service_that_asks_to_wait_is_left_alone(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    push_service.behave(answers(429, Retry_After="120"))
    an_alert(session, f"{push_service.url}/bob")
    worker = Worker(engine, load_all(settings.keys_dir), settings)

    async def two_alerts() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await until(lambda: len(push_service.asked) == 1 and ledger(session)[0][0] == NoticeState.QUEUED)
        an_alert(session)
        worker.wake()
        await until(lambda: ledger(session)[1] == (NoticeState.QUEUED, "the push service asked us to wait"))
        stop.set()
        await running

    asyncio.run(two_alerts())

    assert len(push_service.asked) == 1
    next_try = session.scalars(select(Notice.next_try_at)).all()
    assert min(next_try) > datetime.now(UTC) + timedelta(seconds=100)


def test_a_service_that_hangs_holds_up_nobody_else(
    engine: Engine,
    session: Session,
    settings: PushSettings,
    push_service: MisbehavingServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webpush, "_TOTAL_TIMEOUT", 3.0)
    with misbehaving_server(hangs) as stuck:
        an_alert(session, *[f"{stuck.url}/{number}" for number in range(60)], f"{push_service.url}/bob")
        worker = Worker(engine, load_all(settings.keys_dir), settings)

        async def watched() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(worker.run(stop))
            await until(lambda: len(push_service.asked) == 1)
            stop.set()
            await running

        asyncio.run(watched())


def test_one_that_cannot_be_sent_does_not_stop_the_others(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    an_alert(session, f"{push_service.url}/1", f"{push_service.url}/2", f"{push_service.url}/3")
    session.execute(update(PushSubscription).where(PushSubscription.id == 1).values(p256dh="damaged"))
    session.execute(update(PushSubscription).where(PushSubscription.id == 2).values(endpoint="http://[damaged"))
    session.commit()

    drain(engine, settings)

    assert [state for state, _ in ledger(session)] == ["failed", "failed", "accepted"]


def test_a_device_that_cannot_be_read_is_tried_again_and_does_not_stop_the_others(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    """A worker that was not restarted when the data key was changed."""
    newer = b"another made up key of 32 bytes!"
    unlock(engine, DataKeys.of([DATA_KEY, newer]))
    an_alert(session, f"{push_service.url}/written-with-the-newer-key")
    unlock(engine, DataKeys.of([DATA_KEY]))
    Device().subscribe(session, BOB, f"{push_service.url}/2")
    alerts.raise_alert(session, AlertKind.TEST, 1, "Harbor House", "8", "/alerts", [BOB], datetime.now(UTC))
    session.commit()

    drain(engine, settings)

    unreadable = ("queued", "the address cannot be read with the keys that are here")
    assert sorted(ledger(session), key=str) == sorted([unreadable, unreadable, ("accepted", None)], key=str)
    assert session.scalars(select(PushSubscription.suspect_since)).all() == [None, None]


def test_after_a_change_of_the_vapid_key_both_kinds_of_phones_are_told(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    first = load_or_create(settings.keys_dir / "vapid.key")
    second = load_or_create(settings.keys_dir / "vapid-1.key")
    for number, key_id in enumerate(("", first.key_id, second.key_id)):
        subscribed = Device().subscribe(session, BOB, f"{push_service.url}/{number}")
        subscribed.vapid_key_id = key_id
    alerts.raise_alert(session, AlertKind.TEST, 1, "Harbor House", "8", "/alerts", [BOB], datetime.now(UTC))
    session.commit()

    drain(engine, settings)

    assert len(push_service.asked) == 3
    for asked in push_service.asked:
        key = second if asked.path == "/2" else first
        check_vapid(asked.headers["authorization"], push_service.url, key.public_key)


def test_several_workers_send_each_notice_once(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    devices = an_alert(session, *[f"{push_service.url}/{number}" for number in range(120)])
    keys = load_all(settings.keys_dir)

    async def together() -> None:
        stop = asyncio.Event()
        workers = [asyncio.create_task(Worker(engine, keys, settings).run(stop)) for _ in range(3)]
        await until(lambda: {state for state, _ in ledger(session)} == {NoticeState.ACCEPTED})
        stop.set()
        await asyncio.gather(*workers)

    asyncio.run(together())

    sent = Counter(asked.path for asked in push_service.asked)
    assert sent == Counter(f"/{number}" for number in range(len(devices)))
    assert set(session.scalars(select(Notice.attempts))) == {1}  # put back for want of a slot is no attempt


def test_what_a_killed_worker_was_sending_is_sent_by_the_next(
    engine: Engine,
    session: Session,
    settings: PushSettings,
    push_service: MisbehavingServer,
    tmp_path: Path,
) -> None:
    push_service.behave(hangs, answers(201))
    bob = an_alert(session, f"{push_service.url}/bob")[0]
    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: len(push_service.asked) == 1)
        worker.kill()
    assert ledger(session) == [(NoticeState.SENDING, None)]

    session.execute(update(Notice).values(leased_until=Notice.queued_at))  # as if the leases had run out
    session.execute(delete(Lease))
    session.commit()
    drain(engine, settings)

    first, second = (bob.read(asked.body) for asked in push_service.asked)
    assert first == second  # the same tag and token: the phone shows one notification
    assert ledger(session) == [(NoticeState.ACCEPTED, None)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_leave_finishes_what_is_in_the_air(
    session: Session, settings: PushSettings, push_service: MisbehavingServer, tmp_path: Path, number: signal.Signals
) -> None:
    push_service.behave(after(1.0, answers(201)))
    an_alert(session, f"{push_service.url}/bob")
    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: len(push_service.asked) == 1)
        worker.handle.send_signal(number)

        assert worker.handle.wait(15) == 0
    assert ledger(session) == [(NoticeState.ACCEPTED, None)]


def test_a_worker_without_a_database_goes_on_asking(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer, tmp_path: Path
) -> None:
    Alert.metadata.tables["notice"].drop(engine)
    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: "the outbox cannot be read" in worker.output())
        Alert.metadata.tables["notice"].create(engine)
        an_alert(session, f"{push_service.url}/bob")
        wait_until(lambda: len(push_service.asked) == 1)
        assert worker.stop() == 0


def test_on_sqlite_one_worker_works_and_the_next_one_follows_when_it_dies(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer, tmp_path: Path
) -> None:
    if engine.dialect.name != "sqlite":
        return
    with worker_process(settings, tmp_path) as first:
        an_alert(session, f"{push_service.url}/bob")
        wait_until(lambda: len(push_service.asked) == 1)
        holder = session.scalars(select(Lease.holder)).one()
        session.commit()
        with worker_process(settings, tmp_path) as second:
            wait_until(lambda: second.output().count("sending alerts") == 2)
            first.kill()
            an_alert(session)

            wait_until(lambda: len(push_service.asked) == 2)
            assert session.scalars(select(Lease.holder)).one() != holder
            session.commit()
            assert second.stop() == 0
    assert session.scalars(select(Lease)).all() == []


def test_a_killed_worker_loses_no_timer_and_the_next_one_fires_it_once(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer, tmp_path: Path
) -> None:
    a_house(session, with_phones=[])
    for staff_id in (house.BOB, house.CHARLIE, house.ALICE):
        Device().subscribe(session, staff_id, f"{push_service.url}/{staff_id}")
    session.commit()
    push_service.behave(hangs, answers(201))
    alert = somebody_waits(session, now=datetime.now(UTC))
    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: len(push_service.asked) == 1)
        worker.kill()
    three_minutes_pass(session, alert)
    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: Counter(asked.path for asked in push_service.asked)[f"/{house.CHARLIE}"] == 1)
        assert worker.stop() == 0

    notices = session.scalars(select(Notice).order_by(Notice.id)).all()
    assert [(notice.step, notice.staff_id) for notice in notices] == [
        (0, house.BOB),
        (1, house.BOB),
        (1, house.CHARLIE),
    ]


def test_a_mail_server_that_hangs_holds_up_no_phone(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    with misbehaving_server(hangs) as stuck:
        ours = settings.model_copy(update={"mail_url": f"mailto://127.0.0.1:{stuck.port}?from=a@center.example"})
        a_house(session, with_phones=[])
        for staff_id in range(100, 160):
            door = OtherChannels(ours.mail_url)
            channels.add(session, door, f"{staff_id}@center.example", "", NOW, staff_id=staff_id).confirmed_at = NOW
        Device().subscribe(session, BOB, f"{push_service.url}/bob")
        kind, now = AlertKind.READY_FOR_ASSIGNMENT, datetime.now(UTC)
        alerts.raise_alert(session, kind, 1, "Harbor House", "7", "/intakes/7", [*range(100, 160), BOB], now)
        session.commit()
        worker = Worker(engine, load_all(settings.keys_dir), ours)

        async def watched() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(worker.run(stop))
            await until(lambda: len(push_service.asked) == 1)
            stop.set()
            await running

        asyncio.run(watched())

        assert {state for state, _ in ledger(session)} == {NoticeState.QUEUED, NoticeState.ACCEPTED}


def test_an_address_that_cannot_be_read_stops_no_other(
    engine: Engine, session: Session, settings: PushSettings, push_service: MisbehavingServer
) -> None:
    door = OtherChannels("mailto://127.0.0.1:9?from=a@center.example")
    channels.add(session, door, "bob@center.example", "", NOW, staff_id=BOB).confirmed_at = NOW
    session.flush()
    session.execute(text("UPDATE channel SET address = :lost"), {"lost": b"under a key that is lost" * 2})
    alerts.raise_alert(session, AlertKind.TEST, 1, "Harbor House", "7", "/", [BOB], datetime.now(UTC))
    an_alert(session, f"{push_service.url}/bob")

    drain(engine, settings)

    unreadable = (NoticeState.FAILED, "the address cannot be read with the keys that are here")
    assert ledger(session) == [unreadable, (NoticeState.ACCEPTED, None)]
    assert session.scalars(select(Channel.failing_since)).one() is not None


def test_an_address_that_keeps_failing_is_marked_until_something_arrives(
    engine: Engine, session: Session, settings: PushSettings
) -> None:
    with misbehaving_server(answers(500)) as chat:
        door = OtherChannels(allow_private=True)
        address = f"json://127.0.0.1:{chat.port}/hook"
        channels.add(session, door, address, "", NOW, staff_id=BOB).confirmed_at = NOW
        session.flush()
        alerts.raise_alert(session, AlertKind.TEST, 1, "Harbor House", "7", "/", [BOB], datetime.now(UTC))
        session.commit()
        marks = []
        for number in range(5):
            if number == 4:
                chat.behave(answers(200))
            session.execute(update(Notice).values(next_try_at=Notice.queued_at))
            session.commit()
            drain(engine, settings)
            session.expire_all()
            marks.append(session.scalars(select(Channel.failing_since)).one() is not None)
            session.commit()

    assert marks == [False, False, False, True, False]


def three_minutes_pass(session: Session, alert_id: int) -> None:
    """As if the alert and its timers were older than they are. Committed."""
    session.expire_all()
    session.get_one(Alert, alert_id).clock = datetime.now(UTC) - minutes(3)
    for timer in session.scalars(select(Timer).where(Timer.alert_id == alert_id)):
        timer.due_at -= minutes(3)
    session.commit()


@contextmanager
def worker_process(settings: PushSettings, folder: Path) -> Iterator[Process]:
    environment = {
        "WARM_HANDOFF_DATABASE_URL": settings.database_url,
        "WARM_HANDOFF_KEYS_DIR": str(settings.keys_dir),
        "WARM_HANDOFF_VAPID_SUBJECT": settings.vapid_subject,
        "WARM_HANDOFF_PUSH_ALLOW_PRIVATE": "true",
    }
    worker = start("worker", ["notifications"], environment, folder / "worker.log")
    try:
        yield worker
    finally:
        if worker.running:
            worker.kill()


def test_a_worker_without_data_keys_does_not_begin(settings: PushSettings, tmp_path: Path) -> None:
    (tmp_path / "data-1.key").unlink()

    with worker_process(settings, tmp_path) as worker:
        wait_until(lambda: not worker.running)

    assert "has not made its keys" in (tmp_path / "worker.log").read_text()


def wait_until(condition: Callable[[], bool], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition)
