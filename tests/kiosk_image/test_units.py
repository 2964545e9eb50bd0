"""The units of the image, judged by systemd's own tools: they are understood, and what runs for years is fenced in."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kiosk_image.tree import EXTRA, ROOT

UNITS = EXTRA / "usr/lib/systemd/system"
OWN_PROGRAMS = ("bin/python3", "bin/sleep", "bin/systemd-repart", "bin/touch", "sbin/wpa_supplicant")
MOST_EXPOSED = {
    "kiosk.service": 15,
    "kiosk-egress.service": 22,
    "kiosk-keyboards.service": 17,
    "kiosk-update.service": 30,
    "kiosk-works.service": 12,
    "kiosk-setup.service": 26,
    "kiosk-wifi@.service": 23,
}
"""Tenths, as `systemd-analyze security` counts them. The others than the kiosk's keep what they are for: to change the
firewall, to ask the kernel for its devices again, to mount a file system and load its driver, to speak to a radio, to
write a version to the disk."""


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """The files of the image, with the targets of this machine's systemd and a stand-in for each program."""
    shutil.copytree(EXTRA, tmp_path, symlinks=True, dirs_exist_ok=True)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        if not (tmp_path / "usr/lib/systemd/system" / target.name).exists():
            shutil.copy(target, tmp_path / "usr/lib/systemd/system", follow_symlinks=False)
    for name in OWN_PROGRAMS:
        stand_in = tmp_path / "usr" / name
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text("#!/bin/sh\n")
        stand_in.chmod(0o755)
    return tmp_path


def verified(device: Path) -> str:
    """What systemd finds wrong with our units."""
    names = sorted(each.name for each in UNITS.iterdir() if each.is_file())
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", f"--root={device}", *names]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr


def test_systemd_understands_every_unit(device: Path) -> None:
    assert verified(device) == ""


def test_a_misspelt_setting_would_be_noticed(device: Path) -> None:
    unit = device / "usr/lib/systemd/system/kiosk.service"
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchDogSec"))

    assert "WatchDogSec" in verified(device)


@pytest.mark.parametrize("name", MOST_EXPOSED)
def test_what_runs_is_fenced_in(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED[name]}", str(UNITS / name)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert judged.returncode == 0, judged.stdout[-300:]


def test_every_unit_that_asks_to_be_started_is_enabled() -> None:
    wanted = {each.name for each in UNITS.iterdir() if "\n[Install]\n" in each.read_text()}
    preset = (EXTRA / "usr/lib/systemd/system-preset/00-kiosk.preset").read_text().splitlines()

    assert wanted == {line.removeprefix("enable ") for line in preset if line.startswith("enable kiosk")}
    assert preset[-1] == "disable *"


def test_the_kiosk_need_not_begin_anew_for_its_memory() -> None:
    asked = next(
        line.split('"')[1]
        for line in (ROOT / "kiosk_client/freed_memory.py").read_text().splitlines()
        if line.startswith("_TUNABLES = ")
    )

    assert f"Environment=GLIBC_TUNABLES={asked}\n" in (UNITS / "kiosk.service").read_text()


@pytest.mark.parametrize(
    "unit",
    [
        "autovt@.service",
        "console-getty.service",
        "ctrl-alt-del.target",
        "debug-shell.service",
        "getty.target",
        "getty@.service",
        "serial-getty@.service",
        "systemd-logind.service",
    ],
)
def test_nobody_can_sign_in(unit: str) -> None:
    assert (EXTRA / "etc/systemd/system" / unit).readlink() == Path("/dev/null")
