"""What stands behind Chromium's push messages, on loopback: all of the way but Google.

Four doors: check-in and registration (HTTP), the Mobile Connection Server that the browser stays connected to (TLS),
the endpoint at `https://fcm.googleapis.com/fcm/send/...`, and a proxy that brings a sender there: Chromium writes that
host into every endpoint, so a sender must be made to find ours. Whoever goes by the proxy checks our certificate for
Google's name, with the test's authority in place of the public ones.
"""

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.support import mcs
from tests.support.certificates import Certificates, certificates_for
from tests.support.mcs import Fixed64, Kind, Value
from tests.support.push_service import Mailbox, Message, PushService
from tests.support.serving import served_in_a_thread

_HOSTS = ("fcm.googleapis.com", "jmt17.google.com")  # of released Chrome, and of every other build
_LONGEST_FRAME = 1 << 16


@dataclass
class GooglePush(PushService):
    """`certificates`: for the names in it, signed by the test's own authority."""

    certificates: Certificates = field(kw_only=True)
    web_port: int = 0
    mcs_port: int = 0
    fcm_port: int = 0
    proxy_port: int = 0
    _connected: dict[str, asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def proxy(self) -> str:
        """By this proxy a sender finds the endpoints, and nothing else."""
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def switches(self) -> list[str]:
        """What a Chromium is started with, to have its push messages from here."""
        return [
            f"--gcm-checkin-url=http://127.0.0.1:{self.web_port}/checkin",
            f"--gcm-registration-url=http://127.0.0.1:{self.web_port}/register",
            f"--gcm-mcs-endpoint=https://localhost:{self.mcs_port}",
            "--ignore-certificate-errors",
        ]

    def wait_until_away(self, within: float = 30.0) -> None:
        """Until no browser is connected: what is sent from then on has to wait for one."""
        deadline = time.monotonic() + within
        while self._connected:
            if time.monotonic() > deadline:
                raise TimeoutError("a browser is still connected")
            time.sleep(0.02)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self.certificates.chain)
        runners = [web.AppRunner(app, shutdown_timeout=1) for app in (self._google(), self._fcm())]
        connections = await asyncio.start_server(self._browser, "127.0.0.1", self.mcs_port, ssl=tls)
        proxy = await asyncio.start_server(self._bring, "127.0.0.1", 0)
        self.mcs_port, self.proxy_port = (each.sockets[0].getsockname()[1] for each in (connections, proxy))
        for runner, context in zip(runners, (None, tls), strict=True):
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        self.web_port, self.fcm_port = (runner.addresses[0][1] for runner in runners)
        try:
            yield
        finally:
            for server in (connections, proxy):
                server.close()
            for writer in list(self._connected.values()):
                writer.close()
            for runner in runners:
                await runner.cleanup()

    # -- registration: the browser gets an identity, then a token for each subscription

    def _google(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/checkin", self._check_in)
        app.router.add_post("/register", self._register)
        return app

    async def _check_in(self, request: web.Request) -> web.Response:
        said = mcs.decode(await request.read())
        known = said.get(2, [0])[0]
        device = int(known) if isinstance(known, int) and known else secrets.randbits(62)
        now = int(time.time() * 1000)
        secret = secrets.randbits(62)
        answer: list[tuple[int, Value]] = [(1, 1), (3, now), (7, Fixed64(device)), (8, Fixed64(secret))]
        return web.Response(body=mcs.encode(answer), content_type="application/x-protobuf")

    async def _register(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        token = secrets.token_urlsafe(24)
        if "X-subtype" not in form:  # the browser itself registers, too
            return web.Response(text=f"token={token}")
        app = form["X-subtype"]
        if form.get("delete") == "true":
            for mailbox in self.mailboxes.values():
                mailbox.gone = mailbox.gone or mailbox.id == app
            return web.Response(text=f"token={form['app']}")
        self.mailboxes[token] = Mailbox(app, form["device"], form["sender"])
        return web.Response(text=f"token={token}")

    # -- the connection that messages come by; what the browser has, it says at the beginning of its next one

    async def _browser(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        device = ""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readexactly(1)  # the version
            writer.write(bytes([mcs.VERSION]))
            while True:
                kind, content = await mcs.read_frame(reader)
                if kind == Kind.LOGIN_REQUEST:
                    device = await self._log_in(writer, content)
                elif kind == Kind.HEARTBEAT_PING:
                    writer.write(mcs.frame(Kind.HEARTBEAT_ACK, b""))
                elif kind == Kind.CLOSE:
                    break
        if self._connected.get(device) is writer:
            del self._connected[device]
        writer.close()

    async def _log_in(self, writer: asyncio.StreamWriter, content: bytes) -> str:
        said = mcs.decode(content)
        user = said[3][0]
        assert isinstance(user, bytes)
        device = user.decode()
        self._connected[device] = writer
        taken = {each.decode() for each in said.get(10, []) if isinstance(each, bytes)}
        writer.write(mcs.frame(Kind.LOGIN_RESPONSE, mcs.encode([(1, "tests"), (8, int(time.time() * 1000))])))
        for mailbox in self.mailboxes.values():
            if mailbox.owner == device:
                for version in taken:
                    mailbox.waiting.pop(version, None)
                for message in mailbox.still_worth_it():
                    await self.hand_over(mailbox, message)
        return device

    async def hand_over(self, mailbox: Mailbox, message: Message) -> None:
        writer = self._connected.get(mailbox.owner)
        if writer is None:
            return
        data: list[tuple[int, Value]] = [
            (3, mailbox.key or ""),  # from
            (5, "org.chromium.linux"),  # category
            (7, mcs.encode([(1, "subtype"), (2, mailbox.id)])),  # app data
            (7, mcs.encode([(1, "content-encoding"), (2, "aes128gcm")])),
            (9, message.version),  # persistent id
            (17, max(0, int(message.expires - time.monotonic()))),  # time to live
            (18, int(time.time() * 1000)),  # sent
            (21, message.body),  # raw data
        ]
        writer.write(mcs.frame(Kind.DATA_MESSAGE, mcs.encode(data)))

    # -- the sender's side

    def _fcm(self) -> web.Application:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/fcm/send/{token}", self.take)
        return app

    async def _bring(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if not asked.startswith(tuple(f"CONNECT {host}:443 ".encode() for host in _HOSTS)):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        there, away = await asyncio.open_connection("127.0.0.1", self.fcm_port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, away), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(_LONGEST_FRAME):
            sink.write(data)
            await sink.drain()
    sink.close()


@contextmanager
def running_google_push(folder: Path) -> Iterator[GooglePush]:
    """Run one on free loopback ports, in a thread of its own. `folder` takes the certificates."""
    service = GooglePush(certificates=certificates_for(folder, *_HOSTS, "localhost"))
    with served_in_a_thread(service.serving, "stand-in for Google's push service"):
        yield service
