"""Serving over HTTP with uvicorn: its limits, and logs that hold nothing about a person."""

import asyncio
import logging
import signal
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from intake_service.app import create_app
from intake_service.settings import Settings

_STOP_WITHIN = 10  # seconds; a request in the air is finished
_HEADERS_WITHIN = 15  # seconds from the connection, or from the last answer; for a body see guards.BodyLimit
_READS_WITHIN = 30  # seconds that an answer waits for somebody who does not take it
_LONGEST_HEAD = 16 * 1024  # bytes of all headers


class PathOnly(logging.Filter):
    """Cuts the query off an access log's line: what somebody searches for is nobody's business."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, *rest = record.args
            record.args = (client, method, str(path).partition("?")[0], *rest)
        return True


class HurriedProtocol(H11Protocol):
    """HTTP for those who get on with it: nobody holds a connection by sending headers, or taking answers, very slowly.

    Whatever is still to come of a body that was refused is thrown away, and no longer than the next headers are
    waited for.
    """

    _asking: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._asking, self._taking):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._expect_a_request()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(_READS_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()

    def _expect_a_request(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking = self.loop.call_later(_HEADERS_WITHIN, self._give_up, self.cycle)

    def _give_up(self, last: RequestResponseCycle | None) -> None:
        if self.cycle is last:  # none has begun since
            self.transport.close()


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"path_only": {"()": PathOnly}},
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s", "datefmt": "%Y-%m-%dT%H:%M:%S%z"}
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "access": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["path_only"]},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "uvicorn.access": {"handlers": ["access"], "propagate": False},
        "alembic": {"level": "WARNING"},
    },
}


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises NotReady before anything is opened to the network."""
    app = create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=LOGGING,
            access_log=settings.access_log,
            server_header=False,
            lifespan="on",
            http=HurriedProtocol,
            ws="none",
            limit_concurrency=settings.max_connections,
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            timeout_graceful_shutdown=_STOP_WITHIN,
        )
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True
        app.state.live.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)  # uvicorn raises them again when it has stopped: that was in good order, so 0
    server.run()
