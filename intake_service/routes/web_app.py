"""What makes the console an app that can be installed. Both must be at the root, whose scope they claim."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from intake_service.routes.description import answers_with

router = APIRouter()

_STATIC = Path(__file__).parents[1] / "static"
_ALWAYS_ASK = {"Cache-Control": "no-cache"}


@router.get("/service-worker.js", response_class=Response, responses=answers_with("text/javascript"))
def service_worker() -> Response:
    return Response((_STATIC / "service-worker.js").read_bytes(), media_type="text/javascript", headers=_ALWAYS_ASK)


@router.get(
    "/manifest.webmanifest",
    response_class=Response,
    responses=answers_with("application/manifest+json"),
)
def manifest() -> Response:
    return Response(
        (_STATIC / "manifest.webmanifest").read_bytes(), media_type="application/manifest+json", headers=_ALWAYS_ASK
    )
