from pathlib import Path

import pytest

from kiosk_client.headset import Headset

INPUTS = """I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
H: Handlers=kbd event0
B: EV=3

I: Bus=0000 Vendor=0000 Product=0000 Version=0000
N: Name="HDA Intel Front Headphone"
H: Handlers=event7
B: EV=21
B: SW=4

I: Bus=0000 Vendor=0000 Product=0000 Version=0000
N: Name="HDA Intel Mic"
H: Handlers=event8
B: EV=21
B: SW=10
"""


class Machine:
    """`jack`: the switches of event7. `asked`: which devices were looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jack = 0
        self.asked: list[str] = []
        (folder / "inputs").write_text(INPUTS)

    def card(self, number: int, *, usb: bool, plays: bool = True) -> None:
        card = self.folder / f"card{number}"
        (card / ("pcm0p" if plays else "pcm0c")).mkdir(parents=True)
        if usb:
            (card / "usbid").write_text("0d8c:0014")

    def headset(self) -> Headset:
        return Headset(self.folder, self.folder / "inputs", self.folder, self._switches)

    def _switches(self, device: Path) -> int:
        self.asked.append(device.name)
        return self.jack


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.card(0, usb=False)
    return machine


def test_without_a_headset_there_is_none(machine: Machine) -> None:
    assert machine.headset().device() is None


def test_a_plug_in_the_jack_is_heard_through_the_machines_own_card(machine: Machine) -> None:
    headset = machine.headset()
    machine.jack = 4

    assert headset.device() == "default"
    assert machine.asked == ["event7"], "a microphone is nobody's business"


def test_a_usb_headset_that_comes_later_is_played_through(machine: Machine) -> None:
    machine.card(1, usb=True)
    headset = machine.headset()
    assert headset.device() is None, "this one belongs to the kiosk"
    machine.card(2, usb=True, plays=False)
    assert headset.device() is None, "a microphone plays nothing"
    machine.card(3, usb=True)

    assert headset.device() == "plughw:3"


def test_a_machine_without_any_sound_has_no_headset(tmp_path: Path) -> None:
    assert Headset(tmp_path / "none", tmp_path / "none", tmp_path).device() is None


def test_a_device_that_may_not_be_read_counts_as_unplugged(machine: Machine) -> None:
    headset = Headset(machine.folder, machine.folder / "inputs", machine.folder / "none")

    assert headset.device() is None
