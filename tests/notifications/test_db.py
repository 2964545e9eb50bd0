from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from notifications import roster
from notifications.db import writing
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


def test_sqlite_survives_the_power_cut(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        settings = [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


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
