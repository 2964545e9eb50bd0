"""What is written down for a kiosk pairs it: by name only, as root, after `make image`. Some minutes each.

The kiosk may speak to the service on this machine without TLS, which a drop-in allows; all else is the image's own.
"""

import base64
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.image.machine import HOST, Machine, esp, new_disk, running, tool
from tests.support.service import Service, running_service

pytestmark = pytest.mark.timeout(3600)

STARTS = 1500.0  # seconds; about 100 on a quiet machine
ANSWERS = 300.0
SITE = "Harbor House"
ALLOWED = """[Unit]
{unit}
[Service]
TimeoutStartSec=30min
WatchdogSec=10min
Environment=WARM_HANDOFF_KIOSK_ALLOW_HTTP=1
"""
STICK = 64 << 20  # bytes
NETWORK = "Harbor House"
PASSPHRASE = "a long walk home"
AIR = """set -eu
systemctl mask --runtime kiosk-wifi@wlan1.service
nft add rule inet kiosk input udp dport 67 accept
nft add rule inet kiosk output udp sport 67 accept
mkdir -p /run/systemd/network
cat >/run/systemd/network/05-point.network <<-END
[Match]
Name=wlan1
[Network]
Address=192.168.77.1/24
DHCPServer=yes
END
cat >/run/point.conf <<-END
network={
ssid="NAME"
psk="PASSPHRASE"
mode=2
frequency=2412
key_mgmt=WPA-PSK
proto=RSN
pairwise=CCMP
}
END
networkctl reload || systemctl restart systemd-networkd
modprobe mac80211_hwsim radios=2
wpa_supplicant -B -Dnl80211 -iwlan1 -c/run/point.conf
cat >/run/say.py <<-END
import time
from pathlib import Path
from kiosk_client.wifi import find
while True:
    radio = find(Path("/run/kiosk-wifi"))
    print(radio and radio.state(), flush=True)
    time.sleep(5)
END
systemd-run --property=StandardOutput=file:/dev/ttyS0 --property=Restart=on-failure python3 /run/say.py
"""
"""Two radios of the kernel's own, one of which is an access point that gives addresses."""
AIR_UNIT = """[Service]
Type=oneshot
RemainAfterExit=yes
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
ExecStart=/bin/sh -c "echo {script} | base64 --decode | sh"
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, f"sqlite:///{tmp_path / 'handoff.db'}") as service:
        service.command("sites", "add", SITE)
        yield service


def test_a_file_on_the_first_partition_pairs_the_kiosk_and_is_gone_then(folder: Path, service: Service) -> None:
    disk = new_disk(folder)
    first = esp(disk)
    write(first, folder, service, "HANDOFF.TOML")

    with running(
        folder, disk, credentials={"systemd.unit-dropin.kiosk.service~trial": ALLOWED.format(unit="")}
    ) as machine:
        wait_for(lambda: is_paired(service), STARTS, machine)
        wait_for(lambda: "HANDOFF" not in listed(first).upper(), ANSWERS, machine)

    assert code_on(disk) == 0


def test_a_stick_pairs_the_kiosk_and_keeps_its_file(folder: Path, service: Service) -> None:
    stick = folder / "stick.raw"
    with stick.open("wb") as file:
        file.truncate(STICK)
    tool("mkfs.vfat", stick)
    write(str(stick), folder, service, "handoff.toml")

    with running(
        folder, new_disk(folder), credentials={"systemd.unit-dropin.kiosk.service~trial": ALLOWED.format(unit="")}
    ) as machine:
        plug_in(machine, stick)
        wait_for(lambda: is_paired(service), STARTS, machine)

    assert "handoff" in listed(str(stick))


def test_a_network_that_is_written_down_is_joined_and_gives_an_address(folder: Path, service: Service) -> None:
    disk = new_disk(folder)
    more = f'[wifi]\nname = "{NETWORK}"\npassphrase = "{PASSPHRASE}"\ncountry = "US"\n'
    write(esp(disk), folder, service, "handoff.toml", more)
    script = AIR.replace('"NAME"', f'"{NETWORK}"').replace("PASSPHRASE", PASSPHRASE)
    credentials = {
        "systemd.extra-unit.air.service": AIR_UNIT.format(script=base64.b64encode(script.encode()).decode()),
        "systemd.unit-dropin.kiosk.service~trial": ALLOWED.format(unit="Wants=air.service\nAfter=air.service"),
    }

    with running(folder, disk, credentials=credentials) as machine:
        wait_for(lambda: is_paired(service), STARTS, machine)
        wait_for(lambda: f"State(name='{NETWORK}', address='192.168.77." in machine.console, ANSWERS, machine)


def write(where: str, folder: Path, service: Service, name: str, more: str = "") -> None:
    """A handoff.toml with a new code, onto a FAT file system."""
    code = service.command("kiosks", "add", "--site", SITE).strip()
    written = folder / "written.toml"
    written.write_text(f'address = "http://{HOST}:{service.port}"\ncode = "{code}"\n{more}')
    tool("mcopy", "-i", where, written, f"::/{name}")


def listed(where: str) -> str:
    return tool("mdir", "-b", "-i", where, "::/")


def plug_in(machine: Machine, stick: Path) -> None:
    machine.ask("blockdev-add", driver="raw", **{"node-name": "stick"}, file={"driver": "file", "filename": str(stick)})
    machine.ask("device_add", driver="usb-storage", id="stick", bus="usb.0", drive="stick")


def is_paired(service: Service) -> bool:
    with closing(sqlite3.connect(service.folder / "handoff.db", timeout=60)) as database:
        (count,) = database.execute("SELECT count(*) FROM kiosk WHERE enrolled_at IS NOT NULL").fetchone()
    return bool(count)


def code_on(disk: Path) -> int:
    """How often a line that begins as ours did is still somewhere on the disk."""
    with disk.open("rb") as file:
        return sum(block.count(f'address = "http://{HOST}'.encode()) for block in iter(lambda: file.read(1 << 24), b""))


def wait_for(true: Callable[[], bool], within: float, machine: Machine) -> None:
    """Raises AssertionError with what the machine said last, and leaves a picture of its screen."""
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline or machine.process.poll() is not None:
            machine.look("first-boot-never-came")
            raise AssertionError(machine.console[-3000:])
        time.sleep(1)
