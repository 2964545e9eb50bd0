import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifications import webpush
from notifications.failures import Gone, Rejected, SendError, TryLater
from notifications.vapid import VapidKeys, load_all, load_or_create
from notifications.webpush import PushSender
from tests.notifications.devices import NOW, Device
from tests.support.misbehaving import (
    Behaviour,
    MisbehavingServer,
    answers,
    drips,
    hangs,
    misbehaving_server,
    never_ends,
    sends,
)
from tests.support.push_service import check_vapid

CONTENT = b'{"notification": {"title": "Somebody is waiting"}}'


@pytest.fixture
def vapid(tmp_path: Path) -> VapidKeys:
    return load_all(tmp_path)


@pytest.fixture
def service() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(201)) as server:
        yield server


def send(
    vapid: VapidKeys, endpoint: str, device: Device | None = None, *, allow_private: bool = True, now: datetime = NOW
) -> None:
    """One message, as the worker sends it."""
    device = device or Device()

    async def one() -> None:
        async with PushSender(vapid, "mailto:operator@center.example", allow_private=allow_private) as sender:
            deadline = now + timedelta(minutes=30)
            await sender.send(endpoint, device.p256dh, device.auth, CONTENT, "alert-7", deadline, now)

    asyncio.run(one())


def test_only_the_device_can_read_it(vapid: VapidKeys, service: MisbehavingServer) -> None:
    device = Device()
    send(vapid, f"{service.url}/push/1", device)

    body = service.asked[0].body
    assert b"waiting" not in body
    assert device.read(body) == {"title": "Somebody is waiting"}


def test_it_says_how_long_it_matters_and_who_sends_it(vapid: VapidKeys, service: MisbehavingServer) -> None:
    send(vapid, f"{service.url}/push/1", now=datetime.now(UTC))

    headers = service.asked[0].headers
    assert (headers["ttl"], headers["urgency"], headers["content-encoding"]) == ("1800", "high", "aes128gcm")
    assert len(headers["topic"]) == 32
    check_vapid(headers["authorization"], service.url, vapid.public_key)


@pytest.mark.parametrize(
    ("behaviour", "kind", "after", "suspect"),
    [
        (answers(404), Gone, None, None),
        (answers(410), Gone, None, None),
        (answers(429, Retry_After="17"), TryLater, timedelta(seconds=17), None),
        (answers(429, Retry_After="Mon, 23 Nov 2026 09:31:00 GMT"), TryLater, timedelta(seconds=60), None),
        (answers(429, Retry_After="soon"), TryLater, None, None),
        (answers(503, Retry_After="5"), TryLater, timedelta(seconds=5), None),
        (answers(500), TryLater, None, None),
        (answers(413), Rejected, None, False),
        (answers(400), Rejected, None, True),
        (answers(401), Rejected, None, True),
        (answers(403), Rejected, None, True),
        (sends(b"SSH-2.0-not-http\r\n"), TryLater, None, None),
        (sends(b""), TryLater, None, None),
    ],
)
def test_every_answer_has_its_meaning(
    vapid: VapidKeys,
    service: MisbehavingServer,
    behaviour: Behaviour,
    kind: type[SendError],
    after: timedelta | None,
    suspect: bool | None,
) -> None:
    service.behave(behaviour)

    with pytest.raises(SendError) as caught:
        send(vapid, f"{service.url}/push/1")

    assert type(caught.value) is kind
    assert getattr(caught.value, "after", None) == after
    assert getattr(caught.value, "suspect", None) == suspect
    assert service.url not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(vapid: VapidKeys, service: MisbehavingServer, status: int) -> None:
    with misbehaving_server(answers(201)) as elsewhere:
        service.behave(answers(status, Location=f"{elsewhere.url}/push/1"))
        with pytest.raises(Rejected):
            send(vapid, f"{service.url}/push/1")

        assert elsewhere.asked == []


@pytest.mark.parametrize("behaviour", [hangs, drips(500)])
def test_a_slow_service_holds_nobody_up(
    vapid: VapidKeys, service: MisbehavingServer, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webpush, "_TOTAL_TIMEOUT", 0.5)
    service.behave(behaviour)
    begun = time.monotonic()

    with pytest.raises(TryLater):
        send(vapid, f"{service.url}/push/1")

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("behaviour", [drips(201), never_ends(201)])
def test_an_answer_without_end_is_not_read_to_its_end(
    vapid: VapidKeys, service: MisbehavingServer, behaviour: Behaviour
) -> None:
    service.behave(behaviour)
    begun = time.monotonic()

    send(vapid, f"{service.url}/push/1")

    assert time.monotonic() - begun < 5


def test_a_service_that_is_not_there_is_tried_later(vapid: VapidKeys) -> None:
    with misbehaving_server(answers(201)) as gone:
        endpoint = f"{gone.url}/push/1"
    with pytest.raises(TryLater):
        send(vapid, endpoint)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://[::1]:{}/"])
def test_nothing_is_sent_into_the_own_network(vapid: VapidKeys, service: MisbehavingServer, endpoint: str) -> None:
    with pytest.raises(Rejected) as caught:
        send(vapid, endpoint.format(service.port), allow_private=False)

    assert caught.value.suspect
    assert service.asked == []


@pytest.mark.parametrize(
    "endpoint", ["", "http://", "http://[damaged", "not an address", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"]
)
def test_an_unusable_address_is_no_reason_to_try_again(vapid: VapidKeys, endpoint: str) -> None:
    with pytest.raises(Rejected):
        send(vapid, endpoint)


def test_each_device_is_written_to_with_the_key_that_it_subscribed_with(
    tmp_path: Path, service: MisbehavingServer
) -> None:
    first = load_or_create(tmp_path / "vapid.key")
    second = load_or_create(tmp_path / "vapid-1.key")
    keys = load_all(tmp_path)
    assert keys.public_key == second.public_key
    device, now = Device(), datetime.now(UTC)

    async def each() -> None:
        async with PushSender(keys, "mailto:operator@center.example", allow_private=True) as sender:
            for key_id in (first.key_id, second.key_id, ""):
                deadline = now + timedelta(minutes=30)
                reach = (f"{service.url}/1", device.p256dh, device.auth)
                await sender.send(*reach, CONTENT, "alert-7", deadline, now, vapid_key_id=key_id)

    asyncio.run(each())

    for asked, key in zip(service.asked, (first, second, first), strict=True):
        check_vapid(asked.headers["authorization"], service.url, key.public_key)


def test_a_key_that_is_not_here_may_come_with_a_restart(vapid: VapidKeys, service: MisbehavingServer) -> None:
    device, deadline = Device(), NOW + timedelta(minutes=30)

    async def once() -> None:
        async with PushSender(vapid, "mailto:operator@center.example", allow_private=True) as sender:
            reach = (f"{service.url}/1", device.p256dh, device.auth)
            await sender.send(*reach, CONTENT, "alert-7", deadline, NOW, vapid_key_id="of another key")

    with pytest.raises(TryLater):
        asyncio.run(once())
    assert service.asked == []


def test_a_token_is_signed_once_for_each_service(vapid: VapidKeys, service: MisbehavingServer) -> None:
    device = Device()

    async def several() -> None:
        async with PushSender(vapid, "mailto:operator@center.example", allow_private=True) as sender:
            for hours in (0, 10.9, 11.1):
                now = NOW + timedelta(hours=hours)
                deadline = now + timedelta(minutes=30)
                await sender.send(f"{service.url}/1", device.p256dh, device.auth, CONTENT, "alert-7", deadline, now)

    asyncio.run(several())

    first, second, third = (asked.headers["authorization"] for asked in service.asked)
    assert first == second != third
