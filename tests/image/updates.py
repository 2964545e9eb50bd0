"""The built image updates itself: to a version that works, and back from one that does not.

Run by `make image-updates`, as root, after `make image`; by name only.

The later versions are the built system with another number, on a root of their own that is proven like the first. As
the image takes nothing from outside, all of them are started with another command line, which lets a unit of ours in
that says on the serial line what runs. Emulated by software this takes half an hour.
"""

import json
import os
import runpy
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.image.handoff import DATABASE, SITE, TRIAL
from tests.image.machine import HOST, ROOT, Machine, command_line, esp, image, new_disk, partition, running, tool
from tests.support.service import Service, running_service

pytestmark = pytest.mark.timeout(3 * 3600)

RELEASE: dict[str, Any] = runpy.run_path(str(ROOT / "kiosk_image" / "release"))
SIGNER = "updates@center.example"
WITHIN = 3600.0  # seconds for one step: several starts on a busy machine
DISK = 4 << 30  # bytes: room for the second slot
WATCHED = "kiosk.service kiosk-update.service kiosk-works.service systemd-bless-boot.service"
"""By the last it is seen why nothing was fetched; its own fence lets it say nothing on the serial line."""
SAYS = f"""[Service]
Type=exec
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
EnvironmentFile=/etc/os-release
ExecStart=/bin/sh -c 'while :; do echo "RUNS $IMAGE_VERSION WITH" $(ls /efi/EFI/Linux); \\
    echo $(systemctl show --property=Id,ActiveState,Result,StatusText {WATCHED}); \\
    journalctl --boot --quiet --lines=8 --output=cat --unit=kiosk-update.service; sleep 15; done'
"""
LOOKS = """[Service]
ExecStart=
ExecStart=/usr/lib/warm-handoff/update now
"""
AGAIN = """[Timer]
OnBootSec=30
OnUnitInactiveSec=30
Unit=kiosk-update.service
"""
UNITS = TRIAL | {
    "systemd.extra-unit.says.service": SAYS,
    "systemd.extra-unit.again.timer": AGAIN,
    "systemd.unit-dropin.kiosk-update.service~trial": LOOKS,
    "systemd.unit-dropin.multi-user.target~trial": "[Unit]\nWants=says.service again.timer\n",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The built system's files, unpacked, and a key that signs; under build, which the tools see."""
    folder = ROOT / "build" / "image-test" / "updates"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "gnupg").mkdir(parents=True, mode=0o700)
    os.environ["GNUPGHOME"] = str(folder / "gnupg")
    new_key = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", SIGNER, "ed25519", "sign"]
    subprocess.run(new_key, check=True)
    root = folder / "root"
    start, size = where_is_the_root(image())
    with image().open("rb") as source, root.open("wb") as out:
        source.seek(start)
        out.write(source.read(size))
    tool("fsck.erofs", f"--extract={folder / 'tree'}", "--preserve", root)
    root.unlink()
    public = subprocess.run(["gpg", "--export", SIGNER], capture_output=True, check=True).stdout
    (folder / "tree/usr/lib/systemd/import-pubring.gpg").write_bytes(public)
    yield folder
    subprocess.run(["gpgconf", "--kill", "all"], check=True)
    del os.environ["GNUPGHOME"]
    shutil.rmtree(folder)


@pytest.fixture
def releases(made: Path) -> Path:
    """The folder of the service's releases; none yet."""
    folder = made / "kiosk-updates"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture
def service(tmp_path: Path, releases: Path) -> Iterator[Service]:
    settings = {"WARM_HANDOFF_KIOSK_UPDATES": str(releases)}
    with running_service(tmp_path, f"sqlite:///{tmp_path / DATABASE}", settings=settings) as service:
        service.command("sites", "add", SITE)
        yield service


def test_a_version_that_works_stays_and_one_that_does_not_goes_back(
    made: Path, releases: Path, service: Service
) -> None:
    first = a_version(made, "0.1")
    disk = written(made, first, service)
    with running(made, disk, credentials=UNITS, by_firmware=True) as machine:
        wait_for(machine, lambda said: "RUNS 0.1 WITH" in said)

        RELEASE["make"](a_version(made, "0.2"), releases, SIGNER)
        wait_for(machine, lambda said: "RUNS 0.2 WITH" in said)
        wait_for(machine, lambda said: "warm-handoff-kiosk_0.2.efi" in said)  # without a count: it is good
        machine.look("updated")

        RELEASE["make"](a_version(made, "0.3", works=False), releases, SIGNER)
        wait_for(machine, lambda said: "RUNS 0.3 WITH" in said)
        wait_for(machine, lambda said: "RUNS 0.2 WITH" in said.rpartition("RUNS 0.3 WITH")[2])

        assert "warm-handoff-kiosk_0.3+0-3.efi" in machine.console.rpartition("RUNS 0.2 WITH")[2]


def a_version(made: Path, number: str, *, works: bool = True) -> Path:
    """The built system with this number: its slots in an image, its kernel beside that."""
    tree, definitions = made / "tree", made / "definitions"
    mask = tree / "etc/systemd/system/kiosk.service"
    mask.unlink(missing_ok=True)
    if not works:
        mask.symlink_to("/dev/null")
    release = tree / "usr/lib/os-release"
    kept = [line for line in release.read_text().splitlines() if not line.startswith("IMAGE_VERSION=")]
    release.write_text("\n".join([*kept, f"IMAGE_VERSION={number}"]) + "\n")
    definitions.mkdir(exist_ok=True)
    for name in ("10-root.conf", "11-root-verity.conf"):
        shutil.copy(ROOT / "kiosk_image/mkosi.repart" / name, definitions)
    raw = made / f"warm-handoff-kiosk_{number}.raw"
    told = tool(
        *("systemd-repart", "--empty=create", "--size=auto", "--offline=yes", "--sector-size=512", "--json=short"),
        *(f"--root={tree}", f"--copy-source={tree}", f"--definitions={definitions}", "--dry-run=no", raw),
    )
    (proof,) = {each["roothash"] for each in json.loads(told) if each.get("roothash")}
    own = command_line(image().with_suffix(".efi"))
    arguments = [each for each in own if not each.startswith(("roothash=", "systemd.import_credentials="))]
    tool(
        *("ukify", "build", f"--linux={image().with_suffix('.vmlinuz')}", f"--initrd={image().with_suffix('.initrd')}"),
        f"--cmdline={' '.join([*arguments, f'roothash={proof}', 'console=ttyS0'])}",
        *(f"--os-release=@{release}", f"--output={raw.with_suffix('.efi')}"),
    )
    return raw


def written(made: Path, first: Path, service: Service) -> Path:
    """A disk with the built image on it, whose first slot and kernel are this version's, told where it belongs."""
    disk = new_disk(made)
    with disk.open("r+b") as file:
        file.truncate(DISK)
    for kind in ("root", "root-verity"):
        with first.open("rb") as source, disk.open("r+b") as target:
            source.seek(partition(first, kind))
            target.seek(partition(disk, kind))
            shutil.copyfileobj(source, target, 1 << 20) if kind == "root-verity" else target.write(source.read(1 << 30))
    for number, kind in ((2, "root"), (3, "root-verity")):
        tool("sfdisk", "--part-label", disk, str(number), first.stem)
        tool("sfdisk", "--part-uuid", disk, str(number), uuid(first, kind))
    first_partition = esp(disk)
    tool("mdel", "-i", first_partition, f"::EFI/Linux/{image().stem}.efi")
    tool("mcopy", "-i", first_partition, first.with_suffix(".efi"), f"::EFI/Linux/{first.stem}.efi")
    code = service.command("kiosks", "add", "--site", SITE).strip()
    (made / "handoff.toml").write_text(f'address = "http://{HOST}:{service.port}"\ncode = "{code}"\n')
    tool("mcopy", "-i", first_partition, made / "handoff.toml", "::handoff.toml")
    return disk


def wait_for(machine: Machine, true: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not true(machine.console):
        assert time.monotonic() < deadline and machine.process.poll() is None, machine.console[-3000:]
        machine.look()
        time.sleep(2)


def table(disk: Path) -> list[dict[str, Any]]:
    return list(json.loads(tool("sfdisk", "--json", disk))["partitiontable"]["partitions"])


def where_is_the_root(disk: Path) -> tuple[int, int]:
    found = next(each for each in table(disk) if RELEASE["KINDS"].get(each["type"]) == "root")
    return found["start"] * 512, found["size"] * 512


def uuid(disk: Path, kind: str) -> str:
    named = kind.removeprefix("root-")
    return str(next(each["uuid"] for each in table(disk) if RELEASE["KINDS"].get(each["type"]) == named))
