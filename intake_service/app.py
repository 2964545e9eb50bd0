"""The FastAPI application: what it stands on, its routes, what starts and stops with the process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import directory, kiosks
from intake_service.errors import Busy
from intake_service.guards import BodyLimit, CarefulHeaders, NothingTold, NoUploads, places
from intake_service.intake_writer import IntakeWriter
from intake_service.kiosk_pace import KioskPace
from intake_service.live import Live
from intake_service.news import News
from intake_service.preparing import prepare
from intake_service.routes import every_router, problems
from intake_service.routes.description import describe
from intake_service.sealer import keep_sealing
from intake_service.settings import Settings
from notifications.signals import QUEUE, listen
from notifications.worker import Worker

_THREADS = 8  # they share one interpreter and the pool's connections; more only wait for each other
_AFTER_TROUBLE = 2.0  # seconds

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to serve: database migrated, keys open. Raises NotReady with what to do.

    `app.state`: `settings`, `engine`, `keys`, `writer` (its `after_commit` callbacks),
    `known_kiosks` (ids by credential digest), `directory` (of the organization, or None),
    `live` (open pages), `news` (what they hear of), `worker` (None unless it runs inside this process).
    """
    engine, keys = prepare(settings)
    app = FastAPI(title="Warm Handoff", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_running)
    app.state.settings = settings
    app.state.engine = engine
    app.state.keys = keys
    app.state.directory = directory.opened(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret_file,
        settings.public_url,
        settings.push_proxy,
    )
    app.state.writer = IntakeWriter(engine)
    app.state.known_kiosks = _known_kiosks(engine)
    app.state.live = Live()
    app.state.news = News(engine)
    app.state.worker = None
    problems.add_handlers(app)
    app.add_api_route("/healthz", _healthz, methods=["GET"])
    for router in every_router():
        app.include_router(router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_middleware(NothingTold)
    app.add_middleware(BodyLimit)
    app.add_middleware(NoUploads)
    app.add_middleware(KioskPace, known=app.state.known_kiosks, per_second=settings.kiosk_pace)
    app.add_middleware(CarefulHeaders, https=settings.public_url.startswith("https:"))
    return app


def _known_kiosks(engine: Engine) -> dict[str, UUID]:
    """From the start, so that strangers who come in numbers do not stand in front of a kiosk's first request."""
    with Session(engine) as session:
        return kiosks.by_digest(session)


async def _healthz(request: Request) -> dict[str, str]:
    """For whoever watches the process: 200 while intakes can be received. Holds no data."""
    if not request.app.state.writer.is_working:
        raise Busy("The writer of intakes is not working. Restart the service.")
    return {"status": "ok"}


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    writer: IntakeWriter = app.state.writer
    live: Live = app.state.live
    live.start()
    writer.after_commit.append(lambda _sites: live.changed())
    writer.start()
    listening = asyncio.create_task(listen(app.state.engine, QUEUE, live.changed))
    stop = asyncio.Event()
    sealing = asyncio.create_task(keep_sealing(app.state.engine, app.state.settings.keys_dir, stop))
    sending = asyncio.create_task(_send_alerts(app, stop)) if app.state.settings.worker_inside else None
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(writer.stop)
        live.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        stop.set()
        if sending is not None:
            await sending
        await sealing
        app.state.engine.dispose()


async def _send_alerts(app: FastAPI, stop: asyncio.Event) -> None:
    """The worker inside this process. Should it break, a new one goes on from what the outbox says."""
    app.state.writer.after_commit.append(lambda _sites: app.state.worker.wake())
    while not stop.is_set():
        app.state.worker = Worker(app.state.engine, app.state.keys.vapid, app.state.settings)
        try:
            await app.state.worker.run(stop)
        except Exception as error:
            _log.error("the alert worker broke\n%s", places(error))
            await asyncio.sleep(_AFTER_TROUBLE)
