"""The whole intake without sight and without touch: only keys in, only what is said out."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kiosk_client.spool import Spool
from shared_schema.form import load_form
from shared_schema.intake import Answer, IntakeRecord
from shared_schema.sealing import open_envelope
from tests.kiosk.by_ear import NAME, PHONE, Listener
from tests.kiosk.offscreen import OffscreenKiosk
from tests.kiosk.pairing import pair_offline
from tests.kiosk.window import running_kiosk
from tests.support.xvfb import virtual_screen

FORM = load_form()
WANTED = {
    "urgent": ("tonight",),
    "been-here": ("not-sure",),
    "brings-you": ("housing", "company"),
    "help-today": ("ongoing",),
    "talk-with": ("woman",),
    "reach": ("phone",),
    "phone-ok": ("text", "call"),
    "easier": ("quiet",),
    "adult": ("yes",),
    "consent": ("agree",),
}
KEYS = {"down": "Down", "right": "Right", "ok": "Return"}


@pytest.fixture(scope="module")
def offscreen() -> Iterator[OffscreenKiosk]:
    with OffscreenKiosk() as kiosk:
        yield kiosk


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_intake_is_done_by_ear_and_keypad(offscreen: OffscreenKiosk, language: str) -> None:
    offscreen.begin()
    listener = Listener(FORM, language, offscreen.press, lambda: offscreen.voice.words)

    word = listener.do_an_intake()

    assert word == FORM.ticket_text("maple-7", language)
    require_wanted(offscreen.handed_in[-1])
    require_all_reviewed(listener)


@pytest.mark.timeout(300)
def test_an_intake_is_done_by_ear_and_a_real_keyboard_on_a_real_window(tmp_path: Path) -> None:
    key = pair_offline(tmp_path / "state")
    with virtual_screen() as display, running_kiosk(display, tmp_path, written=True) as kiosk:
        kiosk.wait_for_window()
        listener = Listener(FORM, "es", lambda name: kiosk.press(KEYS.get(name, name)), lambda: kiosk.heard)
        word = listener.do_an_intake()

    spool = Spool(tmp_path / "state" / "spool.sqlite3")
    held = spool.next()
    spool.close()
    assert held is not None
    opened = open_envelope(held.sealed.envelope, held.sealed.intake_id, {key.public().key_id: key})
    record = IntakeRecord.model_validate_json(opened)
    assert word == FORM.ticket_text(record.ticket, "es")
    require_wanted(record.answers)
    require_all_reviewed(listener)


def require_wanted(answers: Mapping[str, Answer]) -> None:
    assert {item: answer.choices for item, answer in answers.items() if answer.choices} == WANTED
    assert (answers["name"].text, answers["phone"].text) == (NAME, f"+1{PHONE}")


def require_all_reviewed(listener: Listener) -> None:
    """Each answer was heard beside its question before it was sent, what was typed by its letters as well."""
    texts = FORM.texts[listener.language]
    letters = [texts.ui["key_space"] if letter == " " else letter for letter in NAME]
    assert heard_in_a_row(listener.review, [texts.screens["name"].short, NAME, *letters])
    assert heard_in_a_row(listener.review, list(PHONE))
    for screen, choices in WANTED.items():
        said = ", ".join(texts.screens[screen].choices[choice] for choice in choices)
        assert heard_in_a_row(listener.review, [texts.screens[screen].short, said])


def heard_in_a_row(heard: list[str], wanted: list[str]) -> bool:
    return any(heard[at : at + len(wanted)] == wanted for at in range(len(heard)))
