"""From a finished intake to a sealed one on the disk."""

from pathlib import Path
from uuid import UUID

import pytest

from kiosk_client.flow import Flow
from kiosk_client.handing_in import hand_in
from kiosk_client.spool import Spool
from shared_schema.form import load_form
from shared_schema.intake import SKIPPED, IntakeRecord
from shared_schema.kiosk_api import ServiceKey
from shared_schema.sealing import OpeningKey, open_envelope
from tests.kiosk.intakes import NOW
from tests.kiosk.test_spool import disk_that_takes, on_disk

KEY = OpeningKey.generate()
ID = UUID("019ab000-0000-7000-8000-000000000001")


@pytest.fixture
def flow() -> Flow:
    """Zuleika has typed her name and asks for a person."""
    flow = Flow(load_form())
    flow.begin("es", "maple-7", ID, NOW)
    for _ in range(3):
        flow.skip()
    for letter in "Zuleika":
        flow.type(letter)
    flow.next()
    flow.talk()
    flow.confirm()
    return flow


def test_it_is_sealed_on_the_disk_and_the_sender_is_woken(flow: Flow, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite3")
    woken: list[int] = []

    assert hand_in(flow, spool, KEY.public(), lambda: woken.append(spool.counts().held), NOW)

    assert woken == [1]
    held = spool.next()
    assert held is not None
    plaintext = open_envelope(held.sealed.envelope, ID, {KEY.public().key_id: KEY})
    record = IntakeRecord.model_validate_json(plaintext, strict=True)
    assert (record.id, record.language, record.express) == (ID, "es", True)
    assert set(record.answers.values()) == {SKIPPED}  # whoever would rather talk tells nothing else
    assert held.proof == record.expected_proof()
    assert spool.recent_tickets(1) == {"maple-7"}
    spool.close()


def test_no_word_of_it_is_on_the_disk(flow: Flow, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite3")
    hand_in(flow, spool, KEY.public(), lambda: None, NOW)

    for word in (b"Zuleika", b"brings-you", b'"es"'):
        assert word not in on_disk(tmp_path / "spool.sqlite3")
    spool.close()


def test_on_a_full_disk_it_says_that_it_is_not_safe(flow: Flow, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite3")
    woken: list[bool] = []

    with disk_that_takes(1024):
        assert not hand_in(flow, spool, KEY.public(), lambda: woken.append(True), NOW)

    assert (woken, spool.counts().held) == ([], 0)
    spool.close()


def test_a_damaged_service_key_is_no_crash(flow: Flow, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite3")

    assert not hand_in(flow, spool, ServiceKey(key_id="0" * 16, key="nonsense"), lambda: None, NOW)

    assert spool.counts().held == 0
    spool.close()
