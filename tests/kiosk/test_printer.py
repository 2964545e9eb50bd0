"""The word on paper, through real sinks; a printer that is broken is in nobody's way."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from escpos.printer import Dummy

from kiosk_client import printer as printer_module
from kiosk_client.flow import Flow
from kiosk_client.printer import Printing, Slip, compose, put_on_paper, slip_of
from shared_schema.form import load_form
from tests.kiosk.intakes import NOW, a_config
from tests.support.service import free_port

SLIP = Slip("Harbor House", "Su palabra es", "Montaña 7", "Puede sentarse cerca de aquí.")


def composed(slip: Slip) -> bytes:
    """As the library's own pretended printer gets it."""
    dummy = Dummy()
    compose(dummy, slip)
    output: bytes = dummy.output
    return output


@contextmanager
def paper() -> Iterator[tuple[int, list[bytes]]]:
    """A printer in the network: its port, and what came on each connection."""
    sheets: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, connection.makefile("rb") as printed:
                    sheets.append(printed.read())

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listener.getsockname()[1], sheets
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def a_flow(language: str) -> Flow:
    flow = Flow(load_form())
    flow.begin(language, "mountain-7", UUID(int=1), NOW)
    for _ in range(3):
        flow.skip()
    for letter in "Zuleika":
        flow.type(letter)
    flow.next()
    return flow


def test_the_slip_has_the_word_large_and_where_to_wait() -> None:
    output = composed(SLIP)

    large = output.index(b"\x1d!\x12")  # GS ! n: twice as wide, three times as high
    assert large < output.index("Montaña 7".encode("cp858"))
    assert "Puede sentarse cerca de aquí.".encode("cp858") in output
    assert output.endswith(b"\x1dV\x00")  # cut


def test_nothing_that_was_answered_is_on_it() -> None:
    slip = slip_of(a_flow("en"), a_config())

    assert slip == Slip("Harbor House", "Your word is", "Mountain 7", "Please sit nearby.")
    assert "Zuleika" not in str(slip)


def test_it_is_in_the_participants_language_and_says_what_the_site_says() -> None:
    config = a_config(where_to_wait={"es": "En el sofá azul."})

    slip = slip_of(a_flow("es"), config)

    assert (slip.title, slip.word, slip.wait) == ("Su palabra es", "Montaña 7", "En el sofá azul.")


def test_where_the_printer_has_no_letters_it_is_in_the_staffs_language() -> None:
    config = a_config(where_to_wait={"es": "На диване."})

    assert slip_of(a_flow("es"), config).word == "Mountain 7"


def test_a_printer_in_the_network_gets_it_whole() -> None:
    with paper() as (port, sheets):
        put_on_paper(SLIP, f"tcp:127.0.0.1:{port}")

        eventually(lambda: sheets == [composed(SLIP)])


def test_a_printer_on_a_cable_gets_it_whole(tmp_path: Path) -> None:
    device = tmp_path / "lp0"

    put_on_paper(SLIP, str(device))

    assert device.read_bytes() == composed(SLIP)


def test_without_a_printer_nothing_is_started() -> None:
    Printing(lambda: "").start(SLIP)

    assert "printer" not in {thread.name for thread in threading.enumerate()}


def test_it_is_printed_while_the_kiosk_goes_on() -> None:
    with paper() as (port, sheets):
        printing = Printing(lambda: f"tcp:127.0.0.1:{port}")
        printing.start(SLIP)
        eventually(lambda: len(sheets) == 1)
        eventually(lambda: not printing._busy.locked())
        printing.start(SLIP)
        eventually(lambda: len(sheets) == 2)


def test_a_printer_that_is_not_there_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    for place in (f"tcp:127.0.0.1:{free_port()}", str(tmp_path / "no" / "lp0")):
        printing = Printing(lambda place=place: place)  # type: ignore[misc]
        with caplog.at_level(logging.WARNING, "kiosk_client.printer"):
            printing.start(SLIP)
            eventually(lambda printing=printing: not printing._busy.locked())  # type: ignore[misc]

    assert len(caplog.records) == 2
    assert all("the word was not printed" in record.message for record in caplog.records)
    assert "Montaña" not in caplog.text


def test_a_printer_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer_module, "_PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:  # nobody accepts
        printing = Printing(lambda: f"tcp:127.0.0.1:{listener.getsockname()[1]}")
        before = time.monotonic()
        for _ in range(5):
            printing.start(SLIP)

        assert time.monotonic() - before < 30
        eventually(lambda: not printing._busy.locked())
