"""The server's limits: nobody holds a connection who does not get on with it."""

import socket
from collections.abc import Iterator

import pytest

from intake_service import server
from intake_service.guards import MAX_BODY
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.live import Service

# What is read from a connection does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

SOON = 0.5  # seconds


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_HEADERS_WITHIN", SOON)
    monkeypatch.setattr(server, "_READS_WITHIN", SOON)


@pytest.fixture
def line(service: Service) -> Iterator[socket.socket]:
    with a_line(service) as line:
        yield line


def a_line(service: Service, buffer: int | None = None) -> socket.socket:
    line = socket.socket()
    if buffer is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    line.settimeout(30)
    line.connect(("127.0.0.1", int(service.url.rpartition(":")[2])))
    return line


def all_of(line: socket.socket) -> bytes:
    """What comes until the other end closes."""
    received = b""
    while more := line.recv(65536):
        received += more
    return received


def test_who_says_nothing_is_hung_up_on(line: socket.socket) -> None:
    assert all_of(line) == b""


def test_headers_that_never_end_are_not_waited_for(line: socket.socket) -> None:
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

    assert all_of(line) == b""


def test_one_answer_buys_no_more_time_for_the_next_headers(line: socket.socket) -> None:
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HT")

    assert all_of(line).startswith(b"HTTP/1.1 200 OK")


def test_headers_beyond_all_measure_are_refused(line: socket.socket) -> None:
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 70_000)

    assert all_of(line).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_says_how_large_it_is_is_refused_unread(line: socket.socket) -> None:
    head = f"POST {INTAKES_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    line.sendall(head.encode())

    assert all_of(line).startswith(b"HTTP/1.1 413 ")


def test_who_takes_no_answers_is_hung_up_on(service: Service) -> None:
    with a_line(service, buffer=2048) as line, pytest.raises((ConnectionResetError, BrokenPipeError)):
        asked = b"GET /static/console.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000
        while True:
            line.sendall(asked)


@pytest.mark.parametrize(("method", "path"), [("TRACE", "/sign-in"), ("TRACE", "/static/"), ("GET", "/static/")])
def test_no_folder_is_listed_and_no_trace_answered(service: Service, method: str, path: str) -> None:
    answer = service.client.request(method, path, headers={"X-Told": "what was sent"})

    assert answer.status_code in {404, 405}
    assert "what was sent" not in answer.text


def test_websockets_are_not_spoken(line: socket.socket) -> None:
    line.sendall(
        b"GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )

    assert all_of(line).startswith(b"HTTP/1.1 401 ")
