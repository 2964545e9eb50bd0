"""What is in the built image, read without starting it: by name only, as root, after `make image`. A minute."""

import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.machine import BUILT, ROOT, image, partition, tool

pytestmark = pytest.mark.timeout(900)

LOCKED = {"!", "!*", "*", "!!"}
BROUGHT_ALONG = {"systemd-network-generator.service", "systemd-networkd.socket"}
"""By the units of systemd that we enable."""


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Its whole root, unpacked with owners and rights."""
    folder = BUILT.parent / "image-test" / "contents"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    at = f"--offset={partition(image(), 'root')}"
    tool("fsck.erofs", at, f"--extract={folder}", "--xattrs", image())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, os.stat_result]:
    return {f"/{path.relative_to(root)}": path.lstat() for path in root.rglob("*")}


def test_nothing_on_a_kiosk_becomes_somebody_else(root: Path, files: dict[str, os.stat_result]) -> None:
    regular = {name: status for name, status in files.items() if stat.S_ISREG(status.st_mode)}

    assert [name for name, status in regular.items() if status.st_mode & (stat.S_ISUID | stat.S_ISGID)] == []
    assert [name for name in regular if "security.capability" in os.listxattr(root / name[1:])] == []


def test_nothing_but_a_place_for_memory_may_be_written_by_everybody(files: dict[str, os.stat_result]) -> None:
    open_to_all = {
        name for name, status in files.items() if status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)
    }

    assert open_to_all <= {"/tmp", "/var/tmp", "/var/lock", "/run/lock"}


def test_nobody_has_a_password(root: Path) -> None:
    shadow = [line.split(":") for line in (root / "etc/shadow").read_text().splitlines()]

    assert {name: password for name, password, *_ in shadow if password not in LOCKED} == {}
    assert [line for line in (root / "etc/passwd").read_text().splitlines() if line.split(":")[1] != "x"] == []


def test_only_root_has_a_shell_and_only_the_kiosk_has_been_added(root: Path) -> None:
    people = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]

    assert [name for name, _, number, *_ in people if number == "0"] == ["root"]
    assert "kiosk" in {name for name, *_ in people}
    assert [name for name, *_, shell in people if shell.endswith("sh") and name != "root"] == []


def test_what_starts_another_system_or_takes_a_stranger_in_is_not_there(files: dict[str, os.stat_result]) -> None:
    programs = {Path(name).name for name in files if Path(name).parent.name in {"bin", "sbin"}}

    assert programs & {"apt", "curl", "gcc", "gdb", "kexec", "login", "nc", "sshd", "sudo", "wget"} == set()


def test_what_reads_touches_and_keys_is_there(files: dict[str, os.stat_result]) -> None:
    names = {Path(name).name.partition(".")[0] for name in files if "/modules/" in name}

    assert names >= {"evdev", "hid", "hid-generic", "hid-multitouch", "usbhid", "xhci-pci", "i915"}


def test_a_service_of_the_intakes_is_not_on_a_kiosk(files: dict[str, os.stat_result]) -> None:
    assert not [name for name in files if "/dist-packages/intake_service" in name]


def test_the_units_that_are_begun_are_those_that_somebody_looked_at(root: Path) -> None:
    begun = {
        path.name
        for path in (root / "etc/systemd/system").rglob("*")
        if path.parent.suffix in {".wants", ".requires"} and path.is_symlink()
    }
    preset = (root / "usr/lib/systemd/system-preset/00-kiosk.preset").read_text().split()

    assert {unit for unit in begun if unit not in preset and not is_masked(root, unit)} <= BROUGHT_ALONG


def test_no_file_is_younger_than_the_sources(files: dict[str, os.stat_result]) -> None:
    manifest = json.loads(image().with_suffix(".manifest").read_text())
    assert manifest["config"]["name"] == "warm-handoff-kiosk"
    of_the_sources = files["/etc/.updated"].st_mtime

    assert [name for name, status in files.items() if status.st_mtime > of_the_sources] == []
    assert str(ROOT) not in "".join(files)


def is_masked(root: Path, unit: str) -> bool:
    masks = (root / "etc/systemd/system" / name for name in (unit, re.sub("@.*[.]", "@.", unit)))
    return any(each.is_symlink() and each.readlink() == Path("/dev/null") for each in masks)
