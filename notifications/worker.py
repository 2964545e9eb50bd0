"""Fire timers, claim, send, settle: the loop that brings alerts to people."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from notifications import firing, leases, outbox, timers
from notifications.db import writing
from notifications.delivery import Delivery
from notifications.outbox import Claimed, Outcome
from notifications.settings import PushSettings
from notifications.signals import OUTBOX, listen
from notifications.vapid import VapidKeys

LEASE = timedelta(seconds=30)  # three times the longest send
_THE_WORKER = "worker"
_LEADS_FOR = timedelta(seconds=10)  # so long nothing is sent on SQLite after a worker was killed
_AT_ONCE = 50
_TIMERS_AT_ONCE = 50
_POLL = {"sqlite": 0.25, "postgresql": 5.0}  # seconds; PostgreSQL wakes us, polling only catches what was missed
_SOONEST = 0.02  # seconds between two looks
_AFTER_TROUBLE = 2.0

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class _Landed:
    """What came of a send and when, however much later it is written."""

    claimed: Claimed
    outcome: Outcome
    at: datetime


class Worker:
    """Sends what the outbox holds until told to stop. Any number of workers share one PostgreSQL outbox.

    On SQLite one works, by lease; the others stand by until it leaves, or dies and its lease runs out.
    """

    def __init__(self, engine: Engine, vapid: VapidKeys, settings: PushSettings) -> None:
        self._engine, self._reading = writing(engine), engine
        self._delivery = Delivery(vapid, settings, self._in_session)
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._in_the_air: set[asyncio.Task[None]] = set()
        self._landed: list[_Landed] = []
        self._name = secrets.token_hex(8)
        self._leads_until: datetime | None = None
        self._next_due: datetime | None = None

    def wake(self) -> None:
        """Look at the outbox now. Safe from any thread; several calls cost one look."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has just closed: there is nobody to wake
                loop.call_soon_threadsafe(self._awake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then finish what is in the air."""
        self._loop = asyncio.get_running_loop()
        listener = asyncio.create_task(listen(self._engine, OUTBOX, self._awake.set))
        stopping = asyncio.create_task(self._wake_on(stop))
        try:
            async with self._delivery:
                while not stop.is_set():
                    if not await self._turn():
                        await self._sleep()
                await self._finish()
            await self._resign()
        finally:
            self._loop = None
            for task in (listener, stopping):
                task.cancel()
            await asyncio.gather(listener, stopping, return_exceptions=True)
            self._database.shutdown()

    async def drain(self) -> None:
        """Do everything that is due now and return: one look after another until there is nothing more."""
        async with self._delivery:
            while await self._turn():
                await self._finish()
        await self._resign()
        self._database.shutdown()

    async def _turn(self) -> bool:
        """One look: settle what has landed, fire what is due, claim what there is room for. Whether there was anything.

        All of it is one transaction: the busier it gets, the more a commit carries.
        """
        self._awake.clear()
        try:
            if not await self._leads():
                return False
            landed = list(self._landed)
            if not landed and not await self._is_due():
                return False
            free = _AT_ONCE - len(self._in_the_air)
            fired, claimed, self._next_due = await self._in_session(lambda session: _look(session, landed, free))
        except SQLAlchemyError as error:
            _log.warning("the outbox cannot be read (%s); trying again", type(error).__name__)
            await asyncio.sleep(_AFTER_TROUBLE)
            return False
        del self._landed[: len(landed)]
        for each in claimed:
            task = asyncio.create_task(self._deliver(each))
            self._in_the_air.add(task)
            task.add_done_callback(self._on_landed)
        return bool(fired or claimed)

    async def _leads(self) -> bool:
        """Whether this worker is the one that works; on PostgreSQL every one is."""
        if self._engine.dialect.name != "sqlite":
            return True
        now = datetime.now(UTC)
        if self._leads_until is None or now > self._leads_until - _LEADS_FOR / 2:
            held = await self._in_session(
                lambda session: leases.hold(session, _THE_WORKER, self._name, now, _LEADS_FOR)
            )
            self._leads_until = now + _LEADS_FOR if held else None
        return self._leads_until is not None

    async def _is_due(self) -> bool:
        """On SQLite a look takes the write lock, which intakes wait for: ask first, without it."""
        if self._engine.dialect.name != "sqlite":
            return True
        self._next_due = await self._in_session(_next_due, self._reading)
        return self._next_due is not None and self._next_due <= datetime.now(UTC)

    async def _resign(self) -> None:
        if self._leads_until is not None:
            with suppress(SQLAlchemyError):  # it runs out
                await self._in_session(lambda session: leases.leave(session, _THE_WORKER, self._name))

    async def _deliver(self, claimed: Claimed) -> None:
        outcome = await self._delivery.send(claimed)
        self._landed.append(_Landed(claimed, outcome, datetime.now(UTC)))

    def _on_landed(self, task: asyncio.Task[None]) -> None:
        self._in_the_air.discard(task)
        self._awake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a notice could not be looked after (%s); its lease runs out", type(error).__name__)

    async def _in_session(self, action: Callable[[Session], _T], engine: Engine | None = None) -> _T:
        """One transaction in the database thread, to write unless another engine is given."""

        def transaction() -> _T:
            with Session(engine or self._engine) as session, session.begin():
                return action(session)

        return await asyncio.get_running_loop().run_in_executor(self._database, transaction)

    async def _sleep(self) -> None:
        """Until somebody wakes us, something is due, or it is time to look whether a signal was missed."""
        patience = _POLL[self._engine.dialect.name]
        if self._next_due is not None:
            patience = min(patience, max(_SOONEST, (self._next_due - datetime.now(UTC)).total_seconds()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), patience)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._awake.set()

    async def _finish(self) -> None:
        """Wait for what is in the air, and settle it."""
        while self._in_the_air:
            await asyncio.wait(self._in_the_air)
        landed, self._landed = self._landed, []
        if landed:
            try:
                await self._in_session(lambda session: _settle(session, landed))
            except SQLAlchemyError as error:
                _log.error(
                    "%d notices could not be settled (%s); their leases run out", len(landed), type(error).__name__
                )


def _look(session: Session, landed: list[_Landed], free: int) -> tuple[int, list[Claimed], datetime | None]:
    """How many timers were fired, what is to be sent now, and when the next thing is due."""
    now = datetime.now(UTC)
    _settle(session, landed)
    fired = firing.fire_due(session, now, _TIMERS_AT_ONCE)
    if free <= 0:  # whatever lands next wakes us
        return fired, [], timers.next_due(session)
    return fired, outbox.claim(session, now, LEASE, free), _next_due(session)


def _next_due(session: Session) -> datetime | None:
    due = (outbox.next_due(session), timers.next_due(session))
    return min((each for each in due if each is not None), default=None)


def _settle(session: Session, landed: list[_Landed]) -> None:
    outbox.settle_all(session, [(each.claimed, each.outcome, each.at) for each in landed])
