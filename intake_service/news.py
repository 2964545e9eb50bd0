"""Who has just left a queue, looked up once for all the open pages of a process.

A page that hears "Alice gave them to Bob" greys the row out at once; two hundred pages that each asked for their whole
list at the same moment would wait for each other.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from anyio.to_thread import run_sync
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import leaving
from intake_service.leaving import Left

_KEPT = 500


class News:
    """One for each process. `generation` is Live's: the news are as fresh as the last change that it counted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looking: asyncio.Task[None] | None = None
        self._generation = 0
        self._told: deque[Left] = deque(maxlen=_KEPT)
        self._known: frozenset[int] = frozenset()
        self._began = datetime.now(UTC)
        self._count = 0

    @property
    def count(self) -> int:
        """How many have left until now, as far as was looked up: where a page that opens now begins."""
        return self._count

    async def since(self, count: int, generation: int) -> tuple[tuple[Left, ...], int]:
        """Who has left after the first `count`, and the count from now on."""
        while generation > self._generation:  # whoever comes first looks, and all others wait for that one look
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._renew(generation))
            await asyncio.shield(self._looking)  # a page that closes meanwhile does not end it for the others
        missed = min(self._count - count, len(self._told))
        return tuple(islice(self._told, len(self._told) - missed, None)), self._count

    async def _renew(self, generation: int) -> None:
        newest = await run_sync(self._look)
        self._generation = max(self._generation, generation)
        fresh = [left for left in newest if left.event_id not in self._known]
        self._known = frozenset(left.event_id for left in newest)
        self._told.extend(fresh)
        self._count += len(fresh)

    def _look(self) -> Sequence[Left]:
        with Session(self._engine) as session:
            return leaving.everywhere(session, max(self._began, datetime.now(UTC) - leaving.LATELY))
