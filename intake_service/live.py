"""Tells open pages that a queue has changed. What has changed, each page asks for itself, with its own rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress


class Live:
    """One for each process. Streams cost an event each; a slow page misses nothing but repetitions."""

    def __init__(self) -> None:
        self.generation = 0
        """How many changes there were, counted in the event loop."""
        self._streams: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open = True

    def start(self) -> None:
        """In the event loop that the streams will live in."""
        self._loop = asyncio.get_running_loop()

    def changed(self) -> None:
        """Wake every page. Safe from any thread, after the commit."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just closed: there is no page to wake
                self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """End every stream, so that the process can stop. Safe from any thread and from a signal handler."""
        self._open = False
        self.changed()

    async def changes(self, patience: float) -> AsyncIterator[bool]:
        """True for each change, False after so many seconds without one. Ends when the service stops."""
        event = asyncio.Event()
        self._streams.add(event)
        try:
            while self._open:
                try:
                    async with asyncio.timeout(patience):  # wait_for would make a task of each wait
                        await event.wait()
                except TimeoutError:
                    yield False
                    continue
                event.clear()
                if self._open:
                    yield True
        finally:
            self._streams.discard(event)

    def _wake(self) -> None:
        self.generation += 1
        for event in self._streams:
            event.set()
