"""Connections that do not behave, many at once, from one thread."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """`received`: so far; `closed`: by the other end."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def sends(self, data: bytes) -> None:
        """As much of it as is taken at once."""
        try:
            self.socket.send(data)
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True

    def hears(self) -> None:
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        self.closed = self.closed or not data


@contextmanager
def lines_to(port: int, number: int) -> Iterator[list[Line]]:
    with ExitStack() as open_lines:
        lines = []
        for _ in range(number):
            connection = open_lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            connection.setblocking(False)
            lines.append(Line(connection))
        yield lines


def until_all_are_closed(lines: list[Line], each_second: Callable[[Line], None], within: float) -> None:
    """Go on misbehaving until the server has hung up on every line. Raises when it has not within `within` seconds."""
    deadline, next_turn = time.monotonic() + within, 0.0
    with selectors.DefaultSelector() as waiting:
        for line in lines:
            waiting.register(line.socket, selectors.EVENT_READ, line)
        while waiting.get_map():
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(waiting.get_map())} of {len(lines)} connections are still open")
            for key, _ in waiting.select(0.2):
                key.data.hears()
            if time.monotonic() >= next_turn:
                next_turn = time.monotonic() + 1
                for line in lines:
                    if not line.closed:
                        each_second(line)
            for line in lines:
                if line.closed and line.socket in waiting.get_map():
                    waiting.unregister(line.socket)
