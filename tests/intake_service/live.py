"""The service behind a real uvicorn on a loopback port, in a thread of the test's process."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI

from intake_service.guards import App
from intake_service.server import HurriedProtocol

_READY_WITHIN = 20.0  # seconds


@dataclass(frozen=True)
class Service:
    """`client` keeps cookies and follows no redirects."""

    app: FastAPI
    url: str
    client: httpx.Client


@contextmanager
def running_service(app: FastAPI, within: Callable[[App], App] = lambda app: app, port: int = 0) -> Iterator[Service]:
    """Serve until the block ends; the app's start and stop run as in production. `within`: puts something around it.

    `port`: for an app that must know its own address; otherwise whichever is free.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            within(app),
            port=port,
            log_config=None,
            lifespan="on",
            http=HurriedProtocol,
            ws="none",
            timeout_graceful_shutdown=2,
            server_header=False,
        )
    )
    thread = threading.Thread(target=server.run, name="service")
    thread.start()
    try:
        _wait_until_started(server, thread)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://localhost:{port}"
        with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
            yield Service(app, url, client)
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the service did not start")
        time.sleep(0.01)
