"""The wireless network, by the control socket of wpa_supplicant: what is in range, joining it, how it is.

Calls take from milliseconds (`state`) to half a minute (`join`): not for the window's thread. The protocol is that of
wpa_supplicant's wpa_ctrl.c: a datagram for each request and each answer.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ANSWERS = 10.0  # seconds
_MOST = 500  # networks in range; more is a fault of the other side
_ID, _LEVEL, _FLAGS, _SSID = 1 << 0, 1 << 7, 1 << 11, 1 << 12  # WPA_BSS_MASK_* of its ctrl_iface.h
_ESCAPED = re.compile(rb'\\(x[0-9a-f]{2}|[\\"ne]|r|t)')
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"e": b"\x1b"}


class WifiError(Exception):
    """Its base: nothing came of it."""


class NoRadio(WifiError):
    """Whoever looks after the radio does not answer, or refuses what nobody should refuse."""


class WrongPassphrase(WifiError):
    """The network is there and does not take it."""


class NotJoined(WifiError):
    """The network is not in range, or does not answer."""


@dataclass(frozen=True)
class Network:
    """`signal`: dBm, -30 is beside the access point, -80 is hardly there. `is_open`: it asks for no passphrase."""

    name: str
    signal: int
    is_open: bool


@dataclass(frozen=True)
class State:
    """`name`: the network that is joined, "" for none. `address`: what it gave this machine, "" for nothing yet."""

    name: str = ""
    address: str = ""


def find(folder: Path | None) -> "Radio | None":
    """The machine's radio, by its socket in this folder; None when it has none."""
    try:
        sockets = sorted(each for each in folder.iterdir() if each.is_socket()) if folder else []
    except OSError:
        return None
    own = [each for each in sockets if not each.name.startswith("p2p-")]
    return Radio(own[0]) if own else None


@dataclass(frozen=True)
class Radio:
    """`control`: the socket. `scans`, `joins`: seconds that are waited for at most; a busy access point takes some."""

    control: Path
    scans: float = 15.0
    joins: float = 40.0

    def networks(self) -> list[Network]:
        """Those in range that can be joined here, the strongest first, each name once. Raises NoRadio."""
        with self._connected() as line:
            line.ask("ATTACH")
            line.ask("SCAN")  # also a refusal will do: then one is under way
            line.wait_for(self.scans, "CTRL-EVENT-SCAN-RESULTS", "CTRL-EVENT-SCAN-FAILED")
            found: dict[str, Network] = {}
            for network in filter(None, map(_network, line.seen())):
                if network.name not in found or found[network.name].signal < network.signal:
                    found[network.name] = network
        return sorted(found.values(), key=lambda network: (-network.signal, network.name))

    def state(self) -> State:
        """Raises NoRadio."""
        with self._connected() as line:
            return _state(line)

    def join(self, name: str, passphrase: str, country: str = "") -> None:
        """From now on this network and no other, also at the next start. What did not work is forgotten again, and the
        one before comes back.

        `passphrase`: "" for an open one. `country`: whose rules the radio keeps, "" for what it knows.
        Raises WrongPassphrase, NotJoined, NoRadio.
        """
        with self._connected() as line:
            line.ask("ATTACH")
            if country:
                line.ask(f"SET country {country}", required=True)
            number = line.ask("ADD_NETWORK", required=True).strip()
            try:
                _describe(line, number, name, passphrase)
                line.ask(f"SELECT_NETWORK {number}", required=True)
                _await_join(line, number, self.joins)
            except WifiError:
                line.ask(f"REMOVE_NETWORK {number}")
                line.ask("ENABLE_NETWORK all")
                line.ask("REASSOCIATE")
                raise
            for other in _numbers(line.ask("LIST_NETWORKS")):
                if other != number:
                    line.ask(f"REMOVE_NETWORK {other}")
            line.ask("SAVE_CONFIG", required=True)

    @contextmanager
    def _connected(self) -> Iterator["_Line"]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            try:
                ours.bind("")  # a name of the kernel's choice that needs no folder which both may write to
                ours.connect(str(self.control))
            except OSError:
                raise NoRadio from None
            yield _Line(ours)


class _Line:
    """One conversation. What it is told between answers is kept for `wait_for`."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        self._told: list[str] = []

    def ask(self, request: str, *, required: bool = False) -> str:
        """The answer. `required`: raises NoRadio when it is a refusal."""
        try:
            self._socket.send(request.encode())
        except OSError:
            raise NoRadio from None
        deadline = time.monotonic() + _ANSWERS
        while (answer := self._receive(deadline)) is not None:
            if answer.startswith("<"):
                self._told.append(answer)
            elif required and answer.startswith(("FAIL", "UNKNOWN COMMAND")):
                raise NoRadio
            else:
                return answer
        raise NoRadio

    def wait_for(self, seconds: float, *events: str) -> str:
        """The first of these that it is told of, with its details; "" when none comes in time."""
        deadline = time.monotonic() + seconds
        told: str | None = ""
        while told is not None:
            told = self._told.pop(0) if self._told else self._receive(deadline)
            if told is not None and told.partition(">")[2].startswith(events):
                return told.partition(">")[2]
        return ""

    def seen(self) -> Iterator[dict[str, str]]:
        """What the last scan has found, one network after another: all in one answer would be cut."""
        mask = f"MASK={_ID | _LEVEL | _FLAGS | _SSID:#x}"
        asked = "FIRST"
        for _ in range(_MOST):
            one = dict(line.partition("=")[::2] for line in self.ask(f"BSS {asked} {mask}").splitlines())
            if "id" not in one:
                return
            yield one
            asked = f"NEXT-{one['id']}"

    def _receive(self, deadline: float) -> str | None:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            return self._socket.recv(64 * 1024).decode("utf-8", "replace")
        except TimeoutError:
            return None
        except OSError:
            raise NoRadio from None


def _describe(line: _Line, number: str, name: str, passphrase: str) -> None:
    """Raises NoRadio, or WrongPassphrase for what cannot be one."""
    settings = {"ssid": name.encode().hex(), "scan_ssid": "1", "key_mgmt": "WPA-PSK SAE", "ieee80211w": "1"}
    if not passphrase:
        settings["key_mgmt"] = "NONE"
    for key, value in settings.items():
        line.ask(f"SET_NETWORK {number} {key} {value}", required=True)
    if passphrase and line.ask(f'SET_NETWORK {number} psk "{passphrase}"').startswith("FAIL"):
        raise WrongPassphrase


def _await_join(line: _Line, number: str, seconds: float) -> None:
    event = line.wait_for(seconds, "CTRL-EVENT-CONNECTED", f"CTRL-EVENT-SSID-TEMP-DISABLED id={number} ")
    if "reason=WRONG_KEY" in event:
        raise WrongPassphrase
    if not event.startswith("CTRL-EVENT-CONNECTED"):
        raise NotJoined


def _numbers(listed: str) -> list[str]:
    """Of LIST_NETWORKS, whose first line is a heading."""
    return [line.partition("\t")[0] for line in listed.splitlines()[1:]]


def _state(line: _Line) -> State:
    told = dict(each.partition("=")[::2] for each in line.ask("STATUS").splitlines())
    if told.get("wpa_state") != "COMPLETED":
        return State()
    return State(_name(told.get("ssid", "")), told.get("ip_address", ""))


def _network(seen: dict[str, str]) -> Network | None:
    """None for one that hides its name, or asks for more than a passphrase."""
    name, flags = _name(seen.get("ssid", "")), seen.get("flags", "")
    is_open = not re.search(r"WPA|WEP|RSN|OWE|DPP|OSEN", flags)
    if not name or not name.isprintable() or not (is_open or re.search(r"PSK|SAE", flags)):
        return None
    return Network(name, int(seen.get("level") or -100), is_open)


def _name(escaped: str) -> str:
    """As wpa_supplicant's printf_encode wrote it; "" for what is no text."""

    def plain(found: re.Match[bytes]) -> bytes:
        what = found[1]
        return bytes([int(what[1:], 16)]) if what[:1] == b"x" else _PLAIN.get(what, what)

    try:
        return _ESCAPED.sub(plain, escaped.encode()).decode().strip("\0")
    except UnicodeDecodeError:
        return ""
