"""Which font draws a text. The window's own draws Latin, Greek, Cyrillic; others are built from Debian's at install.

One font file has one script and one direction: the window measures a text as the last one in the same font was set.
"""

import json
import os
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared_schema.form import Form, LanguageTexts

INDEX = "index.json"
INSTEAD = "\N{BULLET}"
"""What stands for a character that no font has; the record keeps the character itself."""
_OWN_COVERS = (
    *((0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x18F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x218, 0x21B), (0x259, 0x259)),
    *((0x2BC, 0x2BC), (0x300, 0x301), (0x303, 0x303), (0x309, 0x309), (0x323, 0x323), (0x384, 0x38A), (0x38C, 0x38C)),
    *((0x38E, 0x3A1), (0x3A3, 0x3CE), (0x400, 0x486), (0x488, 0x513), (0x1EA0, 0x1EF9), (0x2010, 0x2011)),
    *((0x2013, 0x2015), (0x2017, 0x201E), (0x2020, 0x2022), (0x2026, 0x2027), (0x2032, 0x2033), (0x2039, 0x203A)),
    *((0x20A6, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122), (0x2212, 0x2212)),
)
_SYMBOLS_COVER = ((0x20, 0x7E), (0xA0, 0x17F), (0x2600, 0x26B8), (0x1F600, 0x1F610), (0x1F612, 0x1F614))
_NOT_BUILT = "not offered, since its letters are missing on this kiosk. Run: warm-handoff-kiosk fonts"
_NO_INK = {"Cf", "Mn", "Me", "Cc", "Co", "Cn"}


@dataclass(frozen=True)
class Font:
    """`script`: its ISO 15924 code. `covers`: first and last character of each stretch that it has, in order."""

    regular: str
    bold: str
    script: str
    rtl: bool
    covers: tuple[tuple[int, int], ...]

    def has(self, letter: str) -> bool:
        at = bisect_right(self.covers, (ord(letter), 0x110000)) - 1
        return (at >= 0 and ord(letter) <= self.covers[at][1]) or letter == "\n"


OWN = Font("Roboto", "Roboto", "Latn", rtl=False, covers=_OWN_COVERS)
SYMBOLS = Font("data/fonts/DejaVuSans.ttf", "data/fonts/DejaVuSans.ttf", "Latn", rtl=False, covers=_SYMBOLS_COVER)
"""It comes with Kivy and has the commonest faces and signs."""


class NoFonts(Exception):
    """A font that is needed is not there; the text says which package to install."""


def default_folder() -> Path:
    """Where `warm-handoff-kiosk fonts` puts them and the kiosk finds them."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "warm-handoff-kiosk" / "fonts"


class Fonts:
    """Those that the command `fonts` built in a folder, beside the window's own."""

    def __init__(self, folder: Path | None = None) -> None:
        self._fonts = (OWN, SYMBOLS, *(_built(folder) if folder is not None else ()))

    def font_for(self, text: str) -> Font:
        """The font that has the most of the text's characters."""
        if all(map(OWN.has, text)):
            return OWN
        return max(self._fonts, key=lambda font: sum(map(font.has, text)))

    def can_draw(self, text: str) -> bool:
        """Whether there is a font with every character of the text."""
        return any(all(map(font.has, text)) for font in self._fonts)

    def offered(self, languages: Iterable[str], form: Form) -> tuple[tuple[str, ...], str]:
        """Those of the languages that can be drawn, and a sentence for staff about the others, if there are any."""
        known = [form.texts[language] for language in languages if language in form.texts]
        missing = [texts for texts in known if not self.can_draw(words(texts))]
        sentence = f"{', '.join(texts.name for texts in missing)}: {_NOT_BUILT}" if missing else ""
        return tuple(texts.language for texts in known if texts not in missing), sentence

    def drawable(self, text: str, font: Font) -> str:
        """The text, with a dot for what the font does not have; joiners and the like just go."""
        if all(map(font.has, text)):
            return text
        return "".join(
            letter if font.has(letter) else INSTEAD
            for letter in text
            if font.has(letter) or unicodedata.category(letter) not in _NO_INK
        )


def words(texts: LanguageTexts) -> str:
    """Everything of a language that can be on the screen."""
    keys = [key for row in texts.keyboard.rows for key in row]
    keys += [form for forms in texts.keyboard.accents.values() for form in forms]
    screens = [
        part
        for screen in texts.screens.values()
        for part in (screen.title, screen.help, screen.short, *screen.body, *screen.choices.values())
    ]
    return " ".join([texts.name, *texts.ui.values(), *texts.tickets.values(), *screens, *keys])


def _built(folder: Path) -> tuple[Font, ...]:
    """None where none were built, or where what stands there is damaged: then their languages are not offered."""
    try:
        listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        fonts = tuple(
            Font(
                str(folder / each["regular"]),
                str(folder / each["bold"]),
                each["script"],
                each["rtl"],
                tuple((first, last) for first, last in each["covers"]),
            )
            for each in listed
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(font for font in fonts if Path(font.regular).is_file() and Path(font.bold).is_file())
