"""A server on loopback that answers as it is told, also as no server should. What it was asked is kept."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

_PATIENCE = 30.0  # seconds: the longest that any behaviour goes on

Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Asked:
    """A request as it came. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class MisbehavingServer:
    """`behaves`: what it does next, one after another; the last one stays."""

    behaves: list[Behaviour]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self, *behaviours: Behaviour) -> None:
        with self._lock:
            self.behaves = list(behaviours)

    def note(self, asked: Asked) -> Behaviour:
        with self._lock:
            self.asked.append(asked)
            return self.behaves.pop(0) if len(self.behaves) > 1 else self.behaves[0]


def answers(status: int, body: bytes = b"", /, **headers: str) -> Behaviour:
    """A proper answer. `headers`: with underscores for dashes."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sends("\r\n".join([*lines, "", ""]).encode() + body)


def sends(content: bytes) -> Behaviour:
    """Exactly these bytes, then the end."""
    return lambda connection, _stop: connection.sendall(content)


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    """The same, but later."""

    def wait(connection: socket.socket, stop: threading.Event) -> None:
        stop.wait(seconds)
        behaviour(connection, stop)

    return wait


def hangs(connection: socket.socket, stop: threading.Event) -> None:
    """Not a word."""
    stop.wait(_PATIENCE)


def drips(status: int) -> Behaviour:
    """One byte of its body every tenth of a second, for ever."""

    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(f"HTTP/1.1 {status} Slow\r\nContent-Length: 100000\r\n\r\n".encode())
        for _ in range(int(_PATIENCE * 10)):
            if stop.wait(0.1):
                return
            connection.sendall(b" ")

    return drip


def never_ends(status: int) -> Behaviour:
    """A body as large as one cares to read, up to 256 MiB."""

    def pour(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(f"HTTP/1.1 {status} Large\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(256):
            if stop.is_set():
                return
            connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    return pour


@contextmanager
def misbehaving_server(*behaves: Behaviour) -> Iterator[MisbehavingServer]:
    stop = threading.Event()
    server = MisbehavingServer(list(behaves))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threads = [threading.Thread(target=_listen, args=(listener, server, stop), name="misbehaving")]
        threads[0].start()
        try:
            yield server
        finally:
            stop.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            threads[0].join()


def _listen(listener: socket.socket, server: MisbehavingServer, stop: threading.Event) -> None:
    talking = []
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        talk = threading.Thread(target=_talk, args=(connection, server, stop), name="misbehaving-connection")
        talk.start()
        talking.append(talk)
    for talk in talking:
        talk.join()


def _talk(connection: socket.socket, server: MisbehavingServer, stop: threading.Event) -> None:
    connection.settimeout(_PATIENCE)
    with connection, suppress(OSError):
        asked = _read(connection)
        if asked is not None:
            server.note(asked)(connection, stop)


def _read(connection: socket.socket) -> Asked | None:
    with connection.makefile("rb") as incoming:
        words = incoming.readline().decode("latin-1").split()
        if len(words) != 3:
            return None
        headers = {}
        for line in iter(incoming.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return Asked(words[0], words[1], headers, incoming.read(int(headers.get("content-length", "0"))))
