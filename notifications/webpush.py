"""The one door to the push services: pywebpush encrypts (RFC 8291), one aiohttp session sends (RFC 8030).

What does not arrive raises one of notifications.failures' errors.
"""

import base64
import hashlib
import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from pywebpush import WebPusher
from yarl import URL

from notifications.failures import Gone, Rejected, TryLater
from notifications.vapid import LIFETIME, CannotSign, VapidKeys

_CONNECTIONS = 50
_TOTAL_TIMEOUT = 10.0  # seconds; a service that drips must not hold a slot
_MAX_ANSWER = 4096
_SIGN_AGAIN = timedelta(hours=1)  # before the end; Apple refuses new tokens more often than hourly
_MAX_TTL = 28 * 24 * 3600  # what the push services keep at most
_DEVICES_KEPT = 4096
_TOPIC_LENGTH = 32  # RFC 8030 section 5.4


@dataclass(frozen=True)
class _Address:
    """An endpoint taken apart. `origin`: empty for no address."""

    origin: str
    host: str
    is_private: bool
    url: URL | None


def origin_of(endpoint: str) -> str:
    """Scheme, host and port: what a VAPID token is for, and what a Retry-After holds for. Empty for no address."""
    return _address(endpoint).origin


@lru_cache(_DEVICES_KEPT)
def _address(endpoint: str) -> _Address:
    """Kept, as a device is written to again and again."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        url = URL(endpoint)
    except ValueError:
        return _Address("", "", is_private=False, url=None)
    return _Address(f"{parts.scheme}://{parts.netloc}", host, _is_private_literal(host), url)


class PushSender:
    """Sends messages, many at once, over one session. An async context manager.

    `proxy`: where they go through, empty for none. It looks the push services' names up, so it is the one that can keep
    them out of the own network; here only addresses in figures are still refused.
    """

    def __init__(self, vapid: VapidKeys, contact: str, *, allow_private: bool = False, proxy: str = "") -> None:
        self._vapid = vapid
        self._contact = contact
        self._allow_private = allow_private
        self._proxy = proxy
        self._signed: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = ThreadedResolver()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS,
                resolver=resolver if self._allow_private or self._proxy else _PublicOnly(resolver),
            ),
            proxy=self._proxy or None,
            timeout=aiohttp.ClientTimeout(total=_TOTAL_TIMEOUT),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding"),  # of no use to a push service
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        endpoint: str,
        p256dh: str,
        auth: str,
        content: bytes,
        thread: str,
        deadline: datetime,
        now: datetime,
        *,
        urgent: bool = True,
        vapid_key_id: str = "",
    ) -> None:
        """Hand one message to its push service; returning means that it was accepted, not that it was seen.

        `thread`: a later message of the same thread replaces this one while the phone is away. `urgent`: wake it.
        `vapid_key_id`: of the key that the device's subscription was made with; empty is the first key.
        Raises SendError.
        """
        address = _address(endpoint)
        if address.url is None:
            raise Rejected("the push address is not usable", suspect=True)
        if not self._allow_private and address.is_private:
            raise Rejected("the push address is inside the own network", suspect=True)
        body = encrypted(p256dh, auth, content)
        headers = self._headers(address, vapid_key_id, thread, deadline, now, urgent)
        if self._session is None:
            raise RuntimeError("use `async with PushSender(...)`")
        try:
            async with self._session.post(address.url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.content.read(_MAX_ANSWER)
                _raise_for(answer.status, answer.headers.get("Retry-After"), now)
        except _NotPublic:
            raise Rejected("the push address is inside the own network", suspect=True) from None
        except (aiohttp.InvalidURL, ValueError):
            raise Rejected("the push address is not usable", suspect=True) from None
        except TimeoutError:
            raise TryLater("the push service did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TryLater(f"no way to the push service ({type(error).__name__})") from None

    def _headers(
        self, address: _Address, vapid_key_id: str, thread: str, deadline: datetime, now: datetime, urgent: bool
    ) -> dict[str, str]:
        ttl = max(1, min(_MAX_TTL, int((deadline - now).total_seconds())))
        headers = {
            "Authorization": self._authorization(address.origin, vapid_key_id, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl),
            "Urgency": "high" if urgent else "normal",
            "Topic": base64.urlsafe_b64encode(hashlib.sha256(thread.encode()).digest()).decode()[:_TOPIC_LENGTH],
        }
        if address.host.endswith(".windows.com"):
            headers["X-WNS-Cache-Policy"] = "cache"
        return headers

    def _authorization(self, origin: str, vapid_key_id: str, now: datetime) -> str:
        header, expires = self._signed.get((origin, vapid_key_id), ("", now))
        if expires - now < _SIGN_AGAIN:
            key = self._vapid.signing_for(vapid_key_id)
            if key is None:  # a newer one than this process has read, or one that was retired just now
                raise TryLater("the device's subscription was made with a VAPID key that is not here")
            try:
                header, expires = key.sign(origin, self._contact, now), now + LIFETIME
            except CannotSign as error:
                raise Rejected(str(error), suspect=True) from None
            self._signed[origin, vapid_key_id] = header, expires
        return header


class _NotPublic(Exception):
    """A name that leads into the own network. Not an OSError: aiohttp would hide it in one of its own."""


class _PublicOnly(AbstractResolver):
    """Refuses names that lead to loopback, private or link-local addresses: no subscription may aim at our network."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(ipaddress.ip_address(each["host"].partition("%")[0]).is_global for each in found):
            raise _NotPublic
        return found

    async def close(self) -> None:
        await self._resolver.close()


def encrypted(p256dh: str, auth: str, content: bytes) -> bytes:
    """The body for one device (RFC 8291), each time with a new key. Raises Rejected for keys that are none."""
    try:
        body: bytes = _pusher(p256dh, auth).encode(content)["body"]
    except Exception as error:  # several libraries' errors come through; one bad row must not stop the others
        raise Rejected(f"the device's keys are not usable ({type(error).__name__})", suspect=True) from None
    return body


@lru_cache(_DEVICES_KEPT)
def _pusher(p256dh: str, auth: str) -> WebPusher:
    """Kept, since taking a device's keys apart costs an eighth of an encryption; it holds nothing that is sent.

    It wants an address and writes to none.
    """
    return WebPusher({"endpoint": "", "keys": {"p256dh": p256dh, "auth": auth}})


def _is_private_literal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _raise_for(status: int, retry_after: str | None, now: datetime) -> None:
    if 200 <= status < 300:
        return
    reason = f"the push service answered {status}"
    if status in {404, 410}:
        raise Gone(reason)
    if status in {406, 429}:  # Windows says 406 for "too many"
        raise TryLater(reason, _wait(retry_after, now))
    if status >= 500 or status == 408:
        raise TryLater(reason, _wait(retry_after, now))
    raise Rejected(reason, suspect=status in {400, 401, 403})


def _wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """Retry-After as seconds or as an HTTP date (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return timedelta(seconds=min(int(retry_after), _MAX_TTL))
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(timedelta(0), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)
