"""From the finger leaving Send to the push service's 201: real window, real service, real worker.

`python -m bench.handoff [INTAKES]`. SQLite with the worker inside the service, the single machine's default; PostgreSQL
with a worker of its own.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from select import select

from sqlalchemy.orm import Session

from bench._kiosk import ACT, SITE, Kiosk, pair, running_kiosk
from bench._processes import Tree
from bench._screen import Screen, wait_until, watched_screen
from bench._table import Row, percentile, report
from intake_service import sites, staff
from notifications import roster
from notifications.db import connect, writing
from tests.notifications.devices import Device
from tests.support.postgres import running_postgres
from tests.support.service import Service, running_service, start

_INTAKES = 200
_MEDIAN, _WORST = 150.0, 400.0  # ms
_PUSH_WITHIN = 30.0  # seconds
_STARTS = 5
_IDLE_FOR = 10.0  # seconds


def main(intakes: int) -> None:
    rows = []
    with watched_screen() as screen:
        for database in ("SQLite", "PostgreSQL"):
            with tempfile.TemporaryDirectory() as folder, _center(Path(folder), database) as (service, push):
                state = Path(folder) / "state"
                pair(service, state)
                with running_kiosk(screen, Path(folder), state) as kiosk:
                    took = [_send_one(kiosk, push) * 1000 for _ in range(intakes)]
                rows += [
                    Row(f"{database}: Send to 201, median of {intakes}", percentile(took, 0.5), "ms", _MEDIAN),
                    Row(f"{database}: Send to 201, 99th percentile", percentile(took, 0.99), "ms", _WORST),
                    Row(f"{database}: Send to 201, slowest", max(took), "ms"),
                ]
                if database == "SQLite":
                    rows += _kiosk_alone(screen, Path(folder), state)
    report("handoff", rows)


@contextmanager
def _center(folder: Path, database: str) -> Iterator[tuple[Service, "subprocess.Popen[str]"]]:
    """A service with one designated person on duty, who has one device; and the push service that prints its times."""
    arguments = [sys.executable, "-m", "bench._push_sink"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as push:
        try:
            assert push.stdout is not None
            endpoint = f"http://127.0.0.1:{push.stdout.readline().strip()}/push/made-up"
            if database == "SQLite":
                with running_service(folder, f"sqlite:///{folder / 'bench.db'}") as service:
                    _settle_in(service, endpoint)
                    yield service, push
                return
            with (
                running_postgres(durable=True) as cluster,
                cluster.database() as url,
                running_service(folder, url, worker_inside=False) as service,
            ):
                _settle_in(service, endpoint)
                worker = start("worker", ["notifications"], service.environment, folder / "worker.log")
                try:
                    yield service, push
                finally:
                    worker.stop()
        finally:
            push.terminate()


def _settle_in(service: Service, endpoint: str) -> None:
    service.command("sites", "add", SITE)
    service.command("staff", "invite", "bob", "--name", "Bob", "--role", "peer specialist", "--site", SITE)
    service.command("staff", "designate", "bob", "--site", SITE)
    engine = connect(service.database_url)
    with Session(writing(engine)) as session, session.begin():
        bob, site, now = staff.named(session, "bob").id, sites.named(session, SITE).id, datetime.now(UTC)
        roster.set_duty(session, site, bob, True, now)
        Device().subscribe(session, bob, endpoint, now)
    engine.dispose()


def _send_one(kiosk: Kiosk, push: "subprocess.Popen[str]") -> float:
    """Seconds from Send to 201 for somebody who would rather talk; sealed, every usual intake is of the same size."""
    kiosk.tap("talk-from-welcome:en")
    sent_at = kiosk.tap("confirm", rest=0.06)
    assert push.stdout is not None
    if not select([push.stdout], [], [], _PUSH_WITHIN)[0]:
        raise TimeoutError("the push never came")
    answered_at = float(push.stdout.readline())
    kiosk.tap("done")
    return answered_at - sent_at


def _kiosk_alone(screen: Screen, folder: Path, state: Path) -> list[Row]:
    """Start, memory and processor time of the kiosk at its first screen."""
    starts = []
    for number in range(_STARTS):
        with running_kiosk(screen, folder, state) as kiosk:
            starts.append(kiosk.start)
            if number == _STARTS - 1:
                tree = Tree(kiosk.process.handle.pid)
                time.sleep(3)  # what is loaded after the first frame
                pss, idle = tree.pss(), tree.idle_cpu(_IDLE_FOR)
        wait_until(lambda: not screen.shows(ACT))
    return [
        Row(f"kiosk: process to first screen, median of {_STARTS}", percentile(starts, 0.5) * 1000, "ms"),
        Row("kiosk: memory at the first screen (PSS)", pss, "MiB"),
        Row(f"kiosk: processor while nobody is there, over {_IDLE_FOR:.0f} s", idle, "%"),
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _INTAKES)
