"""A real kiosk that is not paired, in a real window: told by a file or a scanner. The service is a stand-in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.radio import fake_radio
from tests.kiosk.test_setting_up import ENROLLMENT, HARBOR, WIFI
from tests.kiosk.window import running_kiosk
from tests.support.misbehaving import MisbehavingServer, answers, misbehaving_server
from tests.support.xvfb import virtual_screen

CODE = "K7QM-4XPD"
_STARTS = 60.0  # seconds, on a busy machine


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(200, ENROLLMENT.model_dump_json().encode())) as server:
        yield server


def asked_code(server: MisbehavingServer) -> str:
    code: str = json.loads(server.asked[0].body)["pairing_code"]
    return code


def test_a_file_is_all_it_takes(server: MisbehavingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "handoff.toml"
    file.write_text(f'address = "{server.url}"\ncode = "{CODE}"\n{WIFI.format(passphrase=HARBOR.passphrase)}')
    monkeypatch.setenv("WARM_HANDOFF_KIOSK_SETUP", str(file))
    monkeypatch.setenv("WARM_HANDOFF_KIOSK_WIFI", str(tmp_path / "wifi"))

    with (
        fake_radio(tmp_path / "wifi", HARBOR) as supplicant,
        virtual_screen() as display,
        running_kiosk(display, tmp_path) as kiosk,
    ):
        kiosk.wait_for("welcome", _STARTS)

        assert supplicant.saved == [HARBOR.name]
    assert asked_code(server) == CODE


def test_a_scanner_types_it_and_its_enter_pairs(server: MisbehavingServer, tmp_path: Path) -> None:
    with virtual_screen() as display, running_kiosk(display, tmp_path) as kiosk:
        kiosk.wait_for("setup", _STARTS)
        kiosk.wait_for_window()
        kiosk.scan(f"{server.url}/pair#{CODE}")
        kiosk.wait_for("welcome", _STARTS)

    assert asked_code(server) == CODE
