"""The one door to `escpos`: the word on paper, where the center has a receipt printer. It is never in the way.

Without paper, power or network nothing is missing: the word is on the screen, and nobody is told of a printer.
"""

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk_client.flow import Flow
from shared_schema.form import LanguageTexts
from shared_schema.kiosk_api import KioskConfig

if TYPE_CHECKING:
    from escpos.escpos import Escpos

_PATIENCE = 5  # seconds for a printer in the network
_STAFF_LANGUAGE = "en"
_CODEPAGE = "cp858"  # western letters: every receipt printer has them

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Slip:
    """What is printed. Nothing that the participant answered."""

    site: str
    title: str
    word: str
    wait: str


def slip_of(flow: Flow, config: KioskConfig) -> Slip:
    """In the participant's language; in the staff's where a receipt printer has no letters for it."""
    own = _slip(flow, config, flow.texts)
    if _has_letters_for(own):
        return own
    return _slip(flow, config, flow.form.texts[_STAFF_LANGUAGE])


class Printing:
    """`place`: where the printer is now, as shared_schema.kiosk_api.Printer says it; empty for none."""

    def __init__(self, place: Callable[[], str]) -> None:
        self._place = place
        self._busy = threading.Lock()

    def start(self, slip: Slip) -> None:
        """Print in the background; returns at once. A printer that is still busy with the last one is left alone."""
        place = self._place()
        if place and self._busy.acquire(blocking=False):
            threading.Thread(target=self._print, args=(slip, place), name="printer", daemon=True).start()

    def _print(self, slip: Slip, place: str) -> None:
        try:
            put_on_paper(slip, place)
        except Exception as error:
            _log.warning("the word was not printed: %s", type(error).__name__)
        finally:
            self._busy.release()


def put_on_paper(slip: Slip, place: str) -> None:
    """Print now. Raises OSError where the printer cannot be reached."""
    # imported here, in the printer's thread: most kiosks have none, and it takes its time
    from escpos.printer import Dummy  # noqa: PLC0415

    paper = Dummy()
    compose(paper, slip)
    if place.startswith("tcp:"):
        host, _, port = place.removeprefix("tcp:").rpartition(":")
        with socket.create_connection((host, int(port)), _PATIENCE) as printer:
            printer.sendall(paper.output)
    else:
        with Path(place).open("wb") as device:
            device.write(paper.output)


def compose(printer: "Escpos", slip: Slip) -> None:
    """The slip on any printer of the library's."""
    printer.hw("INIT")
    printer.charcode("CP858")
    printer.set(align="center", normal_textsize=True)
    printer.text(f"{slip.site}\n\n{slip.title}\n")
    printer.set(align="center", bold=True, custom_size=True, width=2, height=3)
    printer.text(f"{slip.word}\n")
    printer.set(align="center", bold=False, normal_textsize=True)
    printer.text(f"\n{slip.wait}\n")
    printer.cut()


def _slip(flow: Flow, config: KioskConfig, texts: LanguageTexts) -> Slip:
    return Slip(
        site=config.site_name,
        title=texts.ui["ticket_title"],
        word=flow.form.ticket_text(flow.ticket, texts.language),
        wait=config.where_to_wait.get(texts.language) or texts.ui["where_to_wait"],
    )


def _has_letters_for(slip: Slip) -> bool:
    try:
        "".join((slip.title, slip.word, slip.wait)).encode(_CODEPAGE)
    except UnicodeEncodeError:
        return False
    return True
