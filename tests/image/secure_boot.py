"""Secure Boot with an organization's own keys: by name only, as root, after `make image`. Five minutes in the emulator.

The image that was built is signed here, with keys made here, whether or not it was signed before.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.machine import ROOT, TOOLS, Machine, image, new_disk, partition, running

pytestmark = pytest.mark.timeout(3600)

STARTS = 1500.0  # seconds; about a minute on a quiet machine
KERNEL = "Linux version"
REFUSED = ("Security Violation", "Access Denied", "Security violation", "Access denied")
OWNER = "5f6b1c0e-3a52-4c55-8f0a-8d2a3e7c1b11"  # of the keys in the firmware; any will do
TIMED = "NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS,TIME_BASED_AUTHENTICATED_WRITE_ACCESS"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = ROOT / "build" / "image-test" / "secure-boot"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    (folder / "disk.raw").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def disk(folder: Path) -> Path:
    """Signed, and with the keys for firmware that has none."""
    subprocess.run([ROOT / "kiosk_image" / "keys", folder / "keys"], check=True, timeout=60)
    disk = new_disk(folder)
    tool("mcopy", "-i", esp(disk), "::EFI/BOOT/BOOTX64.EFI", folder / "loader.efi")
    sign(folder, folder / "loader.efi", folder / "signed-loader.efi")
    write(disk, folder / "signed-loader.efi", "EFI/BOOT/BOOTX64.EFI")
    shutil.copy(image().with_suffix(".efi"), folder / "kernel.efi")
    sign(folder, folder / "kernel.efi", folder / "signed-kernel.efi")
    put_kernel(disk, folder / "signed-kernel.efi")
    for name in ("PK", "KEK", "db"):
        write(disk, variable(folder, name), f"loader/keys/auto/{name}.auth")
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
def test_nothing_else_is_started(folder: Path, disk: Path, kind: str) -> None:
    other = folder / "kernel.efi"
    if kind == "changed":
        other = folder / "changed-kernel.efi"
        content = bytearray((folder / "signed-kernel.efi").read_bytes())
        content[len(content) // 2] ^= 0xFF
        other.write_bytes(content)
    put_kernel(disk, other)

    with running(folder, disk, secure=True) as machine:
        said = wait_for(machine, *REFUSED)

    assert KERNEL not in said


@pytest.mark.usefixtures("trusting")
def test_another_boot_loader_is_not_started(folder: Path, disk: Path) -> None:
    write(disk, folder / "loader.efi", "EFI/BOOT/BOOTX64.EFI")
    put_kernel(disk, folder / "signed-kernel.efi")

    with running(folder, disk, secure=True) as machine:
        said = wait_for(machine, *REFUSED)

    assert KERNEL not in said


def sign(folder: Path, file: Path, signed: Path) -> None:
    keys = ("--key", folder / "keys" / "secure-boot.key", "--cert", folder / "keys" / "secure-boot.crt")
    tool("sbsign", *keys, "--output", signed, file)


def variable(folder: Path, name: str) -> Path:
    """What firmware in setup mode takes for this variable."""
    key, certificate = folder / "keys" / "secure-boot.key", folder / "keys" / "secure-boot.crt"
    tool("openssl", "x509", "-outform", "DER", "-in", certificate, "-out", folder / "certificate.der")
    tool("sbsiglist", "--owner", OWNER, "--type", "x509", "--output", folder / "esl", folder / "certificate.der")
    signed = folder / f"{name}.auth"
    tool("sbvarsign", "--attr", TIMED, "--key", key, "--cert", certificate, "--output", signed, name, folder / "esl")
    return signed


def put_kernel(disk: Path, kernel: Path) -> None:
    """In place of the one that is there."""
    (name,) = tool("mdir", "-b", "-i", esp(disk), "::EFI/Linux").split()
    write(disk, kernel, name.removeprefix("::/"))


def write(disk: Path, file: Path, to: str) -> None:
    folder = ""
    for part in to.split("/")[:-1]:
        folder += f"/{part}"
        subprocess.run(
            [TOOLS, "run", "mmd", "-D", "s", "-i", esp(disk), f"::{folder}"], check=False, capture_output=True
        )
    tool("mcopy", "-o", "-i", esp(disk), file, f"::/{to}")


def esp(disk: Path) -> str:
    """As mtools names the partition of a disk."""
    return f"{disk}@@{partition(disk, 'esp')}"


def tool(*command: str | Path) -> str:
    return subprocess.run([TOOLS, "run", *command], check=True, timeout=120, capture_output=True, text=True).stdout


def wait_for(machine: Machine, *words: str) -> str:
    """Everything said on the serial line, by the firmware too, once one of these is."""
    deadline = time.monotonic() + STARTS
    while not any(word in machine.console for word in words):
        assert time.monotonic() < deadline, machine.console[-2000:]
        assert machine.process.poll() is None, machine.console[-2000:]
        time.sleep(0.5)
    return machine.console
