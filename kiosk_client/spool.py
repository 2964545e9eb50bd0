"""Finished intakes, sealed, on the kiosk's disk until the service has them.

A held intake is durable before `hold` returns. After a valid receipt its content is erased; of the newest ones id,
ticket and times stay. Calls for a person are kept here as well. One SQLite file: docs/decisions/0005 says why.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import Call

MOST_HELD = 10_000
"""Sealed intakes, 35 MB of them: weeks of a busy center without its service. Beyond, the disk is in danger."""

_SETTLED_KEPT = 1000  # rows without content, for the tickets that must not come again soon
_CALLS_KEPT = 100

_TABLE = """
CREATE TABLE IF NOT EXISTS intake (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ticket TEXT NOT NULL,
    held_at TEXT NOT NULL,
    proof TEXT NOT NULL,
    sealed TEXT,                -- NULL once the service has it
    settled_at TEXT,
    refused TEXT                -- the code with which the service turned it down for good
) STRICT
"""
_CALLS = """
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    called_at TEXT NOT NULL,
    heard INTEGER               -- NULL until the service answered: 1 it heard, 0 it never will
) STRICT
"""
_HELD_INDEX = "CREATE INDEX IF NOT EXISTS intake_held ON intake (number) WHERE sealed IS NOT NULL"
_OLDEST = "SELECT sealed, proof FROM intake WHERE sealed IS NOT NULL AND refused IS NULL ORDER BY number LIMIT 1"
_COUNTS = """
SELECT count(*) FILTER (WHERE refused IS NULL), count(refused), min(held_at) FILTER (WHERE refused IS NULL)
FROM intake WHERE sealed IS NOT NULL
"""


class SpoolError(Exception):
    """The disk could not take the intake; nothing of it was kept. The participant is sent to the desk."""


@dataclass(frozen=True)
class Held:
    """A sealed intake and what its receipt must prove."""

    sealed: SealedIntake
    proof: str


@dataclass(frozen=True)
class Counts:
    """What the kiosk still holds: waiting to be sent, refused for good, and since when the oldest waits."""

    held: int
    refused: int
    oldest_held_at: datetime | None


class Spool:
    """The outbox of one kiosk. Safe to use from the window's and the sender's thread."""

    def __init__(self, path: Path) -> None:
        """Of this file, made if there is none. A disk that cannot be used now may be mended later: each call tries."""
        self._path = path
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def hold(self, sealed: SealedIntake, proof: str, ticket: str, now: datetime) -> None:
        """Keep a sealed intake; it is on the disk when this returns. Raises SpoolError, and then nothing was kept."""
        row = (str(sealed.intake_id), ticket, now.isoformat(), proof, sealed.model_dump_json())
        with self._writing() as database:
            if database.execute("SELECT count(*) FROM intake WHERE sealed IS NOT NULL").fetchone()[0] >= MOST_HELD:
                raise SpoolError("the spool is full: the service has not been reached for a very long time")
            database.execute("INSERT INTO intake (id, ticket, held_at, proof, sealed) VALUES (?, ?, ?, ?, ?)", row)

    def next(self) -> Held | None:
        """The intake that waits longest to be sent."""
        rows = self._read(_OLDEST)
        return Held(SealedIntake.model_validate_json(rows[0][0]), rows[0][1]) if rows else None

    def accepted(self, intake_id: UUID, now: datetime) -> None:
        """The service has it: erase the content, keep id and time."""
        with self._writing() as database:
            database.execute(
                "UPDATE intake SET sealed = NULL, proof = '', settled_at = ? WHERE id = ?",
                (now.isoformat(), str(intake_id)),
            )
            database.execute(
                "DELETE FROM intake WHERE sealed IS NULL AND number < (SELECT max(number) FROM intake) - ?",
                (_SETTLED_KEPT,),
            )
        with self._writing_outside_transaction() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log still held a copy

    def refused(self, intake_id: UUID, code: str, now: datetime) -> None:
        """The service will never take it: keep it sealed for staff, send it no more."""
        with self._writing() as database:
            database.execute(
                "UPDATE intake SET refused = ?, settled_at = ? WHERE id = ?", (code, now.isoformat(), str(intake_id))
            )

    def try_refused_again(self) -> None:
        """Whatever kept the service from taking them may have been mended: send them once more, in their order."""
        with self._writing() as database:
            database.execute("UPDATE intake SET refused = NULL, settled_at = NULL WHERE refused IS NOT NULL")

    def call(self, intake_id: UUID, now: datetime) -> None:
        """Keep a call for a person, durably, to be sent before every intake. Raises SpoolError.

        Those that the service has answered are forgotten, all but a few.
        """
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO call (id, called_at) VALUES (?, ?)", (str(intake_id), now.isoformat())
            )
            database.execute(
                "DELETE FROM call WHERE heard IS NOT NULL AND number < (SELECT max(number) FROM call) - ?",
                (_CALLS_KEPT,),
            )

    def next_call(self) -> Call | None:
        """The call that waits longest to be sent."""
        rows = self._read("SELECT id, called_at FROM call WHERE heard IS NULL ORDER BY number LIMIT 1")
        return Call(intake_id=rows[0][0], called_at=rows[0][1]) if rows else None

    def answered(self, intake_id: UUID, *, heard: bool) -> None:
        """The service has the call, or will never take it."""
        with self._writing() as database:
            database.execute("UPDATE call SET heard = ? WHERE id = ?", (heard, str(intake_id)))

    def was_heard(self, intake_id: UUID) -> bool:
        return bool(self._read("SELECT 1 FROM call WHERE id = ? AND heard = 1", str(intake_id)))

    def counts(self) -> Counts:
        held, refused, oldest = self._read(_COUNTS)[0]
        return Counts(held, refused, datetime.fromisoformat(oldest) if oldest else None)

    def recent_tickets(self, count: int) -> set[str]:
        """The last ticket words that were given out here, so that they do not come again soon."""
        rows = self._read("SELECT ticket FROM intake ORDER BY number DESC LIMIT ?", count)
        return {row[0] for row in rows}

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _read(self, query: str, *values: int | str) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            try:
                return self._opened().execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise SpoolError(f"the spool cannot be read ({type(error).__name__})") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._writing_outside_transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _writing_outside_transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                raise SpoolError(f"the spool cannot be written ({type(error).__name__})") from error

    def _opened(self) -> sqlite3.Connection:
        """The database; the lock is held. Raises SpoolError."""
        if self._database is None:
            try:
                self._database = _open(self._path)
            except (OSError, sqlite3.Error) as error:
                raise SpoolError(f"the spool cannot be opened ({type(error).__name__})") from error
        return self._database


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its side files the same mode
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")  # the ticket is a promise: it must survive the plug
        database.execute("PRAGMA secure_delete=ON")
        for statement in (_TABLE, _HELD_INDEX, _CALLS):
            database.execute(statement)
    except BaseException:
        database.close()
        raise
    return database
