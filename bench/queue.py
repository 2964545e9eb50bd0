"""The queue: its first page and a search among a thousand and a million, assigning at once, consoles that hear of it.

`python -m bench.queue [PARTICIPANTS ...]`, on SQLite and PostgreSQL, both durable.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bench._crowd import COMMON, RARE, RARE_LANGUAGE, SUPERVISORS, Crowd, fill
from bench._table import Row, percentile, report
from intake_service import migrations, sign_in_rules, staff
from intake_service.assignments import assign
from intake_service.errors import Conflict
from intake_service.keys import Keys, open_keys
from intake_service.lists import Filters, Listed, listed
from intake_service.matching import ranked_for_all
from intake_service.search import search
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.tables import Assignment, Event, Role, Staff
from intake_service.workflow import Action
from notifications.db import connect, writing
from notifications.encrypted import unlock
from tests.intake_service.center import PASSWORD
from tests.intake_service.people import a_received_intake, a_record, a_site, an_enrolled_kiosk
from tests.support.postgres import running_postgres
from tests.support.service import Service, running_service

_SIZES = (1_000, 100_000, 1_000_000)
_LOOKS = 41
_RATIO = 1.5
_ASSIGNED = 400
_CONSOLES = 200
_ROUNDS = 10
_SHOWN_WITHIN = 300.0  # ms
_PATIENCE = 30.0  # seconds


def main(sizes: Sequence[int]) -> None:
    rows: list[Row] = []
    for database in ("SQLite", "PostgreSQL"):
        took: dict[str, list[float]] = {}
        for size in sizes:
            with opened(database) as (engine, keys):
                crowd = fill(engine, keys, size)
                for what, milliseconds in _looks(engine, crowd).items():
                    took.setdefault(what, []).append(milliseconds)
                    rows.append(Row(f"{database}, {size:,}: {what}", milliseconds, "ms"))
                if size == sizes[0]:
                    rows += [
                        Row(f"{database}: {row.measure}", row.value, row.unit, row.goal) for row in _race(engine, crowd)
                    ]
        for what, each in took.items():
            ratio = max(each) / min(each)
            rows.append(Row(f"{database}: {what}, slowest size against fastest", ratio, "times", _RATIO))
        with _service(database) as service:
            rows += [Row(f"{database}: {row.measure}", row.value, row.unit, row.goal) for row in _consoles(service)]
        report("queue", rows)


@contextmanager
def opened(name: str) -> Iterator[tuple[Engine, Keys]]:
    """An empty database of this kind, migrated and unlocked, gone at the end."""
    with tempfile.TemporaryDirectory() as folder, _url(name, Path(folder)) as url:
        engine = connect(url)
        try:
            migrations.migrate(engine)
            keys = open_keys(Path(folder) / "keys", engine, datetime.now(UTC))
            unlock(engine, keys.data)
            yield engine, keys
        finally:
            engine.dispose()


@contextmanager
def _url(name: str, folder: Path) -> Iterator[str]:
    if name == "SQLite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    with running_postgres(durable=True) as cluster, cluster.database() as url:
        yield url


def _looks(engine: Engine, crowd: Crowd) -> dict[str, float]:
    """The median of each look, in milliseconds, each in a session of its own as a request has it."""
    by = crowd.supervisors[0]
    looks: dict[str, Callable[[Session, Staff], object]] = {
        "first page": lambda session, member: listed(session, member, Listed.NEEDS_ASSIGNMENT),
        "first page with the staff ranked for each": _first_page_ranked,
        "narrowed to a rare language": lambda session, member: listed(
            session, member, Listed.NEEDS_ASSIGNMENT, Filters(language=RARE_LANGUAGE)
        ),
        "all participants": lambda session, member: listed(session, member, Listed.ALL),
        "search a full name": lambda session, member: search(session, member, RARE),
        "search a first name": lambda session, member: search(session, member, COMMON),
        "search with a mistake": lambda session, member: search(session, member, RARE.replace("l", "x")),
        "search a ticket": lambda session, member: search(session, member, "Rose 3"),
    }
    return {what: _median(engine, by, look) for what, look in looks.items()}


def _first_page_ranked(session: Session, member: Staff) -> object:
    page = listed(session, member, Listed.NEEDS_ASSIGNMENT)
    return ranked_for_all(session, [row.participant for row in page.rows], datetime.now(UTC))


def _median(engine: Engine, by: int, look: Callable[[Session, Staff], object]) -> float:
    took = []
    for _ in range(_LOOKS):
        with Session(engine) as session:
            member = session.get_one(Staff, by)
            began = time.perf_counter()
            look(session, member)
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _race(engine: Engine, crowd: Crowd) -> list[Row]:
    """Eight supervisors assign from one queue, each somebody from the first page that they see."""
    lost: list[int] = []
    left = _ASSIGNED
    guard = threading.Lock()

    def work(by: int) -> None:
        nonlocal left
        chance = random.Random(by)
        while True:
            with guard:
                if left <= 0:
                    return
            with Session(engine) as session:  # the page; what it shows may be taken before Save
                page = listed(session, session.get_one(Staff, by), Listed.NEEDS_ASSIGNMENT)
                first = chance.choice(page.rows).participant
            try:
                with Session(writing(engine)) as session, session.begin():
                    peer = crowd.peers[by % len(crowd.peers)]
                    assign(session, first.id, peer, session.get_one(Staff, by), datetime.now(UTC), first.revision)
            except Conflict:
                lost.append(by)
                continue
            with guard:
                left -= 1

    began = time.perf_counter()
    with ThreadPoolExecutor(SUPERVISORS) as threads:
        for done in [threads.submit(work, by) for by in crowd.supervisors]:
            done.result()
    seconds = time.perf_counter() - began
    with Session(engine) as session:
        who = session.scalars(select(Event.participant_id).where(Event.action == Action.ASSIGN)).all()
        carried = session.scalars(select(Assignment.participant_id).where(Assignment.ended_at.is_(None))).all()
    twice = len(who) - len(set(who)) + len(carried) - len(set(carried))
    return [
        Row("assignments a second, 8 supervisors on one queue", len(who) / seconds, "/s"),
        Row("of them told that somebody was faster", float(len(lost)), "times"),
        Row("assigned twice", float(twice), "people", 0.0),
    ]


@contextmanager
def _service(name: str) -> Iterator[Service]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _url(name, Path(folder)) as url,
        running_service(Path(folder), url) as service,
    ):
        yield service


def _consoles(service: Service) -> list[Row]:
    """From the supervisor's Save to the moment when each other open console has what it greys the row out with."""
    engine = connect(service.database_url)
    keys = open_keys(service.folder / "keys", engine, datetime.now(UTC))
    unlock(engine, keys.data)
    with Session(writing(engine)) as session, session.begin():
        site = a_site(session)
        kiosk = an_enrolled_kiosk(session, site, keys)
        sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.NOBODY))
        staff.add(session, "alice", "Alice", Role.SUPERVISOR, [site], PASSWORD)
        peer = staff.add(session, "bob", "Bob", Role.PEER_SPECIALIST, [site], PASSWORD).id
        for _ in range(_ROUNDS + 40):
            a_received_intake(session, kiosk.id, a_record(), datetime.now(UTC))
        alice = session.scalars(select(Staff).where(Staff.username == "alice")).one()
        waiting = [str(row.participant.id) for row in listed(session, alice, Listed.NEEDS_ASSIGNMENT).rows[:_ROUNDS]]
    engine.dispose()
    took = asyncio.run(_watch(service.url, waiting, peer))
    return [
        Row(f"assigned to shown on {_CONSOLES} other consoles, median", percentile(took, 0.5), "ms", _SHOWN_WITHIN),
        Row(f"assigned to shown on {_CONSOLES} other consoles, slowest", max(took), "ms"),
    ]


async def _watch(url: str, waiting: Sequence[str], peer: int) -> list[float]:
    async with httpx.AsyncClient(base_url=url, timeout=_PATIENCE, trust_env=False) as alice:
        signed_in = await alice.post("/sign-in", data={"username": "alice", "password": PASSWORD, "next": "/queue"})
        assert signed_in.status_code == 303
        page = (await alice.get("/queue")).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        heard = {each: _Heard() for each in waiting}
        consoles = [asyncio.create_task(_console(alice, heard)) for _ in range(_CONSOLES)]
        await asyncio.sleep(5)
        for each in waiting:
            began = time.perf_counter()
            done = await alice.post(f"/participants/{each}/assignment", data={"csrf": csrf, "staff_id": peer})
            assert done.status_code == 303, done.text
            await asyncio.wait_for(heard[each].by_all(_CONSOLES), _PATIENCE)
            heard[each].began = began
        for console in consoles:
            console.cancel()
        await asyncio.gather(*consoles, return_exceptions=True)
    return [(at - each.began) * 1000 for each in heard.values() for at in each.at]


class _Heard:
    """When each console had heard that somebody was taken."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.began = 0.0
        self._changed = asyncio.Event()

    def now(self) -> None:
        self.at.append(time.perf_counter())
        self._changed.set()

    async def by_all(self, consoles: int) -> None:
        while len(self.at) < consoles:
            self._changed.clear()
            await self._changed.wait()


async def _console(client: httpx.AsyncClient, heard: dict[str, _Heard]) -> None:
    """What queue.js does, without drawing: hear of each row that has left.

    Over a bare socket: two hundred HTTP clients in one process would measure themselves. An event comes in one piece.
    """
    url = client.base_url
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET /events HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nCookie: {cookie}\r\n\r\n".encode())
    try:
        while sent := (await reader.read(65536)).decode():
            for each, mark in heard.items():
                if each in sent:
                    mark.now()
    finally:
        writer.close()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or _SIZES)
