"""Joining a wireless network, with a stand-in for wpa_supplicant that keeps the same contract as the real one."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk_client.wifi import Network, NoRadio, Radio, State, WrongPassphrase, find
from tests.kiosk.radio import FakeSupplicant, InRange, fake_radio
from tests.kiosk.radio_contract import CONTRACT, hurried

HARBOR = InRange("Harbor House", -40, "a long walk home")


@pytest.fixture
def supplicant(tmp_path: Path) -> Iterator[FakeSupplicant]:
    with fake_radio(tmp_path / "wifi", HARBOR) as supplicant:
        yield supplicant


@pytest.fixture
def at_harbor(supplicant: FakeSupplicant, tmp_path: Path) -> Radio:
    return hurried(tmp_path / "wifi")


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: str(holds.__name__))
def test_the_stand_in_keeps_the_contract(tmp_path: Path, holds: Callable[[Radio], None]) -> None:
    with fake_radio(tmp_path / "wifi"):
        holds(hurried(tmp_path / "wifi"))


def test_the_real_one_keeps_the_contract(tmp_path: Path) -> None:
    """In a network of its own, where also somebody who is not root may start it."""
    apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    command = [*apart, sys.executable, "-m", "tests.kiosk.radio_contract", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    assert done.stdout.split() == [holds.__name__ for holds in CONTRACT], done.stderr[-2000:]


def test_a_machine_without_a_radio_has_none(tmp_path: Path) -> None:
    (tmp_path / "no socket").touch()

    assert find(None) is None
    assert find(tmp_path / "nowhere") is None
    assert find(tmp_path) is None


def test_a_radio_that_is_gone_is_told(tmp_path: Path) -> None:
    for asked in (Radio(tmp_path / "wlan0").state, Radio(tmp_path / "wlan0").networks):
        with pytest.raises(NoRadio):
            asked()


def test_networks_are_told_by_strength_each_once_and_only_what_can_be_joined(tmp_path: Path) -> None:
    seen = [
        InRange("Far", -85),
        InRange("Harbor House", -70, "a long walk home"),
        HARBOR,
        InRange('Caf\\xc3\\xa9 \\"5\\"', -50, flags="[WPA2-SAE-CCMP][ESS]"),
        InRange("University", -30, flags="[WPA2-EAP-CCMP][ESS]"),
        InRange("Old", -30, flags="[WEP][ESS]"),
        InRange("", -20),
        InRange("\\x00\\x00", -20),
        InRange("\\xff\\xfe", -20),
    ]
    with fake_radio(tmp_path / "wifi", *seen):
        assert hurried(tmp_path / "wifi").networks() == [
            Network("Harbor House", -40, is_open=False),
            Network('Café "5"', -50, is_open=False),
            Network("Far", -85, is_open=True),
        ]


def test_what_is_joined_is_kept_for_the_next_start_and_nothing_else(
    supplicant: FakeSupplicant, at_harbor: Radio
) -> None:
    supplicant.in_range.append(InRange("Lantern House", -60))
    at_harbor.join("Lantern House", "")

    at_harbor.join("Harbor House", "a long walk home", "US")

    assert at_harbor.state() == State("Harbor House")
    assert supplicant.saved == ["Harbor House"]
    assert supplicant.country == "US"


def test_a_wrong_passphrase_is_told_and_what_was_joined_before_stays(
    supplicant: FakeSupplicant, at_harbor: Radio
) -> None:
    supplicant.in_range.append(InRange("Lantern House", -60))
    at_harbor.join("Lantern House", "")

    with pytest.raises(WrongPassphrase):
        at_harbor.join("Harbor House", "a wrong turn home")

    assert supplicant.saved == ["Lantern House"]
    assert [each["ssid"] for each in supplicant.known.values()] == [b"Lantern House".hex()]
