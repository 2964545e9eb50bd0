"""The real image in a real machine's stead: qemu with UEFI firmware, touched, typed at and looked at from outside.

There may be no KVM, so nothing here is quick: a first screen takes minutes. Needs root, as building the image does.
"""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "kiosk_image" / "tools"
BUILT = ROOT / "build" / "kiosk-image"
PICTURES = ROOT / "build" / "pictures" / "image"
WIDTH, HEIGHT = 1280, 800
HOST = "10.0.2.2"
"""This machine, as the kiosk sees it: qemu's user networking leads there to the loopback."""

_AXIS = 0x7FFF  # qemu's touches go from 0 to this
_FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
_SECURE_FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
_VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
_DISK = 2 << 30  # bytes: room for the partition that the first boot makes
_KINDS = {
    "esp": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "root": "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
    "root-verity": "2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5",
}
"""Of partitions on x86-64, as the Discoverable Partitions Specification numbers them."""

_PATIENCE = 0.5  # seconds between two looks


class NoPicture(AssertionError):
    """It did not come in time."""


@dataclass
class Machine:
    """`resets`: how often it began anew. `console`: what came out of its serial line."""

    folder: Path
    process: subprocess.Popen[bytes]
    _connection: socket.socket
    _stream: Any
    resets: int = 0

    @property
    def console(self) -> str:
        file = self.folder / "console.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def ask(self, command: str, **arguments: Any) -> Any:
        """One QMP command and its answer."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._stream.flush()
        while True:
            answer = json.loads(self._stream.readline())
            if "event" in answer:
                self.resets += answer["event"] == "RESET" and answer["data"]["reason"] == "guest-reset"
            elif "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            elif "return" in answer:
                return answer["return"]

    def hang_up(self) -> None:
        """Say no more to it."""
        self._stream.close()
        self._connection.close()

    def look(self, name: str = "") -> Image.Image:
        """What is on the screen. `name`: also kept under build/pictures/image."""
        drawn = self.folder / "screen.png"
        self.ask("screendump", filename=str(drawn), format="png")
        with Image.open(drawn) as file:
            picture = file.convert("RGB")
        if name:
            PICTURES.mkdir(parents=True, exist_ok=True)
            picture.save(PICTURES / f"{name}.png")
        return picture

    def touch(self, x: float, y: float) -> None:
        """A finger comes down on these pixels, rests a moment, and leaves."""
        place = [
            {"type": "mtt", "data": {"type": "data", "slot": 0, "tracking-id": 1, "axis": axis, "value": round(value)}}
            for axis, value in (("x", x / WIDTH * _AXIS), ("y", y / HEIGHT * _AXIS))
        ]
        down = {"type": "mtt", "data": {"type": "begin", "slot": 0, "tracking-id": 1, "axis": "x", "value": 0}}
        up = {"type": "mtt", "data": {"type": "end", "slot": 0, "tracking-id": -1, "axis": "x", "value": 0}}
        self._send([down, *place, _button("touch", down=True)])
        time.sleep(0.15)
        self._send([up, _button("touch", down=False)])

    def press(self, *codes: str) -> None:
        """These keys at once, by qemu's names."""
        self._send([_key(code, down=True) for code in codes])
        time.sleep(0.1)
        self._send([_key(code, down=False) for code in reversed(codes)])

    def wait_for_picture(self, within: float, unlike: Image.Image | None = None, by: float = 0) -> Image.Image:
        """Until the kiosk is on the screen, stands still, and more than this part of it is not what it was before.

        Raises NoPicture with what the machine said last.
        """
        deadline = time.monotonic() + within
        before = None
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.console[-2000:]
            now = self.look()
            still = before is not None and now.tobytes() == before.tobytes()
            if still and is_drawn(now) and (unlike is None or difference(now, unlike) > by):
                return now
            before = now
            time.sleep(_PATIENCE)
        self.look("never-came")
        raise NoPicture(f"no such picture within {within} s:\n{self.console[-2000:]}")

    def watch_until_reset(self, within: float) -> list[Image.Image]:
        """What it showed until it began anew by itself."""
        deadline = time.monotonic() + within
        seen = []
        while not self.resets and time.monotonic() < deadline:
            seen.append(self.look())
            time.sleep(4 * _PATIENCE)
        return seen

    def _send(self, events: list[dict[str, Any]]) -> None:
        self.ask("input-send-event", events=events)


def is_drawn(picture: Image.Image) -> bool:
    """Whether the kiosk is on it: firmware and console are black with a little text, the kiosk is bright."""
    dark = sum(picture.convert("L").histogram()[:40])
    return picture.size == (WIDTH, HEIGHT) and dark < WIDTH * HEIGHT / 2


def difference(one: Image.Image, other: Image.Image, beyond: int = 0) -> float:
    """The part of the screen that differs by more than this, of 255."""
    same = sum(ImageChops.difference(one, other).convert("L").histogram()[: beyond + 1])
    return 1 - same / (WIDTH * HEIGHT)


def image() -> Path:
    """The newest that was built. Raises AssertionError."""
    built = sorted(BUILT.glob("warm-handoff-kiosk_*.raw"), key=lambda file: file.stat().st_mtime)
    assert built, "there is no image: run `make image` first"
    return built[-1]


def new_disk(folder: Path) -> Path:
    """The image as it is written to a disk that is larger."""
    disk = folder / "disk.raw"
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", image(), disk], check=True)
    with disk.open("r+b") as file:
        file.truncate(_DISK)
    return disk


def tool(*command: str | Path) -> str:
    """What a program of the image's tools prints. Raises AssertionError with what it complained of."""
    done = subprocess.run([TOOLS, "run", *command], capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def partition(disk: Path, kind: str) -> int:
    """Where on the disk it begins, in bytes."""
    table = json.loads(tool("sfdisk", "--json", disk))["partitiontable"]
    found = [each["start"] for each in table["partitions"] if each["type"] == _KINDS[kind]]
    assert len(found) == 1, table
    return int(found[0]) * int(table["sectorsize"])


def esp(disk: Path) -> str:
    """The boot loader's partition of a disk, as mtools names it."""
    return f"{disk}@@{partition(disk, 'esp')}"


def command_line(kernel: Path) -> list[str]:
    """What the kernel in the boot loader's file is told."""
    shown = tool("ukify", "--json=short", "--section=.cmdline:text", "inspect", kernel)
    return list(json.loads(shown)[".cmdline"]["text"].split())


@contextmanager
def running(
    folder: Path,
    disk: Path,
    *,
    credentials: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    by_firmware: bool = False,
    secure: bool = False,
) -> Iterator[Machine]:
    """Started with this disk, as it was left. Ended as if the plug were pulled.

    `credentials`: handed to the system in it as systemd's credentials. The image refuses them, so the same kernel is
    then started by qemu itself, with the image's own arguments but that refusal, and not through the firmware.
    `arguments`: more of the kernel's, then.
    `by_firmware`: started by it all the same; what is on the disk does not refuse them.
    `secure`: with firmware that can do Secure Boot, and has no keys until it is given some. The kernel speaks on the
    serial line then: an emulator may add to what it is told, as no mini PC's owner can.
    """
    variables = folder / "firmware-variables.fd"
    if not variables.exists():
        shutil.copy(str(ROOT / "build" / "kiosk-tools") + _VARIABLES, variables)
    address = folder / "qmp"
    address.unlink(missing_ok=True)
    command = [
        *(str(TOOLS), "run", "qemu-system-x86_64", "-nodefaults", "-display", "none"),
        *("-machine", "q35,smm=on" if secure else "q35"),
        *("-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2", "-m", "1024"),  # llvmpipe fails with more
        *("-drive", f"if=pflash,format=raw,readonly=on,file={_SECURE_FIRMWARE if secure else _FIRMWARE}"),
        *("-drive", f"if=pflash,format=raw,file={variables}"),
        *("-drive", f"if=virtio,format=raw,file={disk}"),
        *("-device", f"virtio-vga,xres={WIDTH},yres={HEIGHT}"),
        *("-device", "virtio-multitouch-pci", "-device", "virtio-keyboard-pci", "-device", "qemu-xhci,id=usb"),
        *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"),
        *("-device", "i6300esb", "-serial", f"file:{folder / 'console.log'}"),
        *("-qmp", f"unix:{address},server=on,wait=off"),
    ]
    if secure:
        command += ["-global", "driver=cfi.pflash01,property=secure,value=on"]  # only the firmware may write to them
        command += ["-smbios", "type=11,value=io.systemd.stub.kernel-cmdline-extra=console=ttyS0 loglevel=7"]
    for name, content in (credentials or {}).items():
        encoded = base64.b64encode(content.encode()).decode()
        command += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={encoded}"]
    if credentials is not None and not by_firmware:
        command += _own_start(arguments)
    with (folder / "qemu.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    machine = None
    try:
        connection = _connected(address, process, folder)
        machine = Machine(folder, process, connection, connection.makefile("rwb"))
        machine._stream.readline()  # its greeting
        machine.ask("qmp_capabilities")
        yield machine
    finally:
        if machine is not None:
            machine.hang_up()
        process.kill()
        process.wait(60)


def _own_start(more: Sequence[str]) -> list[str]:
    stem = image().with_suffix("")
    arguments = [each for each in command_line(Path(f"{stem}.efi")) if each != "systemd.import_credentials=no"]
    return [
        "-kernel",
        f"{stem}.vmlinuz",
        "-initrd",
        f"{stem}.initrd",
        "-append",
        " ".join([*arguments, "console=ttyS0", *more]),
    ]


def _connected(address: Path, process: subprocess.Popen[bytes], folder: Path) -> socket.socket:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            time.sleep(0.1)
            continue
        connection.settimeout(120)
        return connection
    raise AssertionError(f"qemu did not start:\n{(folder / 'qemu.log').read_text()[-2000:]}")


def _button(name: str, *, down: bool) -> dict[str, Any]:
    return {"type": "btn", "data": {"button": name, "down": down}}


def _key(code: str, *, down: bool) -> dict[str, Any]:
    return {"type": "key", "data": {"key": {"type": "qcode", "data": code}, "down": down}}
