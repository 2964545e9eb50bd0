"""Every refusal as one kind of answer, the problem document. It never quotes what was sent."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from intake_service.errors import InvalidRequest, ServiceError
from shared_schema.problem import MEDIA_TYPE, Problem

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def render(_request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer to a refused request."""
    return Response(problem.model_dump_json(), problem.status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    app.exception_handler(ServiceError)(_refused)
    app.exception_handler(RequestValidationError)(_misshapen)
    app.exception_handler(HTTPException)(_refused_by_framework)


async def _refused(request: Request, error: ServiceError) -> Response:
    return render(request, error.problem())


async def _misshapen(request: Request, _error: RequestValidationError) -> Response:
    # The validator's own words name fields that were sent, so they stay here.
    return render(request, InvalidRequest("The request does not have the fields that belong here.").problem())


async def _refused_by_framework(request: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    problem = Problem(
        title=phrase,
        status=error.status_code,
        detail=f"{phrase}.",
        code=_CODES.get(error.status_code, "invalid_request"),
    )
    return render(request, problem, dict(error.headers or {}))
