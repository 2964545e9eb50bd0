"""No kiosk can keep the service from the others: each has its own pace for each kind of request.

By kind, so that neither somebody who needs a person now nor a sign of life waits behind a backlog of intakes.
Answered before anything of the body is read and before any thread or database is asked: refusing must cost less
than what is refused. Whoever has no credential of ours is counted by address.
"""

import logging
from collections.abc import Mapping
from uuid import UUID

from intake_service import kiosks
from intake_service.errors import TooFast
from intake_service.guards import App, Receive, Scope, Send, answer
from intake_service.pace import Pace
from shared_schema.kiosk_api import (
    API,
    CALLS_PATH,
    CONFIG_PATH,
    ENROLL_PATH,
    HEARTBEATS_PATH,
    INTAKES_PATH,
    TEST_ALERTS_PATH,
)

_PATHS = {CALLS_PATH, CONFIG_PATH, ENROLL_PATH, HEARTBEATS_PATH, INTAKES_PATH, TEST_ALERTS_PATH}
_FORMS = f"{API}/forms/"
_AT_ONCE = 60  # seconds' worth: with the usual pace all intakes that a busy center has in a week
_TOLD_APART = 60.0  # seconds between two lines of the log

_log = logging.getLogger(__name__)


class KioskPace:
    """`known`: kiosks by the digests of their credentials; it may grow. `per_second`: of each kind of request."""

    def __init__(self, app: App, known: Mapping[str, UUID], per_second: float) -> None:
        self._app = app
        self._known = known
        self._pace = Pace(round(_AT_ONCE * per_second), per_second)
        self._tells = Pace(1, 1 / _TOLD_APART)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_the_kiosks(scope["path"]):
            await self._app(scope, receive, send)
            return
        who = self._who(scope)
        wait = self._pace.wait((who, _kind(scope["path"])))
        if not wait:
            await self._app(scope, receive, send)
            return
        if not self._tells.wait(who):
            _log.warning("too many requests of kiosk %s: it is told to wait", self._known.get(who, "(none of ours)"))
        await answer(send, TooFast("Wait as long as Retry-After says, then send it again.", wait))

    def _who(self, scope: Scope) -> str:
        """A known credential's digest, or else the address that the request came from."""
        for name, value in scope["headers"]:
            if name == b"authorization":
                digest = kiosks.digest(value.partition(b" ")[2].strip().decode("latin-1"))
                if digest in self._known:
                    return digest
        return scope["client"][0] if scope.get("client") else ""


def _is_the_kiosks(path: str) -> bool:
    return path in _PATHS or path.startswith(_FORMS)


def _kind(path: str) -> str:
    return _FORMS if path.startswith(_FORMS) else path
