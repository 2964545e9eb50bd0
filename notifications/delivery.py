"""Sending one claimed notice by its channel, and what came of it. A slow other side delays only its own origin."""

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy import delete, select, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from notifications.encrypted import Locked
from notifications.failures import Gone, Rejected, SendError, TryLater
from notifications.messages import payload, plain
from notifications.other_channels import OtherChannels
from notifications.outbox import Claimed, Outcome
from notifications.settings import PushSettings
from notifications.tables import Channel, NoticeState, PushSubscription
from notifications.vapid import VapidKeys
from notifications.webpush import PushSender, origin_of

_PUSHES_PER_ORIGIN = 25  # at once: a push service that hangs leaves half the slots to the others
_OTHERS_PER_ORIGIN = 2  # each takes a thread
_UNTIL_A_SLOT_IS_FREE = timedelta(seconds=0.2)
_TRIES_OF_AN_ADDRESS = 4  # without success: it counts as failing until something arrives again
_FIRST_RETRY = 2.0  # seconds, doubled at each try
_LONGEST_RETRY = 300.0
_UNREADABLE = "the address cannot be read with the keys that are here"

_log = logging.getLogger(__name__)

InSession = Callable[[Callable[[Session], Any]], Awaitable[Any]]
"""Runs a function of a session in a transaction of its own, outside the event loop."""


class Delivery:
    """An async context manager. Knows which origins asked to be left alone, and how many sends each has in the air."""

    def __init__(self, vapid: VapidKeys, settings: PushSettings, in_session: InSession) -> None:
        self._settings = settings
        self._in_session = in_session
        self._push = PushSender(
            vapid, settings.contact, allow_private=settings.push_allow_private, proxy=settings.push_proxy
        )
        self._others = OtherChannels(settings.mail_url, settings.sms_url, allow_private=settings.push_allow_private)
        self._per_origin: dict[str, int] = {}
        self._paused: dict[str, datetime] = {}

    async def __aenter__(self) -> Self:
        await self._push.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._push.__aexit__(kind, error, trace)

    async def send(self, claimed: Claimed) -> Outcome:
        """Try it once; what came of it is to be settled. Raises nothing that concerns this notice alone."""
        if claimed.endpoint is not None:
            return await self._through(
                origin_of(claimed.endpoint), _PUSHES_PER_ORIGIN, claimed, lambda: self._send_push(claimed)
            )
        if claimed.subscription_id is not None:  # written with a newer key than this process has read, as it seems
            return self._later(claimed, "", TryLater(_UNREADABLE))
        if claimed.channel_id is None:
            return Outcome(NoticeState.FAILED, "the device was removed")
        try:
            address = await self._address(claimed.channel_id)
        except Rejected as error:
            await self._look_after(claimed, error, datetime.now(UTC))
            return Outcome(NoticeState.FAILED, str(error))
        return await self._through(
            self._others.origin_of(address), _OTHERS_PER_ORIGIN, claimed, lambda: self._send_otherwise(claimed, address)
        )

    async def _through(
        self, origin: str, at_once: int, claimed: Claimed, send: Callable[[], Awaitable[None]]
    ) -> Outcome:
        now = datetime.now(UTC)
        if (until := self._paused.get(origin, now)) > now:
            return Outcome(NoticeState.QUEUED, "the push service asked us to wait", until, attempted=False)
        if self._per_origin.get(origin, 0) >= at_once:
            return Outcome(NoticeState.QUEUED, None, now + _UNTIL_A_SLOT_IS_FREE, attempted=False)
        self._per_origin[origin] = self._per_origin.get(origin, 0) + 1
        try:
            await send()
        except TryLater as later:
            if claimed.attempts == _TRIES_OF_AN_ADDRESS and claimed.channel_id is not None:
                await self._mark_address(claimed, now)
            return self._later(claimed, origin, later)
        except SendError as error:
            await self._look_after(claimed, error, now)
            return Outcome(NoticeState.FAILED, str(error))
        finally:
            self._leave(origin)
        if claimed.is_failing:
            await self._mark_address(claimed, None)
        return Outcome(NoticeState.ACCEPTED)

    def _leave(self, origin: str) -> None:
        self._per_origin[origin] -= 1
        if not self._per_origin[origin]:
            del self._per_origin[origin]

    async def _send_push(self, claimed: Claimed) -> None:
        message = claimed.message
        await self._push.send(
            claimed.endpoint or "",
            claimed.p256dh,
            claimed.auth,
            payload(message, self._settings.public_url),
            message.thread,
            claimed.deadline,
            datetime.now(UTC),
            urgent=not message.is_silent,
            vapid_key_id=claimed.vapid_key_id,
        )

    async def _address(self, channel_id: int) -> str:
        query = select(Channel.address).where(Channel.id == channel_id)
        try:
            found: str | None = await self._in_session(lambda session: session.scalar(query))
        except (Locked, StatementError):
            raise Rejected(_UNREADABLE, suspect=True) from None
        if found is None:
            raise Rejected("the address was removed")
        return found

    async def _send_otherwise(self, claimed: Claimed, address: str) -> None:
        title, text = plain(claimed.message, self._settings.public_url)
        await self._others.send(address, title, text)

    def _later(self, claimed: Claimed, origin: str, later: TryLater) -> Outcome:
        now = datetime.now(UTC)
        if later.after is not None:
            self._paused[origin] = now + later.after
            return Outcome(NoticeState.QUEUED, str(later), now + later.after)
        wait = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(claimed.attempts - 1, 10))
        jittered = wait * random.uniform(0.5, 1.0)  # noqa: S311  (spreads the load, protects nothing)
        return Outcome(NoticeState.QUEUED, str(later), now + timedelta(seconds=jittered))

    async def _look_after(self, claimed: Claimed, error: SendError, now: datetime) -> None:
        """Forget a device that is gone, mark what was refused: never delete on a refusal, it may be our key's fault."""
        this = PushSubscription.id == claimed.subscription_id
        if isinstance(error, Gone):
            await self._in_session(lambda session: session.execute(delete(PushSubscription).where(this)))
        elif isinstance(error, Rejected) and error.suspect and claimed.channel_id is not None:
            _log.warning("address %s was refused (%s)", claimed.channel_id, error)
            await self._mark_address(claimed, now)
        elif isinstance(error, Rejected) and error.suspect:
            _log.warning("push subscription %s was refused (%s)", claimed.subscription_id, error)
            mark = update(PushSubscription).where(this, PushSubscription.suspect_since.is_(None))
            await self._in_session(lambda session: session.execute(mark.values(suspect_since=now)))

    async def _mark_address(self, claimed: Claimed, failing_since: datetime | None) -> None:
        """An address that fails reaches nobody, as pages and roster see it; it is tried all the same."""
        mark = update(Channel).where(Channel.id == claimed.channel_id).values(failing_since=failing_since)
        await self._in_session(lambda session: session.execute(mark))
