"""Every refusal as one kind of answer, the problem document. It never quotes what was sent."""

import logging
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from intake_service import audit
from intake_service.audit import Act, Kind
from intake_service.db import transaction
from intake_service.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    ProofNeeded,
    SecondFactorNeeded,
    ServiceError,
    SignInNeeded,
)
from intake_service.guards import places
from intake_service.routes.pages import page
from intake_service.routes.proving_again import ask_again
from intake_service.routes.signed_in import staff_id_of
from shared_schema.kiosk_api import API
from shared_schema.problem import MEDIA_TYPE, Problem

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_DETAILS = {404: "There is no such page. The address may be old or mistyped."}

_log = logging.getLogger(__name__)


def render(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer to a refused request: a page for somebody with a browser, the problem document for programs."""
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(f"{API}/"):
        if problem.code == SignInNeeded.code:
            return RedirectResponse(f"/sign-in?{urlencode(_asked(request))}", 303)
        if problem.code == SecondFactorNeeded.code:
            return RedirectResponse("/account/second-factor", 303)
        shown = page(request, "problem.html", problem.status, problem=problem)
        shown.headers.update(headers or {})
        return shown
    return Response(problem.model_dump_json(), problem.status, headers, MEDIA_TYPE)


def _asked(request: Request) -> dict[str, str]:
    """What the door is told: where to go on to, or that a form has come too late."""
    if request.method == "GET":
        return {"next": request.url.path}
    return {"next": "/"} if request.url.path == "/sign-out" else {"next": "/", "unsaved": "true"}


def add_handlers(app: FastAPI) -> None:
    app.exception_handler(ServiceError)(_refused)
    app.exception_handler(ProofNeeded)(_proof_needed)
    app.exception_handler(RequestValidationError)(_misshapen)
    app.exception_handler(DataError)(_held_by_no_column)
    app.exception_handler(HTTPException)(_refused_by_framework)


async def _refused(request: Request, error: ServiceError) -> Response:
    if isinstance(error, (NotAllowed, NotFound)) and staff_id_of(request) is not None:
        await run_in_threadpool(_keep, request, error)
    return render(request, error.problem(), error.headers)


def _keep(request: Request, error: ServiceError) -> None:
    """Who asked for what; by now the request's own transaction is rolled back."""
    ids = {name: str(value) for name, value in request.path_params.items() if isinstance(value, (int, UUID))}
    participant = request.path_params.get("participant_id")
    is_known = isinstance(participant, UUID)
    with transaction(request) as session:
        audit.record(
            session,
            Act.TURNED_AWAY,
            datetime.now(UTC),
            by=staff_id_of(request),
            kind=Kind.PARTICIPANT if is_known else None,
            object_id=participant if is_known else None,
            after={"door": f"{request.method} {_door(request)}", "status": error.status, **ids},
        )


def _door(request: Request) -> str:
    """The route, not the address."""
    route = request.scope.get("route")
    return str(getattr(route, "path", ""))


async def _proof_needed(request: Request, error: ProofNeeded) -> Response:
    """A page goes on by itself after the proof; a form's fields come along, so that nothing is typed twice."""
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith(f"{API}/"):
        return render(request, error.problem())
    if request.method == "GET":
        here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"/sign-in/again?{urlencode({'next': here})}", 303)
    fields = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    return await run_in_threadpool(ask_again, request, request.url.path, fields)


async def _misshapen(request: Request, _error: RequestValidationError) -> Response:
    # The validator's own words name fields that were sent, so they stay here.
    return render(request, InvalidRequest("The request does not have the fields that belong here.").problem())


async def _held_by_no_column(request: Request, error: DataError) -> Response:
    """A number beyond all measure, or a letter that PostgreSQL has no place for. Logged: it may be ours after all."""
    _log.warning("a value that the database refuses\n%s", places(error))
    return render(request, InvalidRequest("The request has a value that cannot be kept.").problem())


async def _refused_by_framework(request: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    problem = Problem(
        title=phrase,
        status=error.status_code,
        detail=_DETAILS.get(error.status_code, f"{phrase}."),
        code=_CODES.get(error.status_code, "invalid_request"),
    )
    return render(request, problem, dict(error.headers or {}))
