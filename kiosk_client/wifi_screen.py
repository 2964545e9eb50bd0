"""The screens that bring a kiosk into a wireless network: those in range, the passphrase, what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any

from kiosk_client.keypad import Key
from kiosk_client.view import Action, Body, Field, Look, Paragraphs, Tap, Tiles, Touch, Typing, View
from kiosk_client.views import Manner
from kiosk_client.wifi import Network
from shared_schema.yaml_files import read_yaml

_PAGE = 6  # networks on a screen
_LONGEST = 63  # letters of a passphrase (IEEE 802.11)
_SHORTEST = 8
_STRONG, _GOOD = -60, -75  # dBm
_LEAVES_AFTER = 300.0  # seconds without a touch
_KEYS = {Key.OK: Action.NEXT, Key.ERASE: Action.ERASE, Key.BACK: Action.BACK}


@dataclass(frozen=True)
class Acts:
    """`look` and `join` (a name, a passphrase) take their time and end in `found`, `joined` or `failed`."""

    look: Callable[[], None]
    join: Callable[[str, str], None]
    leave: Callable[[], None]


class _At(StrEnum):
    LOOKING = "looking"
    LIST = "list"
    ASKING = "passphrase"
    JOINING = "joining"
    JOINED = "joined"
    FAILED = "failed"


class WifiScreen:
    """It looks for networks as soon as it is made."""

    foreseen: tuple[View, ...] = ()
    manner = Manner()
    focus = None
    hidden = False

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._at = _At.LOOKING
        self._networks: Sequence[Network] = ()
        self._now_in = ""
        self._first = 0
        self._chosen = Network("", 0, is_open=True)
        self._typed = ""
        self._capitals = self._signs = False
        self._trouble = ""
        self._touched_at: float | None = None
        acts.look()

    # What came of it

    def found(self, networks: Sequence[Network], now_in: str) -> None:
        """Those in range, the strongest first. `now_in`: the one that is joined, "" for none."""
        if self._at is _At.LOOKING:
            self._networks, self._now_in, self._first = networks, now_in, 0
            self._at = _At.LIST

    def joined(self) -> None:
        self._now_in, self._typed = self._chosen.name, ""
        self._at = _At.JOINED

    def failed(self, why: str) -> None:
        """`why`: a word of wifi.yaml. What was typed stays, to be mended."""
        self._trouble = self._texts[why].format(name=self._chosen.name)
        self._at = _At.FAILED

    # Taps

    def tap(self, tap: Tap, _now: datetime, _seconds: float) -> None:
        match self._at, tap.action:
            case ((_At.LOOKING | _At.LIST | _At.JOINED), (Action.CANCEL | Action.DONE)):
                self._leave()
            case _At.JOINED, Action.NEXT:
                self._leave()
            case _At.LIST, Action.CHOOSE:
                self._choose(int(tap.value))
            case _At.LIST, Action.PAGE:
                self._first = self._first + _PAGE if self._first + _PAGE < len(self._networks) else 0
            case _At.LIST, Action.AGAIN:
                self._at = _At.LOOKING
                self._acts.look()
            case _At.ASKING, _:
                self._type(tap)
            case _At.FAILED, (Action.BACK | Action.NEXT):
                self._at = _At.LIST if self._chosen.is_open else _At.ASKING

    def _choose(self, index: int) -> None:
        self._chosen, self._typed = self._networks[index], ""
        if self._chosen.is_open:
            self._join()
        else:
            self._capitals = self._signs = False
            self._at = _At.ASKING

    def _type(self, tap: Tap) -> None:
        match tap.action:
            case Action.TYPE if len(self._typed) < _LONGEST and tap.value.isascii() and tap.value.isprintable():
                self._typed += tap.value
            case Action.ERASE:
                self._typed = self._typed[:-1]
            case Action.CAPITALS:
                self._capitals = not self._capitals
            case Action.ACCENTS:
                self._signs = not self._signs
            case Action.BACK:
                self._typed = ""
                self._at = _At.LIST
            case Action.NEXT if len(self._typed) >= _SHORTEST:
                self._join()

    def _join(self) -> None:
        self._at = _At.JOINING
        self._acts.join(self._chosen.name, self._typed)

    def _leave(self) -> None:
        self._typed = ""
        self._acts.leave()

    def touched(self, seconds: float) -> None:
        self._touched_at = seconds

    def corner(self, _seconds: float) -> None:
        """Staff are here already."""

    def type(self, letter: str, now: datetime, seconds: float) -> None:
        self._touched_at = seconds
        self.tap(Tap(Action.TYPE, letter), now, seconds)

    def key(self, key: Key, now: datetime, seconds: float) -> None:
        if key in _KEYS:
            self._touched_at = seconds
            self.tap(Tap(_KEYS[key]), now, seconds)

    def tick(self, seconds: float) -> None:
        """A half-typed passphrase does not stay when staff went away."""
        self._touched_at = seconds if self._touched_at is None else self._touched_at
        if self._at is not _At.JOINING and seconds - self._touched_at >= _LEAVES_AFTER:
            self._leave()

    def recover(self) -> None:
        self._leave()

    # What is shown

    @cached_property
    def _texts(self) -> dict[str, Any]:
        texts: dict[str, Any] = read_yaml(files("kiosk_client") / "wifi.yaml")
        return texts

    @property
    def view(self) -> View:
        texts = self._texts
        close = Touch(Tap(Action.CANCEL), texts["close"], "arrow-left", Look.QUIET)
        match self._at:
            case _At.LOOKING:
                return self._saying("search", texts["looking"], left=(close,))
            case _At.LIST:
                return self._list(close)
            case _At.ASKING:
                return self._asking()
            case _At.JOINING:
                return self._saying("search", texts["joining"].format(name=self._chosen.name), left=(close,))
            case _At.JOINED:
                done = Touch(Tap(Action.DONE), texts["ok"], "check", Look.ACT)
                return self._saying("check", texts["success"].format(name=self._now_in), act=(done,))
            case _At.FAILED:
                ok = Touch(Tap(Action.BACK), texts["ok"], "check", Look.ACT)
                return self._saying("alert", self._trouble, texts["failed"], act=(ok,))

    def _saying(
        self,
        icon: str,
        line: str,
        title: str = "",
        left: tuple[Touch, ...] = (),
        act: tuple[Touch, ...] = (),
    ) -> View:
        return View(f"wifi-{self._at}", title or self._texts["title"], Paragraphs(icon, (line,)), left=left, act=act)

    def _list(self, close: Touch) -> View:
        texts = self._texts
        again = Touch(Tap(Action.AGAIN), texts["again"], "return", Look.QUIET)
        more = Touch(Tap(Action.PAGE), texts["more"], "arrow-right", Look.QUIET, onward=True)
        shown = range(self._first, min(self._first + _PAGE, len(self._networks)))
        body: Body = Tiles(tuple(map(self._tile, shown)))
        if not shown:
            body = Paragraphs("alert", (texts["none"], texts["none_help"]))
        return View(
            "wifi-list",
            texts["title"],
            body,
            help=texts["joined"].format(name=self._now_in) if self._now_in else "",
            left=(close,),
            quiet=(again, *((more,) if len(self._networks) > _PAGE else ())),
        )

    def _tile(self, index: int) -> Touch:
        network, texts = self._networks[index], self._texts
        strength = "strong" if network.signal >= _STRONG else "good" if network.signal >= _GOOD else "weak"
        how = texts["now_in" if network.name == self._now_in else "open" if network.is_open else "protected"]
        detail = how.format(strength=texts[strength])
        return Touch(Tap(Action.CHOOSE, str(index)), network.name, detail=detail)

    def _asking(self) -> View:
        texts = self._texts
        rows = texts["sign_keys" if self._signs else "keys"]
        letters = tuple(
            tuple(_key(letter.upper() if self._capitals and not self._signs else letter) for letter in row)
            for row in rows
        )
        last = (
            Touch(Tap(Action.CAPITALS), texts["small" if self._capitals else "capitals"], look=Look.KEY),
            Touch(Tap(Action.ACCENTS), texts["letters" if self._signs else "signs"], look=Look.KEY),
            Touch(Tap(Action.TYPE, " "), texts["space"], look=Look.KEY),
            Touch(Tap(Action.ERASE), texts["erase"], "erase", Look.KEY),
        )
        return View(
            "wifi-passphrase",
            texts["passphrase"].format(name=self._chosen.name),
            Typing((Field(self._typed, texts["passphrase_hint"]),), (*letters, last[1:] if self._signs else last)),
            quiet=(Touch(Tap(Action.BACK), texts["back"], "arrow-left", Look.QUIET),),
            act=(Touch(Tap(Action.NEXT), texts["join"], "check", Look.ACT, enabled=len(self._typed) >= _SHORTEST),),
        )


def _key(letter: str) -> Touch:
    return Touch(Tap(Action.TYPE, letter), letter, look=Look.KEY)
