"""A push service on loopback that speaks what Firefox speaks: WebSocket to the browser, RFC 8030 to the sender.

Browsers connect to `ws://127.0.0.1:PORT/` and register channels; whoever has a channel's endpoint posts messages to it.
"""

import base64
import json
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.push_service import Mailbox, Message, PushService
from tests.support.serving import served_in_a_thread


@dataclass(frozen=True)
class Ack:
    """The browser's word on a message: 100 delivered, 101 could not decrypt, 102 not delivered."""

    channel: str
    code: int


@dataclass
class PushServer(PushService):
    """`acks` grows while it runs."""

    port: int = 0
    acks: list[Ack] = field(default_factory=list)
    _connected: dict[str, web.WebSocketResponse] = field(default_factory=dict)

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for_ack(self, count: int = 1, within: float = 30.0) -> list[Ack]:
        """The first `count` acknowledgements of the browser, once they are there."""
        deadline = time.monotonic() + within
        while len(self.acks) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.acks)} of {count} messages acknowledged; {self.deliveries}")
            time.sleep(0.02)
        return self.acks[:count]

    def wait_until_away(self, within: float = 30.0) -> None:
        """Until no browser is connected: what is sent from then on has to wait for one."""
        deadline = time.monotonic() + within
        while self._connected:
            if time.monotonic() > deadline:
                raise TimeoutError("a browser is still connected")
            time.sleep(0.02)

    def forget_browsers(self) -> None:
        """As when the push service has lost them: at their next hello they are new, and have to register again."""
        for mailbox in self.mailboxes.values():
            mailbox.gone = True
            mailbox.owner = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/", self._browser)
        app.router.add_post("/push/{token}", self.take)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        try:
            yield
        finally:
            for socket in list(self._connected.values()):
                await socket.close()
            await runner.cleanup()

    async def hand_over(self, mailbox: Mailbox, message: Message) -> None:
        socket = self._connected.get(mailbox.owner)
        if socket is None:
            return
        await socket.send_json(
            {
                "messageType": "notification",
                "channelID": mailbox.id,
                "version": message.version,
                "data": base64.urlsafe_b64encode(message.body).rstrip(b"=").decode(),
                "headers": {"encoding": "aes128gcm"},
            }
        )

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
        known = {mailbox.owner for mailbox in self.mailboxes.values() if mailbox.owner}
        user_agent = said.get("uaid") if said.get("uaid") in known else uuid.uuid4().hex
        assert isinstance(user_agent, str)
        self._connected[user_agent] = socket
        await socket.send_json(
            {"messageType": "hello", "uaid": user_agent, "status": 200, "use_webpush": True, "broadcasts": {}}
        )
        for mailbox in self.mailboxes.values():
            if mailbox.owner == user_agent:
                for message in mailbox.still_worth_it():
                    await self.hand_over(mailbox, message)
        return user_agent

    async def _answer(self, socket: web.WebSocketResponse, user_agent: str, said: dict[str, Any]) -> None:
        match said.get("messageType"):
            case None | "ping":
                await socket.send_str("{}")
            case "register":
                token = secrets.token_urlsafe(24)
                self.mailboxes[token] = Mailbox(said["channelID"], user_agent, said.get("key"))
                await socket.send_json(
                    {
                        "messageType": "register",
                        "channelID": said["channelID"],
                        "status": 200,
                        "pushEndpoint": f"{self.origin}/push/{token}",
                    }
                )
            case "unregister":
                for mailbox in self.mailboxes.values():
                    mailbox.gone = mailbox.gone or mailbox.id == said["channelID"]
                await socket.send_json({"messageType": "unregister", "channelID": said["channelID"], "status": 200})
            case "ack":
                for update in said["updates"]:
                    for mailbox in self.mailboxes.values():
                        if mailbox.id == update["channelID"]:
                            mailbox.waiting.pop(update["version"], None)
                    self.acks.append(Ack(update["channelID"], update.get("code", 100)))


@contextmanager
def running_push_server() -> Iterator[PushServer]:
    """Run one on a free loopback port, in a thread of its own."""
    server = PushServer()
    with served_in_a_thread(server.serving, "push server"):
        yield server
