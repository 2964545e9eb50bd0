"""The FastAPI application: what it stands on, its routes, what starts and stops with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
from fastapi import FastAPI
from sqlalchemy import Engine

from intake_service import migrations
from intake_service.encrypted import unlock
from intake_service.errors import NotReady
from intake_service.guards import CarefulHeaders, NothingTold, SizeLimit
from intake_service.intake_writer import IntakeWriter
from intake_service.keys import Keys, open_keys
from intake_service.routes import intakes, kiosks, problems
from intake_service.settings import Settings
from notifications.db import connect

_THREADS = 8  # they share one interpreter and the pool's connections; more only wait for each other


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to serve: database migrated, keys open. Raises NotReady with what to do.

    `app.state`: `settings`, `engine`, `keys`, `writer` (its `after_commit` callbacks),
    `known_kiosks` (ids by credential digest).
    """
    engine, keys = prepare(settings)
    app = FastAPI(title="Warm Handoff", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_running)
    app.state.settings = settings
    app.state.engine = engine
    app.state.keys = keys
    app.state.writer = IntakeWriter(engine)
    app.state.known_kiosks = {}
    problems.add_handlers(app)
    for router in (intakes.router, kiosks.router):
        app.include_router(router)
    app.add_middleware(NothingTold)
    app.add_middleware(SizeLimit)
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
