"""What makes the console an app that can be installed. Both must be at the root, whose scope they claim."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter()

_STATIC = Path(__file__).parents[1] / "static"
_ALWAYS_ASK = {"Cache-Control": "no-cache"}


@router.get("/service-worker.js")
def service_worker() -> FileResponse:
    return FileResponse(_STATIC / "service-worker.js", media_type="text/javascript", headers=_ALWAYS_ASK)


@router.get("/manifest.webmanifest")
def manifest() -> FileResponse:
    return FileResponse(_STATIC / "manifest.webmanifest", media_type="application/manifest+json", headers=_ALWAYS_ASK)
