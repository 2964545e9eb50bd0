"""What pages and searches cost does not grow with the center: SQLite counts its steps, which no busy machine changes.

PostgreSQL has the same indexes and no such counter; it says which ones it uses, and bench/queue.py measures both by the
clock.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from bench._crowd import COMMON, RARE, RARE_LANGUAGE, RARE_PATHWAY, RARE_TICKET, fill
from bench.queue import opened
from intake_service.lists import Filters, Listed, listed
from intake_service.search import search
from intake_service.tables import Staff

_EVERY = 10  # steps

RARELY: Sequence[dict[str, Any]] = ({"language": RARE_LANGUAGE}, {"pathway": RARE_PATHWAY})

LOOKS: dict[str, Callable[[Session, Staff], object]] = {
    **{which.value: lambda s, m, which=which: listed(s, m, which) for which in Listed},  # type: ignore[misc]
    **{
        f"{which}, a rare {next(iter(rare))}": lambda s, m, which=which, rare=rare: listed(s, m, which, Filters(**rare))  # type: ignore[misc]
        for which in Listed
        for rare in RARELY
    },
    "full name": lambda s, m: search(s, m, RARE),
    "first name": lambda s, m: search(s, m, COMMON),
    "with a mistake": lambda s, m: search(s, m, RARE.replace("l", "x")),
    "ticket": lambda s, m: search(s, m, RARE_TICKET),
}


def test_a_page_and_a_search_take_as_many_steps_among_ten_times_as_many() -> None:
    few, many = _steps(1_200), _steps(12_000)  # already in the smaller one every slice of a page is full

    for what, steps in few.items():
        assert many[what] <= steps * 1.2, (what, steps, many[what])


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_who_is_rare_is_found_by_an_index_of_their_own(database: str) -> None:
    """Of 12,000 twenty speak this language; nobody's list reads the others to find them."""
    with opened(database) as (engine, keys):
        crowd = fill(engine, keys, 12_000)
        for rare in RARELY:
            for which in Listed:
                plan = _plan(engine, crowd.supervisors[0], lambda s, m: listed(s, m, which, Filters(**rare)))  # noqa: B023
                assert f"site_id_{next(iter(rare))}_status" in plan, (which, plan)
                assert "Seq Scan on participant" not in plan
                assert "SCAN participant" not in plan


def _plan(engine: Engine, by: int, look: Callable[[Session, Staff], object]) -> str:
    """How the database goes about the longest statement of a look."""
    ran: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        ran.append((statement, parameters))

    with Session(engine) as session:
        member = session.get_one(Staff, by)
        event.listen(engine, "before_cursor_execute", note)
        look(session, member)
        event.remove(engine, "before_cursor_execute", note)
        statement, parameters = max(ran, key=lambda each: len(each[0]))
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        rows = session.connection().exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def _steps(participants: int) -> dict[str, int]:
    with opened("SQLite") as (engine, keys):
        crowd = fill(engine, keys, participants)
        return {what: _count(Session(engine), crowd.supervisors[0], look) for what, look in LOOKS.items()}


def _count(session: Session, by: int, look: Callable[[Session, Staff], object]) -> int:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += _EVERY
        return 0

    with session:
        member = session.get_one(Staff, by)
        driver = cast("sqlite3.Connection", session.connection().connection.driver_connection)
        driver.set_progress_handler(step, _EVERY)
        look(session, member)
        driver.set_progress_handler(None, 0)
    return steps
