"""What the image is told to be, before anybody builds it."""

import json
import re
import runpy
import stat
import subprocess
from pathlib import Path

import pytest

from tests.kiosk_image.tree import EXTRA, IMAGE, ROOT, settings

CONF = settings(IMAGE / "mkosi.conf")
ALLOWED = set((IMAGE / "packages.allowed").read_text().split())
FILES = sorted(each for each in IMAGE.rglob("*") if each.is_file() and not each.is_symlink())
NEVER = {"openssh-server", "sudo", "network-manager", "apt", "login", "gcc", "curl", "wget", "busybox", "snapd"}

MKOSIS_OWN = {"drivers/usb/host/xhci-pci.ko.xz"}
"""What `default` among the modules brings, as far as we lean on it."""


def argument(name: str) -> list[str]:
    return [each.partition("=")[2] for each in CONF["Content"]["KernelCommandLine"] if each.partition("=")[0] == name]


def test_only_packages_that_somebody_looked_at_are_asked_for() -> None:
    asked = set(CONF["Content"]["Packages"]) - set(CONF["Content"]["RemovePackages"])

    assert asked <= ALLOWED
    assert not ALLOWED & NEVER


@pytest.mark.parametrize("architecture", ["x86-64", "arm64"])
def test_each_kind_of_machine_brings_no_more_than_its_kernel(architecture: str) -> None:
    own = settings(IMAGE / "mkosi.conf.d" / f"{architecture}.conf")

    assert own["Match"]["Architecture"] == [architecture]
    assert set(own["Content"]["Packages"]) <= ALLOWED
    assert set(own["Content"]) <= {"Packages", "KernelModulesInclude", "KernelCommandLine"}


def test_a_package_that_nobody_looked_at_is_told() -> None:
    check = runpy.run_path(str(IMAGE / "check-packages"))
    manifest = json.dumps({"packages": [{"name": "libc6"}, {"name": "linux-image-6.12.9-amd64"}, {"name": "sudo"}]})

    assert check["unknown"](manifest, "libc6\nlinux-image-[0-9]*-amd64\n") == ["sudo"]


def test_the_list_of_packages_is_sorted_and_has_each_once() -> None:
    lines = (IMAGE / "packages.allowed").read_text().splitlines()

    assert lines == sorted(set(lines))


def test_the_kernel_is_locked_down_and_takes_nothing_from_outside() -> None:
    assert argument("lockdown") == ["integrity"]
    assert argument("module.sig_enforce") == ["1"]
    assert argument("systemd.import_credentials") == ["no"]
    assert argument("systemd.verity_root_options") == ["panic-on-corruption"]
    assert argument("panic") == ["10"]
    assert not argument("console")


def test_sysrq_is_switched_off_where_it_can_be() -> None:
    assert "kernel.sysrq = 0" in (EXTRA / "usr/lib/sysctl.d/90-kiosk.conf").read_text().splitlines()
    assert not argument("sysrq_always_enabled")  # also with =0 it would switch it on


@pytest.mark.parametrize(
    "module",
    [
        "drivers/input/evdev.ko.xz",
        "drivers/hid/hid-generic.ko.xz",
        "drivers/hid/hid-multitouch.ko.xz",
        "drivers/hid/usbhid/usbhid.ko.xz",
        "drivers/usb/host/xhci-pci.ko.xz",
        "drivers/gpu/drm/i915/i915.ko.xz",
    ],
)
def test_what_brings_touches_keys_and_pictures_is_in_the_image(module: str) -> None:
    patterns = [each for each in CONF["Content"]["KernelModulesInclude"] if each != "default"]

    assert any(re.search(pattern, f"/{module}") for pattern in patterns) or module in MKOSIS_OWN


def test_the_root_is_read_only_and_proven() -> None:
    root = settings(IMAGE / "mkosi.repart/10-root.conf")["Partition"]
    tree = settings(IMAGE / "mkosi.repart/11-root-verity.conf")["Partition"]

    assert root["Format"] == ["erofs"]
    assert (root["Verity"], tree["Verity"]) == (["data"], ["hash"])
    for key in ("VerityMatchKey", "VerityDataBlockSizeBytes", "VerityHashBlockSizeBytes"):
        assert root[key] == tree[key]


@pytest.mark.parametrize(("folder", "encrypted"), [("disk", "key-file"), ("disk-tpm2", "tpm2")])
def test_the_data_partition_is_encrypted(folder: str, encrypted: str) -> None:
    data = settings(EXTRA / "usr/lib/warm-handoff" / folder / "50-data.conf")["Partition"]

    assert data["Encrypt"] == [encrypted]
    assert f"PARTLABEL={data['Label'][0]} " in (EXTRA / "etc/crypttab").read_text()


def test_nothing_is_written_but_memory_and_the_data_and_boot_partitions() -> None:
    mounts = [line.split() for line in (EXTRA / "etc/fstab").read_text().splitlines()]

    assert {(kind, place) for _, place, kind, *_ in mounts} == {
        ("tmpfs", "/var"),
        ("tmpfs", "/tmp"),
        ("ext4", "/var/lib/kiosk"),
        ("vfat", "/efi"),
    }
    assert all({"nosuid", "nodev", "noexec"} <= set(options.split(",")) for _, _, _, options, *_ in mounts)


def test_a_stick_is_neither_a_disk_nor_a_network_card() -> None:
    lines = (EXTRA / "usr/lib/modprobe.d/kiosk.conf").read_text().splitlines()

    for module in ("usb_storage", "uas", "rndis_host", "cdc_ether", "btusb", "rtw88_usb", "mt76_usb"):
        assert f"install {module} /bin/false" in lines
    assert "/usb/storage/" in CONF["Content"]["KernelModulesInitrdExclude"]  # where those lines are not


def test_only_programs_may_be_run() -> None:
    for file in FILES:
        begins = file.read_bytes()[:2] == b"#!"
        runs = bool(file.stat().st_mode & stat.S_IXUSR)
        assert runs == (begins and file.name != "nftables.conf"), file
        assert not file.stat().st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH), file


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(IMAGE)))
def test_no_file_holds_a_secret_or_names_a_mirror(file: Path) -> None:
    text = file.read_text()

    assert "PRIVATE KEY" not in text
    assert not re.search(r"(?i)(?<!empty-)password\s*=|\$[156y]\$|hashed-password", text)
    assert not re.search(r"https?://", text)
    assert str(ROOT) not in text


def test_apt_sources_for_the_image_come_from_a_named_file(tmp_path: Path) -> None:
    (tmp_path / "own.sources").write_text("Types: deb\n")

    printed = subprocess.run(
        [IMAGE / "apt-sources", "trixie"],
        env={"PATH": "/usr/bin:/bin", "KIOSK_APT_SOURCES": str(tmp_path / "own.sources")},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert printed.stdout == "Types: deb\n"
