"""What the routes take and answer, as an OpenAPI document. Nobody can fetch it; tests hold the service to it.

A route that says nothing of its own answer is one of the console's: a page, or the way on to another page.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.constants import REF_PREFIX
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import API
from shared_schema.problem import MEDIA_TYPE, Problem

SEALED_INTAKE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"{REF_PREFIX}SealedIntake"}}},
    }
}
"""For `openapi_extra`: the route reads the body itself."""

_Responses = dict[int | str, dict[str, Any]]


def answers_with(*media_types: str) -> _Responses:
    """For `responses` of a route that answers with one of these, no page; its `response_class` is Response."""
    return {200: {"content": {media_type: {} for media_type in media_types}}}


_REFUSALS = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 502, 503)
_SAYS_NOTHING: dict[str, Any] = {"application/json": {"schema": {}}}
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"{REF_PREFIX}Problem"}}}


def describe(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"] = _answers(operation["responses"], is_api=path.startswith(f"{API}/"))
    _, ours = models_json_schema(
        [(SealedIntake, "validation"), (Problem, "serialization")], ref_template=f"{REF_PREFIX}{{model}}"
    )
    document["components"]["schemas"] |= ours["$defs"]
    return document


def _answers(declared: dict[str, Any], *, is_api: bool) -> dict[str, Any]:
    if declared.get("200", {}).get("content") == _SAYS_NOTHING:
        declared = {"200": {"description": "The page", "content": _PAGE}}
    refused = _PROBLEM
    if not is_api:
        declared["303"] = {"description": "Another page goes on from here"}
        refused = _PROBLEM | _PAGE
    return declared | {
        str(status): {"description": HTTPStatus(status).phrase, "content": refused} for status in _REFUSALS
    }
