"""A radio for tests: something that answers as wpa_supplicant does, with networks in range that we choose."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class InRange:
    """An access point. `name`: as wpa_supplicant writes it, with escapes. `passphrase`: "" for an open one."""

    name: str
    signal: int = -50
    passphrase: str = ""
    flags: str = ""

    @property
    def shown_flags(self) -> str:
        return self.flags or ("[WPA2-PSK-CCMP][ESS]" if self.passphrase else "[ESS]")


@dataclass
class FakeSupplicant:
    """`saved`: the names of the networks in what it keeps. `known`: those that it has now, by number."""

    in_range: list[InRange] = field(default_factory=list)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    saved: list[str] = field(default_factory=list)
    country: str = ""
    joined: str = ""
    _numbers: int = 0

    def answers(self, request: str) -> Iterator[str]:
        """The answer, and what is told to whoever listens."""
        verb, *rest = request.split(" ", 3)
        match verb, rest:
            case "SCAN", _:
                yield "OK\n"
                yield "<3>CTRL-EVENT-SCAN-STARTED "
                yield "<3>CTRL-EVENT-SCAN-RESULTS "
            case "BSS", [asked, *_]:
                yield self._seen(0 if asked == "FIRST" else int(asked.removeprefix("NEXT-")) + 1)
            case "ADD_NETWORK", _:
                number, self._numbers = str(self._numbers), self._numbers + 1
                self.known[number] = {}
                yield f"{number}\n"
            case "SET_NETWORK", [number, "psk", value]:
                self.known[number]["psk"] = value.strip('"')
                yield "OK\n" if 8 <= len(value) - 2 <= 63 else "FAIL\n"
            case "SET_NETWORK", [number, key, value]:
                self.known[number][key] = value
                yield "OK\n"
            case "SELECT_NETWORK", [number]:
                yield "OK\n"
                yield from self._tried(number)
            case "REMOVE_NETWORK", [number]:
                yield "OK\n" if self.known.pop(number, None) is not None else "FAIL\n"
            case "LIST_NETWORKS", _:
                rows = [f"{number}\t{self._name(number)}\tany\t\n" for number in self.known]
                yield "network id / ssid / bssid / flags\n" + "".join(rows)
            case "SET", ["country", country]:
                self.country = country
                yield "OK\n"
            case "SAVE_CONFIG", _:
                self.saved = [self._name(number) for number in self.known]
                yield "OK\n"
            case "STATUS", _:
                yield f"wpa_state=COMPLETED\nssid={self.joined}\n" if self.joined else "wpa_state=INACTIVE\n"
            case (("ATTACH" | "ENABLE_NETWORK" | "REASSOCIATE"), _):
                yield "OK\n"
            case _:
                yield "UNKNOWN COMMAND\n"

    def _name(self, number: str) -> str:
        return bytes.fromhex(self.known[number]["ssid"]).decode()

    def _seen(self, index: int) -> str:
        if index >= len(self.in_range):
            return ""
        one = self.in_range[index]
        return f"id={index}\nlevel={one.signal}\nflags={one.shown_flags}\nssid={one.name}\n"

    def _tried(self, number: str) -> Iterator[str]:
        name = self._name(number)
        for one in self.in_range:
            if one.name == name and one.passphrase == self.known[number].get("psk", ""):
                self.joined = name
                yield "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:00:00 completed [id=0 id_str=]"
                return
            if one.name == name:
                yield (
                    f'<3>CTRL-EVENT-SSID-TEMP-DISABLED id={number} ssid="{name}" auth_failures=1 duration=10 '
                    "reason=WRONG_KEY"
                )
                return
        yield "<3>CTRL-EVENT-NETWORK-NOT-FOUND "


@contextmanager
def fake_radio(folder: Path, *in_range: InRange) -> Iterator[FakeSupplicant]:
    """Its control socket is in this folder."""
    supplicant, stop = FakeSupplicant(list(in_range)), threading.Event()
    folder.mkdir(exist_ok=True)

    def serve() -> None:
        while not stop.is_set():
            try:
                request, whom = listening.recvfrom(4096)
            except TimeoutError:
                continue
            for answer in supplicant.answers(request.decode()):
                listening.sendto(answer.encode(), whom)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(folder / "wlan0"))
        listening.settimeout(0.1)
        thread = threading.Thread(target=serve, name="radio")
        thread.start()
        try:
            yield supplicant
        finally:
            stop.set()
            thread.join()
            (folder / "wlan0").unlink()
