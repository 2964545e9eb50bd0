"""The staff's corner of the kiosk: behind a PIN, how the kiosk is and what can be tried. Nothing about any participant.

Opened by holding the top right corner of the first screen. It shows what `health` says and does what `acts` offers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from kiosk_client.keypad import Key
from kiosk_client.sender import Contact
from kiosk_client.spool import Counts
from kiosk_client.view import Action, Field, Look, Paragraphs, Tap, Touch, Typing, View
from kiosk_client.views import Manner
from shared_schema import pin
from shared_schema.yaml_files import read_yaml

WIDTHS = range(100, 3001)
"""mm: the narrowest and the widest picture that a kiosk has."""

_LEAVES_AFTER = 120.0  # seconds without a touch
_TRIES = 5
_WAITS = 60.0  # seconds after so many wrong PINs
_LONGEST = {"pin": pin.DIGITS[-1], "measure": 4}
_WRONG_CLOCK = timedelta(minutes=5)
_DOT = "•"
_KEYS = {Key.OK: Action.NEXT, Key.ERASE: Action.ERASE, Key.BACK: Action.CANCEL}


@dataclass(frozen=True)
class Health:
    """How the kiosk is. `counts`: None when its disk cannot be read. `staff_pin`: its hash; None: it stays shut.

    `letters`: which languages lack theirs and are not offered, as a sentence.
    """

    site_name: str
    time_zone: str
    version: str
    address: str
    contact: Contact
    counts: Counts | None
    staff_pin: str | None
    letters: str = ""


@dataclass(frozen=True)
class Acts:
    """What staff can do. `sound`: whether sounds are on. `alert` takes its time and ends in `StaffCorner.alerted`.

    `wifi`: what opens the choice of a wireless network; None as long as the machine has no radio.
    """

    sound: Callable[[], bool]
    alert: Callable[[], None]
    try_again: Callable[[], None]
    measure: Callable[[int], None]
    pair: Callable[[], None]
    restart: Callable[[], None]
    leave: Callable[[], None]
    wifi: Callable[[], Callable[[], None] | None] = lambda: None


class _At(StrEnum):
    PIN = "pin"
    OVERVIEW = "overview"
    MEASURE = "measure"


class StaffCorner:
    """One for a kiosk's whole life, so that wrong PINs are counted across visits."""

    foreseen: tuple[View, ...] = ()
    manner = Manner()
    focus = None
    hidden = False

    def __init__(self, health: Callable[[], Health], acts: Acts) -> None:
        self._health = health
        self._acts = acts
        self._at = _At.PIN
        self._typed = ""
        self._note = ""
        self._wrong = 0
        self._shut_until = 0.0
        self._touched_at = 0.0

    def open(self, seconds: float) -> bool:
        """Ask for the PIN. False: nobody has chosen one, so there is nothing to open."""
        if self._health().staff_pin is None:
            return False
        self._go(_At.PIN)
        self._touched_at = seconds
        return True

    @property
    def view(self) -> View:
        match self._at:
            case _At.PIN:
                return self._asking(_DOT * len(self._typed), "pin_title", "pin_hint", "")
            case _At.MEASURE:
                return self._asking(self._typed, "measure_title", "measure_hint", self._texts["measure_help"])
            case _At.OVERVIEW:
                return self._overview(self._health())

    def tap(self, tap: Tap, _now: datetime, seconds: float) -> None:
        self._touched_at = seconds
        match tap.action:
            case Action.CANCEL if self._at is _At.MEASURE:
                self._go(_At.OVERVIEW)
            case Action.CANCEL:
                self._leave()
            case Action.TYPE if self._at in _LONGEST and tap.value.isdecimal():
                self._typed = (self._typed + tap.value)[: _LONGEST[self._at]]
            case Action.ERASE:
                self._typed = self._typed[:-1]
            case Action.NEXT if self._at is _At.PIN:
                self._try_pin(seconds)
            case Action.NEXT if self._at is _At.MEASURE:
                self._measure()
            case Action.STAFF if self._at is _At.OVERVIEW:
                self._act(tap.value)

    def type(self, letter: str, now: datetime, seconds: float) -> None:
        self.tap(Tap(Action.TYPE, letter), now, seconds)

    def key(self, key: Key, now: datetime, seconds: float) -> None:
        if key in _KEYS:
            self.tap(Tap(_KEYS[key]), now, seconds)

    def touched(self, seconds: float) -> None:
        self._touched_at = seconds

    def corner(self, seconds: float) -> None:
        """It is open already."""

    def tick(self, seconds: float) -> None:
        if seconds - self._touched_at >= _LEAVES_AFTER:
            self._leave()

    def recover(self) -> None:
        self._leave()

    def alerted(self, count: int | None, trouble: str = "") -> None:
        """What came of the test alert: how many are told, or None and why not."""
        if count is None:
            self._note = self._texts["alert_failed"].format(trouble=self._trouble(trouble))
        else:
            self._note = self._texts["alerted" if count else "alerted_nobody"].format(count=count)

    # Taps

    def _try_pin(self, seconds: float) -> None:
        if seconds < self._shut_until:
            self._go(_At.PIN, self._texts["too_many"])
            return
        if pin.fits(self._typed, self._health().staff_pin or ""):
            self._wrong = 0
            self._go(_At.OVERVIEW)
            return
        self._wrong += 1
        if self._wrong >= _TRIES:
            self._wrong, self._shut_until = 0, seconds + _WAITS
        self._go(_At.PIN, self._texts["too_many" if seconds < self._shut_until else "wrong_pin"])

    def _measure(self) -> None:
        if int(self._typed or 0) not in WIDTHS:
            self._note = self._texts["not_measured"].format(least=WIDTHS[0], most=WIDTHS[-1])
            return
        self._acts.measure(int(self._typed))
        self._go(_At.OVERVIEW, self._texts["measured"])

    def _act(self, what: str) -> None:
        self._note = ""
        match what:
            case "test_sound":
                self._note = self._texts["sounded" if self._acts.sound() else "silent"]
            case "test_alert":
                self._note = self._texts["alerting"]
                self._acts.alert()
            case "try_again":
                self._acts.try_again()
            case "calibrate":
                self._go(_At.MEASURE)
            case "pair":
                self._go(_At.PIN)
                self._acts.pair()
            case "wifi" if (choose := self._acts.wifi()) is not None:
                self._go(_At.PIN)
                choose()
            case "restart":
                self._acts.restart()

    def _leave(self) -> None:
        self._go(_At.PIN)
        self._acts.leave()

    def _go(self, at: _At, note: str = "") -> None:
        self._at, self._typed, self._note = at, "", note

    # What is shown

    @cached_property
    def _texts(self) -> dict[str, Any]:
        texts: dict[str, Any] = read_yaml(files("kiosk_client") / "staff.yaml")
        return texts

    def _asking(self, shown: str, title: str, hint: str, more: str) -> View:
        texts = self._texts
        keys = tuple(tuple(_key(digit) for digit in row) for row in texts["keys"])
        erase = Touch(Tap(Action.ERASE), texts["erase"], "erase", Look.KEY)
        return View(
            f"staff-{self._at}",
            texts[title],
            Typing((Field(shown, texts[hint]),), (*keys, (_key("0"), erase)), pad=True),
            help=self._note or more,
            warning=bool(self._note),
            left=(self._close(),),
            act=(Touch(Tap(Action.NEXT), texts["ok"], "check", Look.ACT, enabled=bool(self._typed)),),
        )

    def _overview(self, health: Health) -> View:
        refused = health.counts is not None and health.counts.refused
        return View(
            "staff-overview",
            health.site_name,
            Paragraphs("list", tuple(self._lines(health))),
            help=self._note,
            left=(self._close(),),
            right=self._offered("test_sound", "test_alert"),
            quiet=self._offered("calibrate", *(("wifi",) if self._acts.wifi() else ()), "pair", "restart"),
            act=self._offered("try_again") if refused else (),
        )

    def _offered(self, *names: str) -> tuple[Touch, ...]:
        return tuple(Touch(Tap(Action.STAFF, name), self._texts[name], look=Look.QUIET) for name in names)

    def _wrong_by(self, error: timedelta) -> str:
        """In the largest unit of which it is two or more."""
        units = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}
        name = next((name for name, unit in units.items() if error >= 2 * unit), "minutes")
        return str(self._texts[f"clock_{name}"]).format(count=round(error / units[name]))

    def _lines(self, health: Health) -> list[str]:
        texts, contact = self._texts, health.contact
        lines = [texts["version"].format(version=health.version, address=health.address)]
        trouble = self._trouble(contact.trouble)
        at = _time(contact.at, health)
        if contact.unknown:
            lines.append(texts["unknown"])
        elif contact.reachable:
            lines.append(texts["reached"].format(time=at))
        else:
            lines.append(texts["lost" if contact.at else "never"].format(time=at, trouble=trouble).strip())
        if abs(contact.clock_error) > _WRONG_CLOCK:
            lines.append(self._wrong_by(abs(contact.clock_error)))
        return [*lines, *self._counted(health), *([health.letters] if health.letters else [])]

    def _counted(self, health: Health) -> list[str]:
        texts, counts = self._texts, health.counts
        if counts is None:
            return [texts["disk"]]
        since = _time(counts.oldest_held_at, health)
        held = texts["held"].format(count=counts.held, time=since) if counts.held else texts["held_none"]
        return [held, *([texts["refused"].format(count=counts.refused)] if counts.refused else [])]

    def _trouble(self, reason: str) -> str:
        """In words; what we have no words for as it is, for whoever is called to help."""
        if not reason:
            return ""
        return str(self._texts["troubles"].get(reason) or self._texts["trouble"].format(reason=reason))

    def _close(self) -> Touch:
        return Touch(Tap(Action.CANCEL), self._texts["close"], "arrow-left", Look.QUIET)


def _time(at: datetime | None, health: Health) -> str:
    """On the site's own clock."""
    return f"{at.astimezone(ZoneInfo(health.time_zone)):%d %B, %H:%M}" if at else ""


def _key(digit: str) -> Touch:
    return Touch(Tap(Action.TYPE, digit), digit, look=Look.KEY)
