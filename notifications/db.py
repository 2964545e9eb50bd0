"""One database for everything: its base, its engine (SQLite's pragmas, PostgreSQL's pool), aware times."""

import sqlite3
from collections import deque
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, ExceptionContext, Integer, MetaData, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys that grow. SQLite only counts up by itself on INTEGER."""

_POOL_SIZE = 8  # a few threads beat many: they share one interpreter (docs/decisions)
_BUSY_MS = 30_000
_PATIENCE = 30.0  # seconds until a writer gives up
_TURN = "writes"


class Base(DeclarativeBase):
    """All tables of all rooms. Constraint names are fixed, so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. A naive one is refused: it would be somebody's guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time must be aware; pass datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://...`. Opens nothing yet."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url, pool_size=_POOL_SIZE, max_overflow=_POOL_SIZE, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_engine(url, pool_size=_POOL_SIZE, max_overflow=_POOL_SIZE, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "handle_error", _say_it_as_postgresql_does)
    writers = _Writers()
    event.listen(engine, "begin", writers.begin)
    event.listen(engine, "commit", writers.commit)
    event.listen(engine, "rollback", writers.rollback)
    event.listen(engine, "checkin", writers.left)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that will write.

    SQLite takes its write lock at BEGIN, so that a transaction that has read never finds itself unable to write
    (SQLITE_BUSY_SNAPSHOT). This process's writers take turns, first come, first served. PostgreSQL needs nothing.
    """
    return engine.execution_options(sqlite_begin="IMMEDIATE")


def _say_it_as_postgresql_does(error: ExceptionContext) -> None:
    """A number that no column can hold is a DataError there."""
    if isinstance(error.original_exception, OverflowError):
        raise DataError(error.statement, None, error.original_exception, hide_parameters=True) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a receipt is a promise: it must survive the power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.close()


class Turns:
    """One at a time, in the order in which they came.

    SQLite lets writers wait by sleeping and looking again: of several that write one after another, one can be asleep
    each time until it gives up.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Event] = deque()

    def take(self, patience: float) -> bool:
        """Wait for one's turn for so many seconds. False: it did not come, and is not one's own later either."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = Event()
            self._waiting.append(mine)
        if mine.wait(patience):
            return True
        with self._guard:
            if mine.is_set():  # at this very moment
                return True
            self._waiting.remove(mine)
            return False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def give(self) -> None:
        """To whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class _Writers:
    """Says BEGIN, COMMIT and ROLLBACK to SQLite, and whose turn it is to write. One for each engine."""

    def __init__(self) -> None:
        self._turns = Turns()

    def begin(self, connection: Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if kind != "DEFERRED" and _TURN not in connection.info:
            if not self._turns.take(_PATIENCE):
                raise OperationalError("BEGIN", None, sqlite3.OperationalError("another writer does not end"))
            connection.info[_TURN] = True
        try:
            connection.exec_driver_sql(f"BEGIN {kind}")
        except BaseException:
            self._end(connection.info)
            raise

    def commit(self, connection: Connection) -> None:
        """The driver would say it after this; then the next one would be woken too early."""
        connection.exec_driver_sql("COMMIT")
        self._end(connection.info)

    def rollback(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection if not connection.invalidated else None
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            driver.execute("ROLLBACK")
        self._end(connection.info)

    def left(self, _connection: object, record: Any) -> None:
        """Also somebody who was never told to end."""
        self._end(record.info)

    def _end(self, info: dict[Any, Any]) -> None:
        if info.pop(_TURN, False):
            self._turns.give()
