"""A way between kiosk and service on loopback that can be cut: at an answer, or altogether."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PATIENCE = 30.0  # seconds


@dataclass
class Middleman:
    """`on_answer`: called with the first bytes of each answer before they go on; False cuts the connection instead.

    `answers`: the status lines that the service gave, those that were cut too. `tls`: how it speaks to the kiosk.
    """

    to_port: int
    tls: ssl.SSLContext | None = None
    port: int = 0
    on_answer: Callable[[bytes], bool] = lambda _answer: True
    answers: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"


@contextmanager
def middleman(to_port: int, tls: ssl.SSLContext | None = None) -> Iterator[Middleman]:
    between = Middleman(to_port, tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        between.port = listener.getsockname()[1]
        thread = threading.Thread(target=_listen, args=(listener, between), name="middleman")
        thread.start()
        try:
            yield between
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _listen(listener: socket.socket, between: Middleman) -> None:
    carrying = []
    while True:
        try:
            kiosk, _ = listener.accept()
        except OSError:
            break
        carry = threading.Thread(target=_carry, args=(kiosk, between), name="middleman-connection")
        carry.start()
        carrying.append((carry, kiosk))
    for carry, kiosk in carrying:
        with suppress(OSError):
            kiosk.shutdown(socket.SHUT_RDWR)
        carry.join()


def _carry(plain: socket.socket, between: Middleman) -> None:
    with plain, suppress(OSError), _greeted(plain, between) as kiosk:
        service = socket.create_connection(("127.0.0.1", between.to_port), _PATIENCE)
        service.settimeout(None)
        with service:
            asking = threading.Thread(target=_pump, args=(kiosk, service), name="middleman-asking")
            asking.start()
            while part := _received(service):
                if part.startswith(b"HTTP/1.1 "):
                    between.answers.append(part.split(b"\r\n", 1)[0])
                    if not between.on_answer(part):
                        break
                kiosk.sendall(part)
            for end in (kiosk, service):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            asking.join()


def _greeted(plain: socket.socket, between: Middleman) -> socket.socket:
    if between.tls is None:
        return plain
    plain.settimeout(_PATIENCE)
    kiosk = between.tls.wrap_socket(plain, server_side=True)
    kiosk.settimeout(None)
    return kiosk


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := _received(source):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(64 * 1024)
    except OSError:
        return b""
