"""The screen of a kiosk that is not paired yet: service address and code, by keys, by a scanner or by file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from typing import Any

from kiosk_client.keypad import Key
from kiosk_client.view import Action, Field, Look, Paragraphs, Tap, Touch, Typing, View
from kiosk_client.views import Manner
from shared_schema import pairing_link
from shared_schema.yaml_files import read_yaml

_LONGEST = {"address": 120, "code": 12}
_LEAVES_AFTER = 300.0  # seconds without a touch
_AGAIN_AFTER = (5.0, 10.0, 20.0, 30.0)  # seconds; the last one from then on
_KEYS = {Key.OK: Action.NEXT, Key.ERASE: Action.ERASE}


class SetUp:
    """`pair`: called with address and code, may take its time; `failed` says that it did not work.

    `leave`: called when staff change their mind; None where there is nothing to go back to. `address`, `code`: where it
    was paired before, or what is written down for it (see `begin`). `wifi`: what opens the
    choice of a wireless network; None as long as the machine has no radio, which may come late.
    """

    foreseen: tuple[View, ...] = ()
    manner = Manner()
    focus = None
    hidden = False

    def __init__(
        self,
        pair: Callable[[str, str], None],
        problem: str = "",
        leave: Callable[[], None] | None = None,
        address: str = "",
        code: str = "",
        wifi: Callable[[], Callable[[], None] | None] = lambda: None,
    ) -> None:
        self._texts: dict[str, Any] = read_yaml(files("kiosk_client") / "setup.yaml")
        self._typed = {"address": address, "code": code}
        self._active = "code" if address else "address"
        self._problem = problem
        self._pairing = False
        self._pair = pair
        self._leave = leave
        self._wifi = wifi
        self._touched_at: float | None = None
        self._line = ""
        self._tries: int | None = None
        self._again_at: float | None = None

    def begin(self) -> None:
        """Pair with what is written down, if that is whole: again and again while nobody answers, since the network may
        come later, until somebody touches a key."""
        if all(self._typed.values()) and not self._problem:
            self._tries = 0
            self._try()

    @property
    def view(self) -> View:
        return self._trouble if self._problem else self._asking

    @property
    def _asking(self) -> View:
        texts = self._texts
        erase = Touch(Tap(Action.ERASE), texts["erase"], "erase", Look.KEY)
        rows = tuple(tuple(_key(letter) for letter in row) for row in texts["keys"])
        view = View(
            "setup",
            texts["title"],
            Typing((self._field("address"), self._field("code")), (*rows[:-1], (*rows[-1], erase))),
            help=texts["help"],
            quiet=self._quiet,
            act=(Touch(Tap(Action.PAIR), texts["pair"], "check", Look.ACT, enabled=all(self._typed.values())),),
        )
        return replace(view, help=texts["pairing"], act=()) if self._pairing else view

    @property
    def _trouble(self) -> View:
        """On a screen of its own: beside the keys there is no room for a sentence that helps."""
        texts = self._texts
        lines = (self._problem, *([texts["again"]] if self._tries is not None else []))
        ok = Touch(Tap(Action.BACK), texts["ok"], "check", Look.ACT)
        return View("setup-trouble", texts["trouble"], Paragraphs("alert", lines), quiet=self._quiet, act=(ok,))

    @property
    def _quiet(self) -> tuple[Touch, ...]:
        close = Touch(Tap(Action.CANCEL), self._texts["close"], "arrow-left", Look.QUIET)
        wifi = Touch(Tap(Action.WIFI), self._texts["wifi"], look=Look.QUIET)
        return (*((close,) if self._leave else ()), *((wifi,) if self._wifi() else ()))

    def tap(self, tap: Tap, _now: datetime, _seconds: float) -> None:
        if self._pairing:
            return
        is_read = bool(self._problem) and tap.action in {Action.BACK, Action.NEXT}
        self._tries, self._again_at, self._problem = None, None, ""
        if is_read:
            return
        typed = self._typed[self._active]
        match tap.action:
            case Action.CANCEL if self._leave is not None:
                self._leave()
            case Action.WIFI if (choose := self._wifi()) is not None:
                choose()
            case Action.FIELD:
                self._active = tap.value
            case Action.TYPE if self._is_scanned(tap.value):
                self._active = "code"
            case Action.TYPE if len(typed) < _LONGEST[self._active] and not tap.value.isspace():
                self._typed[self._active] = typed + (tap.value.upper() if self._active == "code" else tap.value)
            case Action.ERASE:
                self._line = self._line[:-1]
                self._typed[self._active] = typed[:-1]
            case Action.NEXT if self._active == "address":
                self._active = "code"
            case Action.PAIR | Action.NEXT if all(self._typed.values()):
                self._try()

    def touched(self, seconds: float) -> None:
        self._touched_at = seconds

    def corner(self, _seconds: float) -> None:
        """Staff are here already."""

    def type(self, letter: str, now: datetime, seconds: float) -> None:
        self.tap(Tap(Action.TYPE, letter), now, seconds)

    def key(self, key: Key, now: datetime, seconds: float) -> None:
        """A real keyboard types like the one on the screen."""
        if key in _KEYS:
            self.tap(Tap(_KEYS[key]), now, seconds)

    def tick(self, seconds: float) -> None:
        """Nobody is hurried who sets a kiosk up. One that is paired does not stay here when staff went away."""
        self._touched_at = seconds if self._touched_at is None else self._touched_at
        if self._leave is not None and seconds - self._touched_at >= _LEAVES_AFTER:
            self._leave()
        if self._tries is None or self._pairing:
            return
        if self._again_at is None:
            self._again_at = seconds + _AGAIN_AFTER[min(self._tries, len(_AGAIN_AFTER)) - 1]
        elif seconds >= self._again_at:
            self._try()

    def recover(self) -> None:
        """What was typed stays: it is staff's own."""
        self._pairing = False

    def failed(self, sentence: str, *, may_retry: bool = False) -> None:
        """It did not work; what was typed stays, to be mended. `may_retry`: or to be tried again as it is."""
        self._pairing, self._problem = False, sentence
        if not may_retry:
            self._tries = None

    def _try(self) -> None:
        self._pairing, self._problem = True, ""
        if self._tries is not None:
            self._tries, self._again_at = self._tries + 1, None
        self._pair(self._typed["address"], self._typed["code"])

    def _is_scanned(self, letter: str) -> bool:
        """Whether this is the last letter of a pairing link, whichever field it is typed into. Both are known then."""
        self._line = (self._line + letter)[-pairing_link.LONGEST :]
        found = pairing_link.read(self._line)
        if found is not None:
            self._typed["address"], self._typed["code"] = found
        return found is not None

    def _field(self, name: str) -> Field:
        texts = self._texts
        tap = Tap(Action.FIELD, name)
        return Field(self._typed[name], texts[f"{name}_hint"], texts[name], active=self._active == name, tap=tap)


def _key(letter: str) -> Touch:
    return Touch(Tap(Action.TYPE, letter), letter, look=Look.KEY)
