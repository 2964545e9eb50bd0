"""Claim, send, settle: the loop that brings alerts to phones."""

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from notifications import outbox
from notifications.db import writing
from notifications.messages import payload
from notifications.outbox import Claimed, Outcome
from notifications.settings import PushSettings
from notifications.signals import OUTBOX, listen
from notifications.tables import NoticeState, PushSubscription
from notifications.vapid import VapidKey
from notifications.webpush import Gone, PushError, PushSender, Rejected, TryLater, origin_of

LEASE = timedelta(seconds=30)  # three times the longest send
_AT_ONCE = 50
_AT_ONCE_PER_ORIGIN = 25  # a push service that hangs leaves half the slots to the others
_UNTIL_A_SLOT_IS_FREE = timedelta(seconds=0.2)
_FIRST_RETRY = 2.0  # seconds, doubled at each try
_LONGEST_RETRY = 300.0
_POLL = {"sqlite": 0.25, "postgresql": 5.0}  # seconds; PostgreSQL wakes us, polling only catches what was missed
_AFTER_TROUBLE = 2.0

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Worker:
    """Sends what the outbox holds until told to stop. Any number of workers share one PostgreSQL outbox."""

    def __init__(self, engine: Engine, vapid: VapidKey, settings: PushSettings) -> None:
        self._engine = writing(engine)
        self._settings = settings
        self._sender = PushSender(
            vapid, settings.contact, allow_private=settings.push_allow_private, proxy=settings.push_proxy
        )
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._in_the_air: set[asyncio.Task[None]] = set()
        self._per_origin: dict[str, int] = {}
        self._paused: dict[str, datetime] = {}

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
            async with self._sender:
                while not stop.is_set():
                    await self._turn()
                    await self._sleep()
                await self._settle_all()
        finally:
            self._loop = None
            for task in (listener, stopping):
                task.cancel()
            await asyncio.gather(listener, stopping, return_exceptions=True)
            self._database.shutdown()

    async def drain(self) -> None:
        """Send everything that is due now and return: one look after another until there is nothing more."""
        async with self._sender:
            while await self._turn():
                await self._settle_all()
        self._database.shutdown()

    async def _turn(self) -> bool:
        """Claim what there is room for and begin to send it. Whether there was anything."""
        self._awake.clear()
        free = _AT_ONCE - len(self._in_the_air)
        if free <= 0:
            return False
        now = datetime.now(UTC)
        try:
            claimed = await self._in_session(lambda session: outbox.claim(session, now, LEASE, free))
        except SQLAlchemyError as error:
            _log.warning("the outbox cannot be read (%s); trying again", type(error).__name__)
            await asyncio.sleep(_AFTER_TROUBLE)
            return False
        for each in claimed:
            task = asyncio.create_task(self._deliver(each))
            self._in_the_air.add(task)
            task.add_done_callback(self._landed)
        return bool(claimed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_the_air.discard(task)
        self._awake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a notice could not be settled (%s); its lease runs out", type(error).__name__)

    async def _deliver(self, claimed: Claimed) -> None:
        outcome = await self._outcome(claimed)
        now = datetime.now(UTC)
        await self._in_session(lambda session: outbox.settle(session, claimed, outcome, now))

    async def _outcome(self, claimed: Claimed) -> Outcome:
        if claimed.endpoint is None:
            return Outcome(NoticeState.FAILED, "the device was removed")
        origin = origin_of(claimed.endpoint)
        now = datetime.now(UTC)
        if (until := self._paused.get(origin, now)) > now:
            return Outcome(NoticeState.QUEUED, "the push service asked us to wait", until, attempted=False)
        if self._per_origin.get(origin, 0) >= _AT_ONCE_PER_ORIGIN:
            return Outcome(NoticeState.QUEUED, None, now + _UNTIL_A_SLOT_IS_FREE, attempted=False)
        self._per_origin[origin] = self._per_origin.get(origin, 0) + 1
        try:
            await self._send(claimed, claimed.endpoint, now)
        except TryLater as later:
            return self._later(claimed, origin, later)
        except PushError as error:
            await self._look_after_subscription(claimed, error, now)
            return Outcome(NoticeState.FAILED, str(error))
        finally:
            self._per_origin[origin] -= 1
        return Outcome(NoticeState.ACCEPTED)

    async def _send(self, claimed: Claimed, endpoint: str, now: datetime) -> None:
        content = payload(claimed.message, self._settings.public_url)
        thread = f"alert-{claimed.message.alert_id}"
        await self._sender.send(endpoint, claimed.p256dh, claimed.auth, content, thread, claimed.deadline, now)

    def _later(self, claimed: Claimed, origin: str, later: TryLater) -> Outcome:
        now = datetime.now(UTC)
        if later.after is not None:
            self._paused[origin] = now + later.after
            return Outcome(NoticeState.QUEUED, str(later), now + later.after)
        wait = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(claimed.attempts - 1, 10))
        jittered = wait * random.uniform(0.5, 1.0)  # noqa: S311  (spreads the load, protects nothing)
        return Outcome(NoticeState.QUEUED, str(later), now + timedelta(seconds=jittered))

    async def _look_after_subscription(self, claimed: Claimed, error: PushError, now: datetime) -> None:
        """Forget one that is gone, mark one that was refused: never delete on a refusal, it may be our key's fault."""
        this = PushSubscription.id == claimed.subscription_id
        if isinstance(error, Gone):
            await self._in_session(lambda session: session.execute(delete(PushSubscription).where(this)))
        elif isinstance(error, Rejected) and error.suspect:
            _log.warning("push subscription %s was refused (%s)", claimed.subscription_id, error)
            mark = update(PushSubscription).where(this, PushSubscription.suspect_since.is_(None))
            await self._in_session(lambda session: session.execute(mark.values(suspect_since=now)))

    async def _in_session(self, action: Callable[[Session], _T]) -> _T:
        """One transaction in the database thread."""

        def transaction() -> _T:
            with Session(self._engine) as session, session.begin():
                return action(session)

        return await asyncio.get_running_loop().run_in_executor(self._database, transaction)

    async def _sleep(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), _POLL[self._engine.dialect.name])

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._awake.set()

    async def _settle_all(self) -> None:
        while self._in_the_air:
            await asyncio.wait(self._in_the_air)
