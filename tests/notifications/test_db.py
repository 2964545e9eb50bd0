import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError, DataError, OperationalError, StatementError
from sqlalchemy.orm import Session

from notifications import db, roster
from notifications.db import Turns, connect, writing
from notifications.tables import RosterEntry
from tests.notifications.devices import NOW


def test_a_time_comes_back_as_the_same_moment(session: Session) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    roster.set_duty(session, 1, 2, True, elsewhere)
    session.commit()
    session.expire_all()

    since = session.scalars(select(RosterEntry.on_duty_since)).one()
    assert since == NOW
    assert since.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(session: Session) -> None:
    with pytest.raises(StatementError, match="aware"):
        roster.set_duty(session, 1, 2, True, datetime(2026, 11, 23, 9, 30))  # noqa: DTZ001  (the point)


def test_a_number_beyond_all_measure_is_refused_in_one_way(session: Session) -> None:
    with pytest.raises(DataError) as refused:
        session.scalars(select(RosterEntry).where(RosterEntry.site_id == 10**30)).all()

    assert str(10**30) not in str(refused.value)


def test_sqlite_survives_the_power_cut(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        settings = [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


def test_of_many_writers_none_is_left_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself is told not to wait at all: that it is another's turn is never left to its luck."""
    monkeypatch.setattr(db, "_BUSY_MS", 0)
    monkeypatch.setattr(db, "_PATIENCE", 300.0)
    engine = connect(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    with writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE written (writer INTEGER)"))

    def write(writer: int) -> None:
        for _ in range(50):
            with Session(writing(engine)) as session, session.begin():
                session.execute(text("INSERT INTO written VALUES (:writer)"), {"writer": writer})

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(write, writer) for writer in range(8)]:
            done.result(300)

    with engine.connect() as connection:
        counted = connection.execute(text("SELECT writer, count(*) FROM written GROUP BY writer ORDER BY writer")).all()
    engine.dispose()
    assert counted == [(writer, 50) for writer in range(8)]


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(0)

    def ask(number: int) -> None:
        assert turns.take(60)
        order.append(number)
        turns.give()

    with ThreadPoolExecutor(5) as threads:
        asked = []
        for number in range(5):
            asked.append(threads.submit(ask, number))
            _until(lambda number=number: turns.waiting == number + 1)  # type: ignore[misc]
        assert not turns.take(0.01)  # gives up, and keeps nobody waiting
        turns.give()
        for each in asked:
            each.result(60)

    assert order == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_a_transaction_that_fails_gives_its_turn_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_PATIENCE", 0.0)
    engine = connect(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    for _ in range(2):
        with pytest.raises(DatabaseError), writing(engine).begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))
    left = writing(engine).connect()
    left.begin()
    with pytest.raises(OperationalError, match="does not end"), writing(engine).begin():
        pass
    left.close()  # without a word
    with writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE written (writer INTEGER)"))
    engine.dispose()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_writer_waits_for_another_instead_of_failing(engine: Engine) -> None:
    """On SQLite a transaction that has read would otherwise find that it cannot write any more."""
    with Session(writing(engine)) as first:
        roster.of_staff(first, 2)
        roster.set_duty(first, 1, 2, True, NOW)
        first.commit()
    with Session(writing(engine)) as second, Session(engine) as reader:
        roster.set_duty(second, 1, 2, False, NOW)
        assert len(roster.on_duty(reader, 1, NOW)) == 1
        second.commit()
