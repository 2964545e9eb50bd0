"""Updates on a disk that nobody starts, in seconds: the image's own definitions, systemd-repart and systemd-sysupdate.

Run by `make image-updates`, as root, after `make image` has made the tools; by name only.
"""

import json
import os
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.image.machine import ROOT, TOOLS, tool
from tests.support.service import running_service

pytestmark = pytest.mark.timeout(900)

IMAGE = ROOT / "kiosk_image"
OWN = IMAGE / "mkosi.extra/usr/lib/warm-handoff"
RELEASE: dict[str, Any] = runpy.run_path(str(IMAGE / "release"))
SIGNER = "updates@center.example"
STRANGER = "stranger@elsewhere.example"
DISK = 4 << 30  # bytes, the smallest that fits
TOO_SMALL = 2 << 30


@dataclass(frozen=True)
class Slot:
    """`kind`: root or verity. `label`: of its partition, by which systemd knows the version in it."""

    kind: str
    label: str
    uuid: str
    start: int
    size: int


@dataclass(frozen=True)
class Kiosk:
    """Its disk, and the folder that stands for its boot loader's."""

    folder: Path
    service: str

    @property
    def disk(self) -> Path:
        return self.folder / "disk.raw"

    @property
    def kernels(self) -> set[str]:
        return {each.name for each in (self.folder / "boot").iterdir()}

    @property
    def slots(self) -> list[Slot]:
        return slots(self.disk)

    def labels(self, kind: str = "root") -> list[str]:
        return [slot.label for slot in self.slots if slot.kind == kind]

    def update(self, running: str = "1.0") -> str:
        """As the kiosk does it at night, while this version runs: what systemd-sysupdate said."""
        definitions = self.folder / "definitions"
        definitions.mkdir(exist_ok=True)
        for file in (OWN / "updates").iterdir():
            text = file.read_text().replace("@SERVICE@", self.service).replace("@RUNNING@", running)
            text = text.replace("Path=auto", f"Path={self.disk}")
            text = text.replace("Path=/EFI/Linux\nPathRelativeTo=boot", f"Path={self.folder / 'boot'}")
            (definitions / file.name).write_text(text)
        (self.folder / "os-release").write_text(os_release(running))
        done = tools(
            *("bwrap", "--dev-bind", "/", "/", "--ro-bind", self.folder / "os-release", "/usr/lib/os-release"),
            *("--ro-bind", self.folder / "pubring.gpg", "/usr/lib/systemd/import-pubring.gpg"),
            *("/usr/lib/systemd/systemd-sysupdate", f"--definitions={definitions}", "update"),
        )
        said = done.stdout + done.stderr
        assert "Discovering available instances" in said, said  # what refuses everything must at least have run
        return said

    def content(self, version: str, kind: str) -> bytes:
        """What stands in the slot of this version."""
        slot = next(slot for slot in self.slots if (slot.kind, slot.label) == (kind, f"warm-handoff-kiosk_{version}"))
        with self.disk.open("rb") as disk:
            disk.seek(slot.start)
            return disk.read(slot.size)


def tools(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOLS, "run", *command], capture_output=True, text=True, timeout=600, check=False)


def slots(disk: Path) -> list[Slot]:
    told = json.loads(tool("sfdisk", "--json", disk))["partitiontable"]
    return [
        Slot(
            RELEASE["KINDS"][each["type"]], each["name"], each["uuid"].lower(), each["start"] * 512, each["size"] * 512
        )
        for each in told["partitions"]
        if each["type"] in RELEASE["KINDS"]
    ]


def os_release(version: str) -> str:
    return f"ID=debian\nIMAGE_ID=warm-handoff-kiosk\nIMAGE_VERSION={version}\n"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Under build, which the tools see."""
    folder = ROOT / "build" / "image-test" / "slots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", autouse=True)
def gnupg(folder: Path) -> Iterator[None]:
    """Somebody who makes releases, and somebody who should not."""
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    before, os.environ["GNUPGHOME"] = os.environ.get("GNUPGHOME"), str(home)
    for name in (SIGNER, STRANGER):
        subprocess.run(
            ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", name, "ed25519", "sign"], check=True
        )
    yield
    subprocess.run(["gpgconf", "--kill", "all"], check=True)
    del os.environ["GNUPGHOME"]
    if before is not None:
        os.environ["GNUPGHOME"] = before


@pytest.fixture(scope="module")
def built(folder: Path) -> dict[str, Path]:
    """Versions 1.0 to 3.0: images as mkosi has systemd-repart make them, of a system of one file."""
    return {version: an_image(folder / "built", version) for version in ("1.0", "2.0", "3.0")}


def an_image(folder: Path, version: str) -> Path:
    tree = folder / version
    for part in ("etc", "efi", "boot"):
        (tree / part).mkdir(parents=True)
    (tree / "etc/os-release").write_text(os_release(version))
    (tree / "content").write_bytes(os.urandom(3 << 20))
    image = folder / f"warm-handoff-kiosk_{version}.raw"
    tool(
        *("systemd-repart", "--empty=create", "--size=auto", "--offline=yes", "--sector-size=512", f"--root={tree}"),
        *(f"--copy-source={tree}", f"--definitions={IMAGE / 'mkosi.repart'}", "--dry-run=no", image),
    )
    image.with_suffix(".efi").write_text(f"the kernel of {version}")
    return image


@pytest.fixture
def kiosk_updates(tmp_path: Path) -> Path:
    """The folder with the service's releases; none yet."""
    folder = tmp_path / "kiosk-updates"
    folder.mkdir()
    return folder


@pytest.fixture
def kiosk(folder: Path, built: dict[str, Path], kiosk_updates: Path, tmp_path: Path) -> Iterator[Kiosk]:
    """One that runs 1.0 after its first start, paired with a service without a release."""
    own = folder / "kiosk"
    shutil.rmtree(own, ignore_errors=True)
    (own / "boot").mkdir(parents=True)
    shutil.copy(built["1.0"].with_suffix(".efi"), own / "boot")
    first_start(own / "disk.raw", built["1.0"], DISK)
    exported = subprocess.run(["gpg", "--export", SIGNER], capture_output=True, check=True).stdout
    (own / "pubring.gpg").write_bytes(exported)
    releases = {"WARM_HANDOFF_KIOSK_UPDATES": str(kiosk_updates)}
    with running_service(tmp_path, f"sqlite:///{tmp_path / 'handoff.db'}", settings=releases) as service:
        yield Kiosk(own, service.url)


def first_start(disk: Path, image: Path, size: int) -> None:
    """The image on a disk of this size, and what the first start adds."""
    subprocess.run(["cp", "--sparse=always", image, disk], check=True)
    with disk.open("r+b") as file:
        file.truncate(size)
    tool("systemd-repart", f"--definitions={OWN / 'slots'}", "--dry-run=no", disk)


def publish(image: Path, folder: Path, key: str = SIGNER) -> None:
    """What `make image-release` makes, put where the service has its releases."""
    made = image.parent / f"{image.stem} by {key}"
    if not made.exists():
        RELEASE["make"](image, made, key)
    shutil.rmtree(folder)
    shutil.copytree(made, folder)


def test_the_first_start_makes_a_second_slot_as_large_as_the_first(kiosk: Kiosk) -> None:
    roots, proofs = ([slot for slot in kiosk.slots if slot.kind == kind] for kind in ("root", "verity"))

    assert [slot.label for slot in roots] == [slot.label for slot in proofs] == ["warm-handoff-kiosk_1.0", "_empty"]
    assert roots[0].size == roots[1].size
    assert proofs[0].size == proofs[1].size


def test_a_disk_that_is_too_small_is_left_with_one(folder: Path, built: dict[str, Path]) -> None:
    first_start(folder / "small.raw", built["1.0"], TOO_SMALL)

    assert [slot.label for slot in slots(folder / "small.raw")] == ["warm-handoff-kiosk_1.0"] * 2


def test_a_newer_version_goes_into_the_other_slot_and_has_three_tries(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path
) -> None:
    running = kiosk.content("1.0", "root")
    publish(built["2.0"], kiosk_updates)

    said = kiosk.update()

    assert kiosk.labels() == kiosk.labels("verity") == ["warm-handoff-kiosk_1.0", "warm-handoff-kiosk_2.0"], said
    assert kiosk.kernels == {"warm-handoff-kiosk_1.0.efi", "warm-handoff-kiosk_2.0+3-0.efi"}
    assert kiosk.content("1.0", "root") == running
    (root,) = [slot for slot in slots(built["2.0"]) if slot.kind == "root"]
    assert root.uuid in {slot.uuid for slot in kiosk.slots}  # by which the start finds it
    with built["2.0"].open("rb") as image:
        image.seek(root.start)
        assert kiosk.content("2.0", "root") == image.read(root.size)


def test_the_third_version_takes_the_place_of_the_first(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path
) -> None:
    publish(built["2.0"], kiosk_updates)
    kiosk.update()
    publish(built["3.0"], kiosk_updates)

    said = kiosk.update(running="2.0")

    assert kiosk.labels() == kiosk.labels("verity") == ["warm-handoff-kiosk_3.0", "warm-handoff-kiosk_2.0"], said
    assert kiosk.kernels == {"warm-handoff-kiosk_2.0+3-0.efi", "warm-handoff-kiosk_3.0+3-0.efi"}


def test_a_version_that_failed_makes_room_for_the_next_and_not_the_one_that_runs(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path
) -> None:
    publish(built["2.0"], kiosk_updates)
    kiosk.update()
    boot = kiosk.folder / "boot"
    (boot / "warm-handoff-kiosk_2.0+3-0.efi").rename(boot / "warm-handoff-kiosk_2.0+0-3.efi")  # as the boot loader does
    again = kiosk.update()
    assert kiosk.kernels == {"warm-handoff-kiosk_1.0.efi", "warm-handoff-kiosk_2.0+0-3.efi"}, again
    publish(built["3.0"], kiosk_updates)

    said = kiosk.update()

    assert kiosk.labels() == kiosk.labels("verity") == ["warm-handoff-kiosk_1.0", "warm-handoff-kiosk_3.0"], said
    assert kiosk.kernels == {"warm-handoff-kiosk_1.0.efi", "warm-handoff-kiosk_3.0+3-0.efi"}


def test_an_older_release_is_not_taken_however_well_it_is_signed(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path
) -> None:
    publish(built["2.0"], kiosk_updates)
    kiosk.update()
    before = kiosk.slots
    publish(built["1.0"], kiosk_updates)

    said = kiosk.update(running="2.0")

    assert kiosk.slots == before, said


@pytest.mark.parametrize("forgery", ["another key", "no signature", "a changed list", "a changed file", "no key"])
def test_what_is_not_rightly_signed_is_not_taken(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path, forgery: str
) -> None:
    publish(built["2.0"], kiosk_updates, STRANGER if forgery == "another key" else SIGNER)
    sums = kiosk_updates / "SHA256SUMS"
    if forgery == "no signature":
        (kiosk_updates / "SHA256SUMS.gpg").unlink()
    elif forgery == "a changed list":
        sums.write_text(sums.read_text().replace("_2.0", "_2.1"))
    elif forgery == "a changed file":
        (kiosk_updates / "warm-handoff-kiosk_2.0.efi").write_text("another kernel")
    elif forgery == "no key":
        (kiosk.folder / "pubring.gpg").write_bytes(b"")

    said = kiosk.update()

    assert kiosk.kernels == {"warm-handoff-kiosk_1.0.efi"}, said
    assert kiosk.labels()[0] == "warm-handoff-kiosk_1.0"


@pytest.mark.parametrize("lost", ["before anything was named", "before the kernel was there"])
def test_what_the_plug_broke_off_is_done_anew(
    kiosk: Kiosk, built: dict[str, Path], kiosk_updates: Path, lost: str
) -> None:
    publish(built["2.0"], kiosk_updates)
    kiosk.update()
    (kiosk.folder / "boot" / "warm-handoff-kiosk_2.0+3-0.efi").unlink()
    if lost == "before anything was named":
        for number in ("4", "5"):
            tool("sfdisk", "--part-label", kiosk.disk, number, "_empty")

    said = kiosk.update()

    assert kiosk.kernels == {"warm-handoff-kiosk_1.0.efi", "warm-handoff-kiosk_2.0+3-0.efi"}, said
    assert kiosk.labels() == kiosk.labels("verity") == ["warm-handoff-kiosk_1.0", "warm-handoff-kiosk_2.0"], said
