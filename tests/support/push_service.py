"""The sender's side of a push service, the same for every browser: RFC 8030 with all that public ones insist on.

A message is held to RFC 8030 (TTL, Topic, Urgency), RFC 8188 (encoding) and RFC 8292 (VAPID), refused as the public
services refuse it. It stays in its mailbox until the browser has it, as long as its TTL; a newer one of the same Topic
takes its place.
"""

import base64
import json
import re
import secrets
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
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
    """One POST to an endpoint and what was answered. `channel`: the mailbox's id. `at`: time.monotonic()."""

    channel: str
    status: int
    headers: dict[str, str]
    size: int
    at: float


@dataclass
class Message:
    version: str
    body: bytes
    topic: str | None
    expires: float


@dataclass
class Mailbox:
    """One subscription. `owner`: the browser it belongs to. `key`: the sender's public key it is bound to, if any."""

    id: str
    owner: str
    key: str | None
    waiting: dict[str, Message] = field(default_factory=dict)
    gone: bool = False

    def put(self, message: Message) -> None:
        for version, older in list(self.waiting.items()):
            if message.topic is not None and older.topic == message.topic:
                del self.waiting[version]
        self.waiting[message.version] = message

    def still_worth_it(self) -> list[Message]:
        """What waits, oldest first, without what has expired."""
        now = time.monotonic()
        self.waiting = {version: each for version, each in self.waiting.items() if each.expires > now}
        return list(self.waiting.values())


@dataclass
class PushService(ABC):
    """`deliveries` grows while it runs. `answer_with`: a status for every POST, to play a broken service.

    `mailboxes`: by the last part of their endpoint.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    answer_with: int | None = None
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)

    @abstractmethod
    async def hand_over(self, mailbox: Mailbox, message: Message) -> None:
        """Give the browser this message if it is connected."""

    @property
    def accepted(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.status == 201]

    def wait_until_unsubscribed(self, within: float = 60.0) -> None:
        """Until every browser has given its subscription up here."""
        deadline = time.monotonic() + within
        while not all(mailbox.gone for mailbox in list(self.mailboxes.values())):
            if time.monotonic() > deadline:
                raise TimeoutError("there is still a subscription")
            time.sleep(0.02)

    async def take(self, request: web.Request) -> web.Response:
        """Answer a POST to `.../{token}`."""
        body = await request.read()
        mailbox = self.mailboxes.get(request.match_info["token"])
        try:
            if self.answer_with is not None:
                raise Refused(self.answer_with, "told to")
            if mailbox is None:
                raise Refused(404, "no such endpoint")
            if mailbox.gone:
                raise Refused(410, "unsubscribed")
            message = self._check(request, body, mailbox)
        except Refused as refused:
            self._note(request, mailbox, refused.status, body)
            return web.json_response({"message": str(refused)}, status=refused.status)
        headers = request.headers
        mailbox.put(message)
        self._note(request, mailbox, 201, body)
        await self.hand_over(mailbox, message)
        return web.Response(
            status=201, headers={"Location": f"{_origin(request)}/message/{message.version}", "TTL": headers["TTL"]}
        )

    def _check(self, request: web.Request, body: bytes, mailbox: Mailbox) -> Message:
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
        check_vapid(headers.get("Authorization", ""), _origin(request), mailbox.key)
        return Message(secrets.token_urlsafe(16), body, topic, time.monotonic() + int(headers["TTL"]))

    def _note(self, request: web.Request, mailbox: Mailbox | None, status: int, body: bytes) -> None:
        name = mailbox.id if mailbox else ""
        self.deliveries.append(Delivery(name, status, dict(request.headers), len(body), time.monotonic()))


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


def _origin(request: web.Request) -> str:
    """Scheme, host and port of the endpoint, as the sender sees them."""
    return f"{request.scheme}://{request.host}"


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
