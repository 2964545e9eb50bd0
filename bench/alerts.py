"""From an alert to the push service's 201, at 50 alerts a second; and 10,000 timers that are all due at once.

`python -m bench.alerts [SECONDS [TIMERS]]`. SQLite with the worker inside this process, as the service runs it;
PostgreSQL with worker processes of their own.
"""

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from bench._table import Row, percentile, report
from intake_service import migrations
from notifications import alerts, roster, sites, timers
from notifications.db import connect, writing
from notifications.encrypted import DataKeys, unlock
from notifications.private_files import create_once
from notifications.settings import PushSettings
from notifications.tables import Alert, AlertKind, Notice, Timer
from notifications.vapid import load_all
from notifications.worker import Worker
from tests.notifications.devices import Device
from tests.support.postgres import running_postgres
from tests.support.service import Process, start

_SECONDS, _TIMERS = 20, 10_000
_A_SECOND = 50
_MEDIAN, _WORST, _ALL_WITHIN = 100.0, 300.0, 60.0  # ms, ms, s
_PATIENCE = 600.0  # seconds
_SITE, _BOB = 1, 2
_DATA_KEY = b"made up data key of 32 bytes ok!"


def main(seconds: int, due: int) -> None:
    rows: list[Row] = []
    with _sink() as endpoint, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with _database(f"sqlite:///{folder / 'bench.db'}", endpoint) as engine:
            settings = _settings(engine, folder)
            with _worker_inside(engine, settings) as worker:
                rows += _accepted("SQLite, worker inside", _raise_steadily(engine, seconds, worker))
        with running_postgres(durable=True) as cluster:
            with cluster.database() as url, _database(url, endpoint) as engine, _workers(engine, folder, 1):
                rows += _accepted("PostgreSQL, a worker beside", _raise_steadily(engine, seconds, None))
            with cluster.database() as url, _database(url, endpoint) as engine:
                rows += _timers("PostgreSQL", engine, folder, due)
        with _database(f"sqlite:///{folder / 'timers.db'}", endpoint) as engine:
            rows += _timers("SQLite", engine, folder, due)
    report("alerts", rows)


def _raise_steadily(engine: Engine, seconds: int, worker: Worker | None) -> list[float]:
    """Milliseconds from raising each alert to its acceptance."""
    _raise_one(engine, "to warm up", worker)
    _wait_for(engine, _is_all_accepted)
    begin = time.monotonic()
    for number in range(seconds * _A_SECOND):
        time.sleep(max(0.0, begin + number / _A_SECOND - time.monotonic()))
        _raise_one(engine, str(number), worker)
    _wait_for(engine, _is_all_accepted)
    with Session(engine) as session:
        rows = session.execute(select(Notice.queued_at, Notice.accepted_at).order_by(Notice.id).offset(1)).all()
    return [(accepted - queued) / timedelta(milliseconds=1) for queued, accepted in rows if accepted]


def _raise_one(engine: Engine, subject: str, worker: Worker | None) -> None:
    with Session(writing(engine)) as session, session.begin():
        kind, now = AlertKind.READY_FOR_ASSIGNMENT, datetime.now(UTC)
        alerts.raise_alert(session, kind, _SITE, "Harbor House", subject, "/queue", None, now)
    if worker is not None:
        worker.wake()


def _is_all_accepted(session: Session) -> bool:
    return session.scalar(select(Notice.id).where(Notice.accepted_at.is_(None)).limit(1)) is None


def _accepted(name: str, took: list[float]) -> list[Row]:
    what = f"{name}: raised to accepted, {_A_SECOND} alerts a second"
    return [
        Row(f"{what}, median of {len(took)}", percentile(took, 0.5), "ms", _MEDIAN),
        Row(f"{what}, 99th percentile", percentile(took, 0.99), "ms", _WORST),
    ]


def _timers(database: str, engine: Engine, folder: Path, due: int) -> list[Row]:
    """Two workers, and timers of as many alerts, all due for the second step."""
    now = datetime.now(UTC)
    with Session(writing(engine)) as session, session.begin():
        _overdue(session, due, now)
    with ExitStack() as stack:
        begin = time.monotonic()
        stack.enter_context(_workers(engine, folder, 2))
        _wait_for(engine, lambda session: session.scalar(select(Timer.id).where(Timer.due_at <= now).limit(1)) is None)
        took = time.monotonic() - begin
    with Session(engine) as session:
        told = session.execute(select(Notice.alert_id, func.count()).group_by(Notice.alert_id)).all()
    once = sum(count == 1 for _, count in told)
    return [
        Row(f"{database}: {due} due timers, two workers from their start", took, "s", _ALL_WITHIN),
        Row(f"{database}: alerts not told exactly once", float(due - once), "", 0.0),
    ]


def _overdue(session: Session, count: int, now: datetime) -> None:
    raised = now - timedelta(minutes=3, seconds=1)
    common = {"kind": AlertKind.READY_FOR_ASSIGNMENT, "site_id": _SITE, "site_name": "Harbor House", "path": "/queue"}
    times = {"raised_at": raised, "clock": raised, "deadline": now + timedelta(minutes=30)}
    session.execute(insert(Alert), [{**common, **times, "subject": str(number)} for number in range(count)])
    found = session.scalars(select(Alert.id)).all()
    step = {"what": timers.STEP, "due_at": raised + timedelta(minutes=3), "step": 1}
    session.execute(insert(Timer), [{**step, "subject": str(each), "alert_id": each} for each in found])


@contextmanager
def _database(url: str, endpoint: str) -> Iterator[Engine]:
    """Migrated; Bob is designated and on duty at the one site, and has one device."""
    engine = connect(url)
    migrations.migrate(engine)
    unlock(engine, DataKeys.of([_DATA_KEY]))
    now = datetime.now(UTC)
    with Session(writing(engine)) as session, session.begin():
        sites.keep_site(session, _SITE, "Harbor House", "UTC")
        sites.keep_staff(session, _BOB, "en", {_SITE: ""})
        roster.designate(session, _SITE, _BOB, True)
        roster.set_duty(session, _SITE, _BOB, True, now)
        Device().subscribe(session, _BOB, endpoint, now)
    yield engine
    engine.dispose()


@contextmanager
def _worker_inside(engine: Engine, settings: PushSettings) -> Iterator[Worker]:
    """In an event loop of its own thread."""
    worker = Worker(engine, load_all(settings.keys_dir), settings)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(worker.run(stop),))
    thread.start()
    try:
        yield worker
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@contextmanager
def _workers(engine: Engine, folder: Path, count: int) -> Iterator[None]:
    settings = _settings(engine, folder)
    environment = {
        "WARM_HANDOFF_DATABASE_URL": settings.database_url,
        "WARM_HANDOFF_KEYS_DIR": str(settings.keys_dir),
        "WARM_HANDOFF_VAPID_SUBJECT": settings.vapid_subject,
        "WARM_HANDOFF_PUSH_ALLOW_PRIVATE": "true",
    }
    running: list[Process] = []
    try:
        for number in range(count):
            running.append(start("worker", ["notifications"], environment, folder / f"worker-{number}.log"))
        yield
    finally:
        for each in running:
            each.stop()


def _settings(engine: Engine, folder: Path) -> PushSettings:
    create_once(folder / "keys" / "data-1.key", _DATA_KEY)
    return PushSettings(
        database_url=engine.url.render_as_string(hide_password=False),
        keys_dir=folder / "keys",
        vapid_subject="mailto:operator@center.example",
        push_allow_private=True,
    )


@contextmanager
def _sink() -> Iterator[str]:
    """The address of one device at a push service in a process of its own."""
    arguments = [sys.executable, "-m", "bench._push_sink"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout is not None
            port = sink.stdout.readline().strip()
            threading.Thread(target=sink.stdout.read, daemon=True).start()  # or it would wait for a reader
            yield f"http://127.0.0.1:{port}/push/made-up"
        finally:
            sink.terminate()


def _wait_for(engine: Engine, condition: Callable[[Session], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with Session(engine) as session:
            if condition(session):
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the workers are not done")
        time.sleep(0.1)


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*arguments, *(_SECONDS, _TIMERS)[len(arguments) :])
