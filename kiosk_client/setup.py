"""The screen of a kiosk that is not paired yet: service address and code, typed by a staff member."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from typing import Any

from kiosk_client.keypad import Key
from kiosk_client.view import Action, Field, Look, Tap, Touch, Typing, View
from kiosk_client.views import Manner
from shared_schema.yaml_files import read_yaml

_LONGEST = {"address": 120, "code": 12}
_LEAVES_AFTER = 300.0  # seconds without a touch
_KEYS = {Key.OK: Action.NEXT, Key.ERASE: Action.ERASE}


class SetUp:
    """`pair`: called with address and code, may take its time; `failed` says that it did not work.

    `leave`: called when staff change their mind; None where there is nothing to go back to. `address`: where it was
    paired before.
    """

    manner = Manner()
    focus = None
    hidden = False

    def __init__(
        self,
        pair: Callable[[str, str], None],
        problem: str = "",
        leave: Callable[[], None] | None = None,
        address: str = "",
    ) -> None:
        self._texts: dict[str, Any] = read_yaml(files("kiosk_client") / "setup.yaml")
        self._typed = {"address": address, "code": ""}
        self._active = "code" if address else "address"
        self._problem = problem
        self._pairing = False
        self._pair = pair
        self._leave = leave
        self._touched_at: float | None = None

    @property
    def foreseen(self) -> tuple[View, ...]:
        return ()

    @property
    def view(self) -> View:
        texts = self._texts
        erase = Touch(Tap(Action.ERASE), texts["erase"], "erase", Look.KEY)
        rows = tuple(tuple(_key(letter) for letter in row) for row in texts["keys"])
        view = View(
            "setup",
            texts["title"],
            Typing((self._field("address"), self._field("code")), (*rows[:-1], (*rows[-1], erase))),
            help=self._problem or texts["help"],
            warning=bool(self._problem),
            quiet=(Touch(Tap(Action.CANCEL), texts["close"], "arrow-left", Look.QUIET),) if self._leave else (),
            act=(Touch(Tap(Action.PAIR), texts["pair"], "check", Look.ACT, enabled=all(self._typed.values())),),
        )
        return replace(view, help=texts["pairing"], warning=False, act=()) if self._pairing else view

    def tap(self, tap: Tap, _now: datetime, _seconds: float) -> None:
        if self._pairing:
            return
        typed = self._typed[self._active]
        match tap.action:
            case Action.CANCEL if self._leave is not None:
                self._leave()
            case Action.FIELD:
                self._active = tap.value
            case Action.TYPE if len(typed) < _LONGEST[self._active] and not tap.value.isspace():
                self._typed[self._active] = typed + (tap.value.upper() if self._active == "code" else tap.value)
            case Action.ERASE:
                self._typed[self._active] = typed[:-1]
            case Action.NEXT if self._active == "address":
                self._active = "code"
            case Action.PAIR | Action.NEXT if all(self._typed.values()):
                self._pairing, self._problem = True, ""
                self._pair(self._typed["address"], self._typed["code"])

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

    def recover(self) -> None:
        """What was typed stays: it is staff's own."""
        self._pairing = False

    def failed(self, sentence: str) -> None:
        """It did not work; what was typed stays, to be mended."""
        self._pairing, self._problem = False, sentence

    def _field(self, name: str) -> Field:
        texts = self._texts
        tap = Tap(Action.FIELD, name)
        return Field(self._typed[name], texts[f"{name}_hint"], texts[name], active=self._active == name, tap=tap)


def _key(letter: str) -> Touch:
    return Touch(Tap(Action.TYPE, letter), letter, look=Look.KEY)
