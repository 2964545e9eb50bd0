"""A kiosk that posts as fast as the service takes it."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.people import EnrolledKiosk


class Flood:
    """Posts one body over and over, on several connections, without waiting for the answers in between."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._stopping = threading.Event()
        self._counting = threading.Lock()
        self._begun = time.monotonic()
        self.seconds = 0.0
        self.codes: dict[int, int] = {}

    @property
    def asked(self) -> int:
        return sum(self.codes.values())

    def wait_for(self, answers: int) -> None:
        while self.asked < answers:
            assert time.monotonic() - self._begun < 240
            time.sleep(0.05)

    def run(self) -> None:
        at_once = 20
        with socket.create_connection(("localhost", self._port), timeout=60) as line, line.makefile("rb") as answers:
            while not self._stopping.is_set():
                line.sendall(self._request * at_once)
                for _ in range(at_once):
                    self._note(_answer(answers))

    def stop(self) -> None:
        self._stopping.set()

    def _note(self, status: int) -> None:
        with self._counting:
            self.codes[status] = self.codes.get(status, 0) + 1
            self.seconds = time.monotonic() - self._begun


def _answer(answers: Any) -> int:
    """The status of the next answer, all of which is read; one without Retry-After is no refusal of ours."""
    head = b"".join(iter(answers.readline, b"\r\n"))
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = answers.read(int(length[1])) if length else b""
    status = int(head.split(b" ", 2)[1])
    assert status != 429 or (b"retry-after: " in head.lower() and b'"code":"too_fast"' in body)
    return status


@contextmanager
def flooding(port: int, kiosk: EnrolledKiosk, body: bytes) -> Iterator[Flood]:
    head = (
        f"POST {INTAKES_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {kiosk.credential}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    flood = Flood(port, head.encode() + body)
    with ThreadPoolExecutor(4) as lines:
        running = [lines.submit(flood.run) for _ in range(4)]
        try:
            yield flood
        finally:
            flood.stop()
    for each in running:
        each.result()
