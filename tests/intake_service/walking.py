"""Every route of the service with an address that is made up where it holds ids."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from uuid_utils.compat import uuid7

AT_THE_DOOR = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/directory",
    "/sign-in/directory/answer",
    "/invitation",
    "/api/v1/passkeys/question",
    "/api/v1/passkeys/answer",
}
"""Patterns of what is there before anybody is signed in: no form of theirs can carry a session's token."""

FOR_EVERYBODY = AT_THE_DOOR | {
    "/healthz",
    "/kiosk-updates/{file}",
    "/service-worker.js",
    "/manifest.webmanifest",
    "/api/v1/push/public-key",
}
"""Patterns of what holds nothing about anybody."""

BY_A_SECRET_IN_THE_BODY = {
    "/api/v1/kiosks/enroll",
    "/api/v1/push/shown",
    "/api/v1/push/acknowledged",
    "/api/v1/push/subscriptions/renewal",
}
"""Patterns of what opens to nobody's session, but to who knows a secret."""

_NAMED = {"name": "brief-intake", "version": "1", "file": "SHA256SUMS"}


@dataclass(frozen=True)
class Route:
    """`pattern` as the code has it, `path` with nobody's ids in it."""

    method: str
    pattern: str
    path: str


def every_route(app: FastAPI) -> Iterator[Route]:
    for pattern, methods in app.openapi()["paths"].items():  # the table of routes, as the framework itself tells it
        for method in methods:
            yield Route(method.upper(), pattern, "/".join(_filled(part) for part in pattern.split("/")))


def _filled(part: str) -> str:
    if not part.startswith("{"):
        return part
    name = part[1:-1]
    if name in _NAMED:
        return _NAMED[name]
    return str(uuid7()) if name in {"participant_id", "intake_id", "kiosk_id"} else "1"
