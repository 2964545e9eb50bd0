"""Servers of the tests live in an event loop and a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

_WITHIN = 20.0


@contextmanager
def served_in_a_thread(serving: Callable[[], AbstractAsyncContextManager[object]], name: str) -> Iterator[None]:
    """Enter `serving()` in a new loop, hold it open until the block ends. What goes wrong at its start is raised."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started = threading.Event()
    trouble: list[BaseException] = []

    async def serve() -> None:
        try:
            async with serving():
                started.set()
                await stop.wait()
        except BaseException as error:
            trouble.append(error)
            raise
        finally:
            started.set()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except Exception:
            assert trouble  # raised below, in the thread that waits

    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        if not started.wait(_WITHIN):
            raise RuntimeError(f"the {name} did not start")
        if trouble:
            raise trouble[0]
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_WITHIN)
        loop.close()
