"""Releases of the kiosk image, out of the folder that the operator names: what `systemd-sysupdate` on a kiosk fetches.

Open to everybody. A release holds nothing about anybody, systemd's downloader can send no credential, and a kiosk takes
nothing that is not signed: not even from this service.
"""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from intake_service.errors import NotFound
from intake_service.routes.description import answers_with

router = APIRouter()

_ADDRESS = "/kiosk-updates/{file}"
_RELEASED = re.compile(
    r"SHA256SUMS(\.gpg)?|warm-handoff-kiosk_[0-9A-Za-z.~^+-]+(_[0-9a-f-]{36}\.(root|verity)(\.xz)?|\.efi)"
)
"""What `kiosk_image/release` writes. Whatever else lies in the folder, such as a key, is not there for anybody."""

_THE_REST = re.compile(rb"bytes=\d{1,18}-")
_BYTES = "application/octet-stream"
_PARTLY = answers_with(_BYTES) | {206: {"content": {_BYTES: {}}}, 416: {"content": {"text/plain": {}}}}


class Release(FileResponse):
    """The file, or the rest of it for who has its beginning. Whoever asks for any other part gets the whole."""

    media_type = _BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [each for each in scope["headers"] if each[0] != b"range" or _THE_REST.fullmatch(each[1])]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _released(request: Request, file: str) -> Path:
    """Where the file is. Raises NotFound."""
    folder: Path | None = request.app.state.settings.kiosk_updates
    if folder is None or not _RELEASED.fullmatch(file) or not (folder / file).is_file():
        raise NotFound("There is no such release.")
    return folder / file


Released = Annotated[Path, Depends(_released)]


@router.get(_ADDRESS, response_class=Release, responses=_PARTLY)
def fetch_release(file: Released) -> Release:
    return Release(file, media_type=_BYTES)


@router.head(_ADDRESS, response_class=Release, responses=_PARTLY)
def ask_for_release(file: Released) -> Release:
    return Release(file, media_type=_BYTES)
