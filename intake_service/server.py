"""Serving over HTTP with uvicorn: its limits, and logs that hold nothing about a person."""

import logging
import signal
from types import FrameType
from typing import Any

import uvicorn

from intake_service.app import create_app
from intake_service.settings import Settings

_STOP_WITHIN = 10  # seconds; a request in the air is finished


class PathOnly(logging.Filter):
    """Cuts the query off an access log's line: what somebody searches for is nobody's business."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, *rest = record.args
            record.args = (client, method, str(path).partition("?")[0], *rest)
        return True


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"path_only": {"()": PathOnly}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
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
            timeout_graceful_shutdown=_STOP_WITHIN,
        )
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True
        app.state.live.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)  # uvicorn raises them again when it has stopped: that was in good order, so 0
    server.run()
