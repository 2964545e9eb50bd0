"""What every request passes through: a limit to its size, no files, careful headers, no error that tells.

Plain ASGI, so that streams stay streams and a request costs little.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from intake_service.errors import ServiceError, TooLarge, TooSlow, UnknownContent
from shared_schema.intake import MAX_SEALED_BYTES
from shared_schema.problem import MEDIA_TYPE

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = MAX_SEALED_BYTES + 4096
"""Bytes. The largest body there is, a sealed intake, with its JSON around it."""

_POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect", "manifest", "worker")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_SWITCHED_OFF = (  # no page of ours has a use for them
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "serial", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
_OURS_ALONE = ("publickey-credentials-create", "publickey-credentials-get")  # passkeys
_PERMISSIONS = [*(f"{feature}=()" for feature in _SWITCHED_OFF), *(f"{feature}=(self)" for feature in _OURS_ALONE)]
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"permissions-policy": ", ".join(_PERMISSIONS).encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",  # what browsers that are older than frame-ancestors read
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
_HTTPS_ONLY = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}
_STATIC = "/static/"
_BODY_WITHIN = 30  # seconds

_log = logging.getLogger(__name__)


class CarefulHeaders:
    """Adds the headers that a response does not set itself; nothing is stored by browsers but what is static."""

    def __init__(self, app: App, https: bool) -> None:
        self._app = app
        self._headers = _HEADERS | (_HTTPS_ONLY if https else {})
        self._static_headers = self._headers | {b"cache-control": b"no-cache"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = self._static_headers if scope["path"].startswith(_STATIC) else self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                missing = [(name, value) for name, value in wanted.items() if name not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class NoUploads:
    """Refuses multipart bodies, the only ones that files come in: no page of ours sends one."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(
            name.lower() == b"content-type" and value.strip().lower().startswith(b"multipart/")
            for name, value in scope["headers"]
        ):
            await answer(send, UnknownContent("No files are taken here."))
            return
        await self._app(scope, receive, send)


class NothingTold:
    """Turns an unexpected exception into a bare 500. The log gets its type and where it happened, never its words.

    Messages of exceptions may quote what somebody typed; places in our code cannot.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = gone = False

        async def watch_receive() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        async def watch_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, watch_receive, watch_send)
        except Exception as error:
            if gone:  # nobody is left to answer
                return
            _log.error("%s", places(error))
            if started:
                raise ConnectionAbortedError("the answer broke off") from None
            await answer(send, ServiceError("It is our fault, and it was logged. Please try again."))


class BodyLimit:
    """Refuses bodies of more than MAX_BODY bytes, whatever Content-Length says, and those that come too slowly.

    Of a body that says itself that it is too large nothing is read.
    `within`: seconds from the first byte of the request.
    """

    def __init__(self, app: App, within: float = _BODY_WITHIN) -> None:
        self._app = app
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        too_large = TooLarge(f"At most {MAX_BODY} bytes are taken.")
        if _declared_length(scope) > MAX_BODY:
            await answer(send, too_large)
            return
        received, complete, started = 0, False, False
        refusal: ServiceError | None = None
        deadline = asyncio.get_running_loop().time() + self._within

        async def count() -> Message:
            nonlocal received, complete, refusal
            try:
                async with asyncio.timeout_at(None if complete else deadline):
                    message = await receive()
            except TimeoutError:
                refusal = TooSlow(f"The body did not arrive within {self._within:g} seconds.")
                raise refusal from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > MAX_BODY:
                refusal = too_large
                raise refusal
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal started
            if refusal is None or started:
                started = True
                await send(message)

        try:
            await self._app(scope, count, send_unless_refused)
        except (TooLarge, TooSlow):
            if refusal is None:
                raise
        if refusal is not None and not started:  # whatever the app made of it
            await answer(send, refusal)


def places(error: BaseException) -> str:
    """An exception's type and the places in the code that it passed, without its message; causes come first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = places(cause) + "\nand then:\n" if cause else ""
    return before + "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__


def _declared_length(scope: Scope) -> int:
    """What Content-Length says; the server has seen to it that it is a number."""
    return max((int(value) for name, value in scope["headers"] if name.lower() == b"content-length"), default=0)


async def answer(send: Send, error: ServiceError) -> None:
    """The whole answer to a request that is refused before the application has it."""
    body = error.problem().model_dump_json().encode()
    told = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **error.headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
