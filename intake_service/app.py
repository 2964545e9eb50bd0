"""The FastAPI application: routes, the one error handler, what starts and stops with the process."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from intake_service.errors import ServiceError
from intake_service.settings import Settings
from notifications.db import connect
from shared_schema.problem import MEDIA_TYPE


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to serve. `app.state` holds settings and engine."""
    app = FastAPI(title="Warm Handoff", docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.engine = connect(settings.database_url)
    app.add_exception_handler(ServiceError, _render_problem)
    return app


async def _render_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return JSONResponse(error.problem().model_dump(), status_code=error.status, media_type=MEDIA_TYPE)
