"""The real server process under connections that are slow, large or many: it stays itself, and kiosks get through."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from intake_service.keys import Keys
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.center import Center
from tests.intake_service.people import a_record, sealed
from tests.intake_service.security.conftest import Tally
from tests.intake_service.security.lines import Line, lines_to, until_all_are_closed
from tests.support.service import Service, running_service

# What is read from a connection does not depend on the database. test_server.py tries the same in short.
pytestmark = [
    pytest.mark.security_long,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

MANY = 300
MEGABYTE = 1024 * 1024
WITHIN = 120.0  # seconds, on two busy cores
MOST_CONNECTIONS = 400


@pytest.fixture
def process(database_url: str, center: Center, tmp_path: Path) -> Iterator[Service]:
    """Serves the center."""
    few = {"WARM_HANDOFF_MAX_CONNECTIONS": str(MOST_CONNECTIONS)}
    with running_service(tmp_path, database_url, worker_inside=False, settings=few) as service:
        yield service


def sends_an_intake(service: Service, center: Center, keys: Keys) -> int:
    body = sealed(a_record(), keys.service_key).model_dump(mode="json")
    with httpx.Client(base_url=service.url, timeout=WITHIN, trust_env=False) as client:
        return client.post(INTAKES_PATH, json=body, headers=center.kiosk.headers).status_code


def say_nothing(_line: Line) -> None:
    """Just be there."""


def memory(service: Service) -> int:
    assert service.process is not None
    return int(psutil.Process(service.process.handle.pid).memory_info().rss)


def test_headers_that_trickle_hold_nobody_up(process: Service, center: Center, keys: Keys, tally: Tally) -> None:
    with lines_to(process.port, MANY) as lines:
        for line in lines:
            line.sends(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert sends_an_intake(process, center, keys) == 201

        until_all_are_closed(lines, lambda line: line.sends(b"x"), WITHIN)

        assert {bytes(line.received) for line in lines} == {b""}
    assert sends_an_intake(process, center, keys) == 201
    tally("slow-loris connections: headers, one byte a second", MANY)


def test_bodies_that_trickle_hold_nobody_up(process: Service, center: Center, keys: Keys, tally: Tally) -> None:
    heads = {
        "kiosk": f"POST {INTAKES_PATH} HTTP/1.1\r\nAuthorization: Bearer {center.kiosk.credential}\r\n"
        "Content-Type: application/json\r\n",
        "stranger": "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
    }
    with lines_to(process.port, MANY) as lines:
        for line, head in zip(lines, list(heads.values()) * MANY, strict=False):
            line.sends(f"{head}Host: localhost\r\nContent-Length: 60000\r\n\r\n{{".encode())
        assert sends_an_intake(process, center, keys) == 201

        until_all_are_closed(lines, lambda line: line.sends(b" "), WITHIN)

        assert {bytes(line.received[:12]) for line in lines} == {b"HTTP/1.1 408"}
    assert sends_an_intake(process, center, keys) == 201
    tally("slow-loris connections: bodies, one byte a second", MANY)


def test_a_hundred_megabytes_are_never_held(process: Service, center: Center, keys: Keys, tally: Tally) -> None:
    before = memory(process)
    answers: list[bytes] = []
    for path, content in ((INTAKES_PATH, "application/json"), ("/sign-in", "application/x-www-form-urlencoded")):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content}\r\n"
        head += f"Authorization: Bearer {center.kiosk.credential}\r\n"
        for length in (f"Content-Length: {100 * MEGABYTE}", "Transfer-Encoding: chunked"):
            whole_head = f"{head}{length}\r\n\r\n".encode()
            with ThreadPoolExecutor(4) as senders:
                answers += senders.map(lambda head: of_a_hundred_megabytes(process.port, head), [whole_head] * 4)

    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 413"}
    assert memory(process) - before < 30 * MEGABYTE
    assert sends_an_intake(process, center, keys) == 201
    tally("bodies of 100 MB", len(answers))


def of_a_hundred_megabytes(port: int, head: bytes) -> bytes:
    """The answer. The whole body is sent whatever comes meanwhile, unless the server hangs up."""
    piece = b" " * MEGABYTE
    if b"chunked" in head:
        piece = b"%x\r\n" % MEGABYTE + piece + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as line:
        line.sendall(head)
        try:
            for _ in range(100):
                line.sendall(piece)
        except OSError:
            pass  # hung up on: what it answered before is there to be read
        return line.recv(65536)


def test_beyond_the_most_connections_the_answer_is_to_come_again(
    process: Service, center: Center, keys: Keys, tally: Tally
) -> None:
    with lines_to(process.port, MOST_CONNECTIONS) as lines:
        assert sends_an_intake(process, center, keys) == 503
        until_all_are_closed(lines, say_nothing, WITHIN)

    assert sends_an_intake(process, center, keys) == 201
    tally("connections beyond the limit", MOST_CONNECTIONS)
