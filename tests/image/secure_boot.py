"""Secure Boot with an organization's own keys: by name only, as root. Five minutes in the emulator.

It takes the image as `KIOSK_SECURE_BOOT=FOLDER make image` left it, with whatever keys.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.machine import ROOT, Machine, esp, image, new_disk, running, tool

pytestmark = pytest.mark.timeout(3600)

STARTS = 1500.0  # seconds; about a minute on a quiet machine
KERNEL = "Linux version"
REFUSED = ("Security Violation", "Access Denied", "Security violation", "Access denied")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = ROOT / "build" / "image-test" / "secure-boot"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    (folder / "disk.raw").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def disk(folder: Path) -> Path:
    disk = new_disk(folder)
    brought = tool("mdir", "-b", "-i", esp(disk), "::loader/keys/auto").split()
    assert len(brought) == 3, "build a signed image first: KIOSK_SECURE_BOOT=FOLDER make image"
    return disk


@pytest.fixture(scope="module")
def trusting(folder: Path, disk: Path) -> str:
    """What the kernel said on a machine whose firmware took the keys at the first start."""
    with running(folder, disk, secure=True) as machine:
        return wait_for(machine, "Secure boot enabled")


def test_firmware_without_keys_takes_ours_and_starts_what_we_signed(trusting: str) -> None:
    assert KERNEL in trusting
    assert "Kernel is locked down" in trusting


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("kind", ["unsigned", "changed"])
def test_no_other_kernel_is_started(folder: Path, disk: Path, kind: str) -> None:
    (name,) = tool("mdir", "-b", "-i", esp(disk), "::EFI/Linux").split()
    other = folder / "other.efi"
    shutil.copy(image().with_suffix(".efi"), other)
    if kind == "unsigned":
        tool("sbattach", "--remove", other)
    else:
        content = bytearray(other.read_bytes())
        content[len(content) // 2] ^= 0xFF
        other.write_bytes(content)
    tool("mcopy", "-o", "-i", esp(disk), other, name)

    require_refusal(folder, disk)


@pytest.mark.usefixtures("trusting")
def test_no_other_boot_loader_is_started(folder: Path, disk: Path) -> None:
    other = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"  # Debian's own, as nobody signed it
    tool("mcopy", "-o", "-i", esp(disk), other, "::EFI/BOOT/BOOTX64.EFI")

    require_refusal(folder, disk)


def require_refusal(folder: Path, disk: Path) -> None:
    with running(folder, disk, secure=True) as machine:
        said = wait_for(machine, *REFUSED)

    assert KERNEL not in said


def wait_for(machine: Machine, *words: str) -> str:
    """Everything said on the serial line, by the firmware too, once one of these is."""
    deadline = time.monotonic() + STARTS
    while not any(word in machine.console for word in words):
        assert time.monotonic() < deadline, machine.console[-2000:]
        assert machine.process.poll() is None, machine.console[-2000:]
        time.sleep(0.5)
    return machine.console
