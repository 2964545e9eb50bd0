"""What root reads for a kiosk that is not paired, and what it removes once it is."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from kiosk_client import handoff_file
from tests.kiosk_image.tree import EXTRA

SETUP: dict[str, Any] = runpy.run_path(str(EXTRA / "usr/lib/warm-handoff/setup-file"))
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
OWNER = SETUP["_OWNER"]


def partition(path: str, fstype: str | None, parttype: str | None = None) -> dict[str, Any]:
    return {"path": path, "fstype": fstype, "parttype": parttype, "tran": None, "mountpoint": None}


DISKS = [
    {
        **partition("/dev/nvme0n1", None),
        "tran": "nvme",
        "children": [partition("/dev/nvme0n1p1", "vfat", ESP), partition("/dev/nvme0n1p2", "erofs", "4f68bce3")],
    },
    {**partition("/dev/sda", "vfat"), "tran": "usb"},
    {
        **partition("/dev/sdb", None),
        "tran": "usb",
        "children": [partition("/dev/sdb1", "exfat", "0xc"), partition("/dev/sdb2", "ext4", "0x83")],
    },
    {**partition("/dev/sdc", None), "tran": "sata", "children": [partition("/dev/sdc1", "vfat", "0xc")]},
]


def found(*, on_usb: bool) -> list[str]:
    return [each["path"] for each in SETUP["places"](DISKS, on_usb=on_usb)]


def test_sticks_and_the_esp_are_looked_at_and_nothing_else() -> None:
    assert found(on_usb=True) == ["/dev/sda", "/dev/sdb1"]
    assert found(on_usb=False) == ["/dev/nvme0n1p1"]


@pytest.mark.parametrize("name", ["handoff.toml", "HANDOFF.TOML", "Handoff.toml.txt"])
def test_the_file_is_found_whatever_an_editor_makes_of_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    (tmp_path / "IMG_0001.JPG").write_text("")

    assert SETUP["files"](tmp_path) == {"handoff.toml": tmp_path / name}


def test_only_files_are_taken(tmp_path: Path) -> None:
    (tmp_path / "handoff.toml").symlink_to("/etc/shadow")
    (tmp_path / "ca.pem").mkdir()

    assert SETUP["files"](tmp_path) == {}


def test_its_names_are_those_that_the_kiosk_reads() -> None:
    assert list(SETUP["NAMES"]) == [handoff_file.NAME, handoff_file.AUTHORITY]


def test_a_file_that_is_far_too_large_is_cut_where_the_kiosk_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick, kiosk = tmp_path / "stick", tmp_path / "kiosk"
    stick.mkdir()
    kiosk.mkdir()
    (stick / "handoff.toml").write_bytes(b"#" * 10_000_000)
    monkeypatch.setattr(os, "fchown", lambda *_: None)

    assert SETUP["hand_over"](stick, kiosk)

    assert (kiosk / "handoff.toml").stat().st_size == SETUP["NAMES"]["handoff.toml"]
    assert (kiosk / "handoff.toml").stat().st_mode & 0o777 == 0o400
    with pytest.raises(handoff_file.BadHandoffFile, match="larger than"):
        handoff_file.read(kiosk / "handoff.toml")


def test_an_authority_alone_is_somebodys_other_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")

    assert not SETUP["hand_over"](tmp_path, tmp_path / "nowhere")


def test_what_is_forgotten_is_overwritten_first(tmp_path: Path) -> None:
    (tmp_path / "handoff.toml").write_text('passphrase = "a long walk home"')
    kept = tmp_path / "another name"
    os.link(tmp_path / "handoff.toml", kept)  # so that one can look at what is left

    SETUP["overwrite"](tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["another name"]
    assert set(kept.read_bytes()) == {0}


def test_the_owner_is_the_kiosks_user() -> None:
    assert f"u kiosk {OWNER} " in (EXTRA / "usr/lib/sysusers.d/kiosk.conf").read_text()
