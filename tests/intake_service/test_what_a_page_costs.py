"""What pages and searches cost does not grow with the center: SQLite counts its steps, which no busy machine changes.

PostgreSQL has the same indexes and no such counter; bench/queue.py measures both by the clock.
"""

import sqlite3
from collections.abc import Callable
from typing import cast

from sqlalchemy.orm import Session

from bench._crowd import COMMON, RARE, RARE_TICKET, fill
from bench.queue import opened
from intake_service.lists import Listed, listed
from intake_service.search import search
from intake_service.tables import Staff

_EVERY = 10  # steps

LOOKS: dict[str, Callable[[Session, Staff], object]] = {
    **{which.value: lambda s, m, which=which: listed(s, m, which) for which in Listed},  # type: ignore[misc]
    "full name": lambda s, m: search(s, m, RARE),
    "first name": lambda s, m: search(s, m, COMMON),
    "with a mistake": lambda s, m: search(s, m, RARE.replace("l", "x")),
    "ticket": lambda s, m: search(s, m, RARE_TICKET),
}


def test_a_page_and_a_search_take_as_many_steps_among_ten_times_as_many() -> None:
    few, many = _steps(1_200), _steps(12_000)  # already in the smaller one every slice of a page is full

    for what, steps in few.items():
        assert many[what] <= steps * 1.2, (what, steps, many[what])


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
