import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from notifications import signals
from notifications.signals import OUTBOX, listen, signal


async def heard(engine: Engine, act: Callable[[], None]) -> int:
    """How often a listener is called for `act`, the call at its beginning left out."""
    calls = 0
    awake = asyncio.Event()

    def called() -> None:
        nonlocal calls
        calls += 1
        awake.set()

    listening = asyncio.create_task(listen(engine, OUTBOX, called))
    await asyncio.wait_for(awake.wait(), 10)
    awake.clear()
    await asyncio.to_thread(act)
    try:
        await asyncio.wait_for(awake.wait(), 1.5)
    except TimeoutError:
        pass
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return calls - 1


@pytest.mark.parametrize(("commits", "expected"), [(True, 1), (False, 0)])
def test_listeners_are_woken_by_a_commit_and_by_nothing_else(engine: Engine, commits: bool, expected: int) -> None:
    if engine.dialect.name == "sqlite":
        assert asyncio.run(listen(engine, OUTBOX, lambda: None)) is None  # it polls instead
        return

    def act() -> None:
        with Session(engine) as session:
            signal(session, OUTBOX)
            session.commit() if commits else session.rollback()

    assert asyncio.run(heard(engine, act)) == expected


def test_after_a_lost_connection_it_looks_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine.dialect.name == "sqlite":
        return
    monkeypatch.setattr(signals, "_RECONNECT", 0.05)

    def cut() -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    assert asyncio.run(heard(engine, cut)) == 1
