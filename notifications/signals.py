"""Wake other processes the moment a transaction commits. PostgreSQL only; on SQLite readers poll."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

OUTBOX = "warm_handoff_outbox"
QUEUE = "warm_handoff_queue"

_RECONNECT = 2.0  # seconds


_NOTIFY = text("SELECT pg_notify(:channel, '')")


def signal(session: Session, channel: str) -> None:
    """Tell everybody who listens on `channel`, when and only if this transaction commits.

    Many calls in one transaction are one statement; in a savepoint, which may be undone alone, they are one of its own.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    still_on = session.get_transaction(), session.get_nested_transaction()
    told = [each for each in session.info.get("signalled", ()) if each[0] in still_on]
    if all(each[1] != channel for each in told):
        session.connection().execute(_NOTIFY, {"channel": channel})
        told.append((session.get_nested_transaction() or session.get_transaction(), channel))
    session.info["signalled"] = told


async def listen(engine: Engine, channel: str, on_signal: Callable[[], None]) -> None:
    """Call `on_signal` at each signal, and once after each (re)connection, since signals may have been missed.

    Runs until cancelled. Returns at once on SQLite.
    """
    if engine.dialect.name != "postgresql":
        return
    while True:
        with suppress(psycopg.OperationalError, OSError):
            await _listen_once(engine, channel, on_signal)
        await asyncio.sleep(_RECONNECT)


async def _listen_once(engine: Engine, channel: str, on_signal: Callable[[], None]) -> None:
    _, arguments = engine.dialect.create_connect_args(engine.url)
    connection: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(**arguments, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {channel}")
        on_signal()
        async for _ in connection.notifies():
            on_signal()
