"""What decides about updates on a kiosk, without one: where they come from, when they start, when a version works.

What systemd-sysupdate makes of the definitions is tried on a disk: tests/image/slots.py.
"""

import os
import runpy
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk_client.watchdog import Word
from shared_schema.kiosk_api import KioskSettings
from tests.kiosk_image.tree import EXTRA, IMAGE, settings

OWN = EXTRA / "usr/lib/warm-handoff"
TRANSFERS = sorted((OWN / "updates").iterdir())
UPDATE: dict[str, Any] = runpy.run_path(str(OWN / "update"))
WORKS: dict[str, Any] = runpy.run_path(str(OWN / "works"))
RELEASE: dict[str, Any] = runpy.run_path(str(IMAGE / "release"))

ON_SCREEN = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "NRestarts": "0",
    "StatusText": WORKS["HEARD"],
    "ActiveEnterTimestampMonotonic": "100000000",
}


def pairing(zone: str) -> dict[str, Any]:
    return {"address": "https://handoff.example.org", "enrollment": {"config": {"hours": {"time_zone": zone}}}}


@pytest.mark.parametrize("file", TRANSFERS, ids=lambda file: file.name)
def test_only_what_is_signed_and_newer_is_taken_and_never_in_the_place_of_what_runs(file: Path) -> None:
    transfer = settings(file)["Transfer"]

    assert transfer["Verify"] == ["yes"]
    assert (transfer["MinVersion"], transfer["ProtectVersion"]) == (["@RUNNING@"], ["%A"])


def test_the_boot_loaders_file_comes_last_and_has_three_tries() -> None:
    target = settings(TRANSFERS[-1])["Target"]

    assert target["PathRelativeTo"] == ["boot"]
    assert (target["TriesLeft"], target["TriesDone"]) == (["3"], ["0"])


def test_the_slots_are_as_large_as_those_that_the_image_is_made_with() -> None:
    for made, other in (("10-root", "20-other-root"), ("11-root-verity", "21-other-root-verity")):
        first = settings(IMAGE / f"mkosi.repart/{made}.conf")["Partition"]
        second = settings(OWN / f"slots/{other}.conf")["Partition"]
        running = settings(OWN / f"slots/{made}.conf")["Partition"]
        for key in ("SizeMinBytes", "SizeMaxBytes"):
            assert first[key] == second[key] == running["SizeMaxBytes"]
        assert second["Label"] == ["_empty"]


def test_updates_come_from_the_service_that_the_kiosk_is_paired_with(tmp_path: Path) -> None:
    write_transfers = UPDATE["write_transfers"]
    write_transfers.__globals__["TRANSFERS"] = OWN / "updates"

    write_transfers(UPDATE["service"]({"address": "https://handoff.example.org:8443/"}), "0.1.0", tmp_path)

    for file in TRANSFERS:
        written = settings(tmp_path / file.name)
        assert written["Source"]["Path"] == ["https://handoff.example.org:8443/kiosk-updates/"]
        assert written["Transfer"]["MinVersion"] == ["0.1.0"]


@pytest.mark.parametrize("address", ["https://a.example/%H", "https://a.example\nVerify=no", "file:///etc", "", 7])
def test_an_address_that_is_none_is_written_nowhere(address: object) -> None:
    with pytest.raises((ValueError, AttributeError)):
        UPDATE["service"]({"address": address})


@pytest.mark.parametrize(
    ("zone", "hour", "night"),
    [
        ("America/New_York", 8, True),  # three in the morning there
        ("America/New_York", 3, False),
        ("UTC", 4, True),
        ("Nowhere/At_All", 2, True),
        ("../../etc/passwd", 12, False),
    ],
)
def test_night_is_when_it_is_at_the_site(zone: str, hour: int, night: bool) -> None:
    assert UPDATE["is_night"](pairing(zone), datetime(2026, 11, 25, hour, 30, tzinfo=UTC)) is night


@pytest.mark.parametrize(
    ("names", "new"),
    [
        (["warm-handoff-kiosk_0.1.0.efi", "warm-handoff-kiosk_0.2.0+3-0.efi"], ["0.2.0"]),
        (["warm-handoff-kiosk_0.1.0.efi", "warm-handoff-kiosk_0.2.0+0-3.efi"], []),  # it has failed
        (["warm-handoff-kiosk_0.1.0+2-1.efi"], []),  # it is the one that runs
        (["another.efi"], []),
    ],
)
def test_only_a_version_that_is_still_to_be_tried_starts_the_machine_anew(names: list[str], new: list[str]) -> None:
    assert UPDATE["untried"](names, "0.1.0") == new


def test_nobody_is_interrupted() -> None:
    """Longer than the longest time that an intake stands open without a touch."""
    fields = KioskSettings.model_fields
    longest = sum(
        limit.le
        for name in ("idle_seconds", "warning_seconds")
        for limit in fields[name].metadata
        if hasattr(limit, "le")
    )

    assert longest < UPDATE["QUIET"]


def test_it_waits_while_somebody_touches() -> None:
    quiet, finger = os.pipe()
    with os.fdopen(quiet, "rb", buffering=0) as device, os.fdopen(finger, "wb", buffering=0) as touch:
        touch.write(b"down")
        assert not UPDATE["wait_until_quiet"]([device], quiet=0.5, patience=1)
        assert UPDATE["wait_until_quiet"]([device], quiet=0.1, patience=30)


def test_what_is_unplugged_is_no_touch() -> None:
    gone, end = os.pipe()
    os.close(end)
    with os.fdopen(gone, "rb", buffering=0) as device:
        assert UPDATE["wait_until_quiet"]([device], quiet=0.1, patience=30)


@pytest.mark.parametrize(
    ("change", "works"),
    [
        ({}, True),
        ({"StatusText": ""}, None),  # the service has not heard from it
        ({"ActiveState": "activating"}, None),
        ({"ActiveEnterTimestampMonotonic": "150000000"}, None),  # not for a minute yet
        ({"ActiveState": "failed"}, False),
        ({"LoadState": "masked"}, False),
        ({"NRestarts": "3"}, False),
    ],
)
def test_a_version_works_when_it_is_on_the_screen_and_the_service_has_heard_from_it(
    change: dict[str, str], works: bool | None
) -> None:
    assert WORKS["verdict"](ON_SCREEN | change, 170.0) is works


def test_the_kiosk_says_that_in_the_same_words() -> None:
    assert f"STATUS={WORKS['HEARD']}" == Word.HEARD


def test_a_release_is_signed_over_everything_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, release = tmp_path / "gnupg", tmp_path / "release"
    home.mkdir(mode=0o700)
    release.mkdir()
    monkeypatch.setenv("GNUPGHOME", str(home))
    (release / "warm-handoff-kiosk_1.efi").write_bytes(b"a kernel")
    name = "updates@center.example"
    subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", name, "ed25519"], check=True)

    RELEASE["sign"](release, name)
    subprocess.run(["gpgconf", "--kill", "all"], check=True)

    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=release, check=True)
    subprocess.run(["gpg", "--batch", "--verify", "SHA256SUMS.gpg", "SHA256SUMS"], cwd=release, check=True)
