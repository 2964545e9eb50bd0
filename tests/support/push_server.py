"""A push service on loopback that speaks what Firefox speaks: WebSocket to the browser, RFC 8030 to the sender.

Browsers connect to `ws://127.0.0.1:PORT/` and register channels; whoever has a channel's endpoint posts messages to it.
A message is held to RFC 8030 (TTL, Topic, Urgency), RFC 8188 (encoding) and RFC 8292 (VAPID), refused as the public
services refuse it. What arrives while the browser is away is kept until it says hello, as long as its TTL.
"""

import asyncio
import base64
import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

MAX_BODY = 4096  # RFC 8030 section 7.2: the least that a service must take, and what the public ones take
_DAY = 24 * 3600  # RFC 8292 section 2: a token that lives longer is refused


class Refused(Exception):
    """A message that a public push service would turn down, with the status it would use."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Delivery:
    """One POST to an endpoint and what was answered. `at`: time.monotonic()."""

    channel: str
    status: int
    headers: dict[str, str]
    size: int
    at: float


@dataclass(frozen=True)
class Ack:
    """The browser's word on a message: 100 delivered, 101 could not decrypt, 102 not delivered."""

    channel: str
    code: int


@dataclass
class _Message:
    version: str
    body: bytes
    topic: str | None
    expires: float


@dataclass
class _Channel:
    id: str
    user_agent: str
    key: str | None
    waiting: dict[str, _Message] = field(default_factory=dict)
    gone: bool = False


@dataclass
class PushServer:
    """`deliveries` and `acks` grow while it runs. `answer_with`: a status for every POST, to play a broken service."""

    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    answer_with: int | None = None
    _channels: dict[str, _Channel] = field(default_factory=dict)
    _connected: dict[str, web.WebSocketResponse] = field(default_factory=dict)

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def accepted(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.status == 201]

    def wait_for_ack(self, count: int = 1, within: float = 30.0) -> list[Ack]:
        """The first `count` acknowledgements of the browser, once they are there."""
        deadline = time.monotonic() + within
        while len(self.acks) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.acks)} of {count} messages acknowledged; {self.deliveries}")
            time.sleep(0.02)
        return self.acks[:count]

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/", self._browser)
        app.router.add_post("/push/{token}", self._post)
        return app

    # -- the sender's side

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        channel = self._channels.get(request.match_info["token"])
        try:
            if self.answer_with is not None:
                raise Refused(self.answer_with, "told to")
            if channel is None:
                raise Refused(404, "no such endpoint")
            if channel.gone:
                raise Refused(410, "unsubscribed")
            message = self._check(request, body, channel)
        except Refused as refused:
            self._note(request, channel, refused.status, body)
            return web.json_response({"message": str(refused)}, status=refused.status)
        self._note(request, channel, 201, body)
        await self._deliver(channel, message)
        return web.Response(
            status=201, headers={"Location": f"{self.origin}/message/{message.version}", "TTL": request.headers["TTL"]}
        )

    def _check(self, request: web.Request, body: bytes, channel: _Channel) -> _Message:
        headers = request.headers
        if not re.fullmatch(r"\d{1,10}", headers.get("TTL", "")):
            raise Refused(400, "no valid TTL")
        if headers.get("Content-Encoding") != "aes128gcm":
            raise Refused(400, "the encoding is not aes128gcm")
        if not body:
            raise Refused(400, "an empty message")
        if len(body) > MAX_BODY:
            raise Refused(413, "too large")
        if headers.get("Urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            raise Refused(400, "no valid Urgency")
        topic = headers.get("Topic")
        if topic is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", topic):
            raise Refused(400, "no valid Topic")
        check_vapid(headers.get("Authorization", ""), self.origin, channel.key)
        return _Message(secrets.token_urlsafe(16), body, topic, time.monotonic() + int(headers["TTL"]))

    def _note(self, request: web.Request, channel: _Channel | None, status: int, body: bytes) -> None:
        name = channel.id if channel else ""
        self.deliveries.append(Delivery(name, status, dict(request.headers), len(body), time.monotonic()))

    async def _deliver(self, channel: _Channel, message: _Message) -> None:
        for version, older in list(channel.waiting.items()):
            if message.topic is not None and older.topic == message.topic:
                del channel.waiting[version]
        channel.waiting[message.version] = message
        socket = self._connected.get(channel.user_agent)
        if socket is not None:
            await self._send(socket, channel, message)

    async def _send(self, socket: web.WebSocketResponse, channel: _Channel, message: _Message) -> None:
        await socket.send_json(
            {
                "messageType": "notification",
                "channelID": channel.id,
                "version": message.version,
                "data": base64.urlsafe_b64encode(message.body).rstrip(b"=").decode(),
                "headers": {"encoding": "aes128gcm"},
            }
        )

    # -- the browser's side

    async def _browser(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["push-notification"])
        await socket.prepare(request)
        user_agent = ""
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    break
                said = json.loads(frame.data)
                if said.get("messageType") == "hello":
                    user_agent = await self._hello(socket, said)
                else:
                    await self._answer(socket, user_agent, said)
        finally:
            if self._connected.get(user_agent) is socket:
                del self._connected[user_agent]
        return socket

    async def _hello(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> str:
        known = {channel.user_agent for channel in self._channels.values()}
        user_agent = said.get("uaid") if said.get("uaid") in known else uuid.uuid4().hex
        assert isinstance(user_agent, str)
        self._connected[user_agent] = socket
        await socket.send_json(
            {"messageType": "hello", "uaid": user_agent, "status": 200, "use_webpush": True, "broadcasts": {}}
        )
        for channel in [c for c in self._channels.values() if c.user_agent == user_agent]:
            for version, message in list(channel.waiting.items()):
                if message.expires <= time.monotonic():
                    del channel.waiting[version]
                else:
                    await self._send(socket, channel, message)
        return user_agent

    async def _answer(self, socket: web.WebSocketResponse, user_agent: str, said: dict[str, Any]) -> None:
        match said.get("messageType"):
            case None | "ping":
                await socket.send_str("{}")
            case "register":
                token = secrets.token_urlsafe(24)
                self._channels[token] = _Channel(said["channelID"], user_agent, said.get("key"))
                await socket.send_json(
                    {
                        "messageType": "register",
                        "channelID": said["channelID"],
                        "status": 200,
                        "pushEndpoint": f"{self.origin}/push/{token}",
                    }
                )
            case "unregister":
                for channel in self._channels.values():
                    channel.gone = channel.gone or channel.id == said["channelID"]
                await socket.send_json({"messageType": "unregister", "channelID": said["channelID"], "status": 200})
            case "ack":
                for update in said["updates"]:
                    for channel in self._channels.values():
                        if channel.id == update["channelID"]:
                            channel.waiting.pop(update["version"], None)
                    self.acks.append(Ack(update["channelID"], update.get("code", 100)))


def check_vapid(authorization: str, origin: str, key: str | None) -> dict[str, Any]:
    """The claims of a good VAPID token (RFC 8292); Refused with 401 when there is none, 403 when it is a bad one."""
    found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
    if not found:
        raise Refused(401, "no VAPID token")
    header, payload, signature, public = found.groups()
    try:
        verifier = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _unbase64(public))
        raw = _unbase64(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        verifier.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(SHA256()))
        claims: dict[str, Any] = json.loads(_unbase64(payload))
    except (ValueError, InvalidSignature):
        raise Refused(403, "the VAPID signature is not valid") from None
    if claims.get("aud") != origin:
        raise Refused(403, f"the audience is {claims.get('aud')}, not {origin}")
    if not 0 < claims.get("exp", 0) - time.time() <= _DAY:
        raise Refused(403, "expired, or living longer than a day")
    subject = urlsplit(str(claims.get("sub", "")))
    if subject.scheme not in {"mailto", "https"} or "localhost" in (subject.path or subject.netloc):
        raise Refused(403, "no contact in sub that a push service takes")
    if key is not None and _unbase64(key) != _unbase64(public):
        raise Refused(403, "the subscription belongs to another key")
    return claims


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def running_push_server() -> Iterator[PushServer]:
    """Run one on a free loopback port, in a thread of its own."""
    server = PushServer()
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(server.app(), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        started.set()
        await stop.wait()
        for socket in list(server._connected.values()):
            await socket.close()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="push server")
    thread.start()
    try:
        if not started.wait(10):
            raise RuntimeError("the push server did not start")
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
