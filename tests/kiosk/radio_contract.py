"""What holds for our stand-in of wpa_supplicant and for the real one without a radio: nothing is in range of either.

`python -m tests.kiosk.radio_contract FOLDER` starts the real one in this folder and holds it to all of it. It must
run as root of a network of its own.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk_client.wifi import NotJoined, Radio, WrongPassphrase, find

_STARTS = 30.0  # seconds


def nothing_is_joined_at_first(radio: Radio) -> None:
    assert radio.state().name == ""
    assert radio.networks() == []


def what_is_not_in_range_is_not_joined_and_not_kept(radio: Radio) -> None:
    with pytest.raises(NotJoined):
        radio.join("Harbor House", "a long walk home", "US")
    with pytest.raises(NotJoined):
        radio.join("Café Größe 5", "")

    with radio._connected() as line:
        assert line.ask("LIST_NETWORKS").splitlines()[1:] == []


def what_can_be_no_passphrase_is_known_at_once(radio: Radio) -> None:
    for passphrase in ("short", "x" * 65):
        with pytest.raises(WrongPassphrase):
            radio.join("Harbor House", passphrase)


def a_passphrase_may_have_every_sign(radio: Radio) -> None:
    with pytest.raises(NotJoined):  # and not WrongPassphrase
        radio.join("Harbor House", '"quoted" \\ #\'$%&')


CONTRACT: tuple[Callable[[Radio], None], ...] = (
    nothing_is_joined_at_first,
    what_is_not_in_range_is_not_joined_and_not_kept,
    what_can_be_no_passphrase_is_known_at_once,
    a_passphrase_may_have_every_sign,
)


def hurried(folder: Path) -> Radio:
    """The one in this folder, which does not wait as long for what never comes."""
    deadline = time.monotonic() + _STARTS
    while (found := find(folder)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found is not None
    return replace(found, scans=0.5, joins=0.5)


def main(folder: Path) -> None:
    control = folder / "control"
    (folder / "networks.conf").touch()
    (folder / "control.conf").write_text(f"ctrl_interface=DIR={control}\nupdate_config=1\n")
    command = ["/usr/sbin/wpa_supplicant", "-Dnone", "-ilo", "-cnetworks.conf", "-Icontrol.conf"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        for holds in CONTRACT:
            holds(hurried(control))
            sys.stdout.write(f"{holds.__name__}\n")
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
