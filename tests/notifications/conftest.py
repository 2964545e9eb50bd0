"""A database with this room's tables alone: notifications never needs those of the service."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session

from notifications.db import Base, connect, writing
from notifications.encrypted import DataKeys, unlock
from notifications.tables import (
    Alert,
    AlertSite,
    Channel,
    Lease,
    LedgerLine,
    Notice,
    PushSubscription,
    Recipient,
    RosterEntry,
    Shift,
    Timer,
)

TABLES = (Alert, AlertSite, Channel, Lease, LedgerLine, Notice, PushSubscription, Recipient, RosterEntry, Shift, Timer)
DATA_KEY = b"made up data key of 32 bytes ok!"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    tables = [row.__table__ for row in TABLES]
    Base.metadata.create_all(engine, tables=[table for table in tables if isinstance(table, Table)])
    unlock(engine, DataKeys.of([DATA_KEY]))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session. Commit before another one is to write: on SQLite it holds the write lock."""
    with Session(writing(engine), expire_on_commit=False) as session:
        yield session
