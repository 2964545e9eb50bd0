"""What is on the screen, as data: words, touches and their order of reading. Drawn by screens/, made in views.py."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a touch asks for. Some carry a value: which language, choice, key, item."""

    BEGIN = "begin"
    LANGUAGE = "language"
    TALK_FROM_WELCOME = "talk-from-welcome"
    BIGGER = "bigger"
    THEME = "theme"
    REACH = "reach"
    BACK = "back"
    START_OVER = "start-over"
    TALK = "talk"
    SKIP = "skip"
    RATHER_NOT_SAY = "rather-not-say"
    NEXT = "next"
    CHOOSE = "choose"
    TYPE = "type"
    ERASE = "erase"
    CAPITALS = "capitals"
    ACCENTS = "accents"
    TAKE_WORD = "take-word"
    CHANGE = "change"
    PAGE = "page"
    SEND = "send"
    DELETE = "delete"
    URGENT_NOW = "urgent-now"
    KEEP_GOING = "keep-going"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    MORE_TIME = "more-time"
    DONE = "done"
    FIELD = "field"
    PAIR = "pair"
    ALOUD = "aloud"
    AGAIN = "again"
    PAUSE = "pause"
    HELP = "help"
    LOUDER = "louder"
    SOFTER = "softer"
    HIDE = "hide"
    CLOSE_HELP = "close-help"
    STAFF = "staff"
    WIFI = "wifi"


@dataclass(frozen=True)
class Tap:
    action: Action
    value: str = ""

    def __str__(self) -> str:
        return f"{self.action}:{self.value}" if self.value else self.action.value


class Look(StrEnum):
    """How a touch looks: `ACT` is the one obvious thing to do, `QUIET` the rest, `GRAVE` what cannot be undone."""

    ACT = "act"
    TILE = "tile"
    QUIET = "quiet"
    GRAVE = "grave"
    KEY = "key"


@dataclass(frozen=True)
class Touch:
    """Something to tap. `detail`: a softer line above. `marked`: a tile that is chosen. `typed`: read by letters.

    `onward`: it leads on, and its picture stands behind the words. `bare`: its picture stands for the words, which are
    said all the same.
    """

    tap: Tap
    text: str
    icon: str | None = None
    look: Look = Look.TILE
    detail: str = ""
    marked: bool = False
    enabled: bool = True
    typed: bool = False
    onward: bool = False
    bare: bool = False


@dataclass(frozen=True)
class Tiles:
    """Choices, two or three beside each other. `slim`: rows to read, each as high as its words need."""

    touches: tuple[Touch, ...]
    slim: bool = False


@dataclass(frozen=True)
class Columns:
    """The first screen: a column for each language, its touches one under another."""

    columns: tuple[tuple[Touch, ...], ...]


@dataclass(frozen=True)
class Paragraphs:
    """Text to read, with a picture if it is named, and touches under it if something is asked."""

    icon: str
    lines: tuple[str, ...]
    touches: tuple[Touch, ...] = ()


@dataclass(frozen=True)
class Field:
    """What is being typed. `hint`: shown while it is empty. `tap`: a touch on it makes it the one that is typed in."""

    text: str
    hint: str
    label: str = ""
    active: bool = True
    tap: Tap | None = None


@dataclass(frozen=True)
class Typing:
    """Fields over rows of keys, or beside them when the keys are a narrow pad."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[Touch, ...], ...]
    pad: bool = False


@dataclass(frozen=True)
class Word:
    """The word to wait with, as large as it goes, and what happens next."""

    word: str
    lines: tuple[str, ...]


Body = Tiles | Columns | Paragraphs | Typing | Word


@dataclass(frozen=True)
class View:
    """One screen. `short`: the title in a word or two, where there is no room for more. `warning`: `help` says that
    something is to be mended. `progress`: steps behind and in all.

    `left`, `right` are the touches at the top; `quiet`, `act` those at the bottom. They stand at the same places on
    every screen. `elsewhere`: what a touch beside all of them means. `mirrored`: the language is read from right to
    left.
    """

    name: str
    title: str
    body: Body
    short: str = ""
    help: str = ""
    warning: bool = False
    note: str = ""
    progress: tuple[int, int] | None = None
    left: tuple[Touch, ...] = ()
    right: tuple[Touch, ...] = ()
    quiet: tuple[Touch, ...] = ()
    act: tuple[Touch, ...] = ()
    elsewhere: Tap | None = None
    mirrored: bool = False
