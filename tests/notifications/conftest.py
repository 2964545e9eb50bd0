"""A database with this room's tables alone: notifications never needs those of the service."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session

from notifications.db import Base, connect, writing
from notifications.tables import Alert, Notice, PushSubscription, RosterEntry


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    tables = [room.__table__ for room in (PushSubscription, RosterEntry, Alert, Notice)]
    Base.metadata.create_all(engine, tables=[table for table in tables if isinstance(table, Table)])
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session. Commit before another one is to write: on SQLite it holds the write lock."""
    with Session(writing(engine), expire_on_commit=False) as session:
        yield session
