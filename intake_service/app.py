"""The FastAPI application: what it stands on, its routes, what starts and stops with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
from fastapi import FastAPI, Request
from sqlalchemy import Engine

from intake_service import migrations
from intake_service.encrypted import unlock
from intake_service.errors import Busy, NotReady
from intake_service.guards import CarefulHeaders, NothingTold, BodyLimit
from intake_service.intake_writer import IntakeWriter
from intake_service.keys import Keys, open_keys
from intake_service.routes import intakes_api, kiosks_api, problems
from intake_service.settings import Settings
from intake_service.wrong_tries import WrongTries
from notifications.db import connect

_THREADS = 8  # they share one interpreter and the pool's connections; more only wait for each other


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to serve: database migrated, keys open. Raises NotReady with what to do.

    `app.state`: `settings`, `engine`, `keys`, `writer` (its `after_commit` callbacks),
    `known_kiosks` (ids by credential digest), `wrong_codes`.
    """
    engine, keys = prepare(settings)
    app = FastAPI(title="Warm Handoff", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_running)
    app.state.settings = settings
    app.state.engine = engine
    app.state.keys = keys
    app.state.writer = IntakeWriter(engine)
    app.state.known_kiosks = {}
    app.state.wrong_codes = WrongTries()
    problems.add_handlers(app)
    app.add_api_route("/healthz", _healthz, methods=["GET"])
    for router in (intakes_api.router, kiosks_api.router):
        app.include_router(router)
    app.add_middleware(NothingTold)
    app.add_middleware(BodyLimit)
    app.add_middleware(CarefulHeaders, https=settings.public_url.startswith("https:"))
    return app


def prepare(settings: Settings) -> tuple[Engine, Keys]:
    """The database at this program's tables, and its keys. Raises NotReady.

    An SQLite file belongs to this one process and is migrated here. A PostgreSQL may be in use by older processes at
    this moment, so its operator says when: `migrate`.
    """
    engine = connect(settings.database_url)
    if engine.dialect.name == "sqlite":
        migrations.migrate(engine)
    elif not migrations.is_current(engine):
        raise NotReady(
            "The database's tables are not those of this release. Back it up, stop the other services, "
            "then run: warm-handoff migrate"
        )
    keys = open_keys(settings.keys_dir, engine, datetime.now(UTC))
    unlock(engine, keys.data)
    return engine, keys


async def _healthz(request: Request) -> dict[str, str]:
    """For whoever watches the process: 200 while intakes can be received. Holds no data."""
    if not request.app.state.writer.is_working:
        raise Busy("The writer of intakes is not working. Restart the service.")
    return {"status": "ok"}


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    writer: IntakeWriter = app.state.writer
    writer.start()
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(writer.stop)
        app.state.engine.dispose()
