"""About how wide and how high words stand, in any script, reckoned without a window."""

import re
import unicodedata
from dataclasses import dataclass

_LINE = 1.2  # of the letter size
_TALL_LINE = 1.5  # of scripts with marks far above and below
_TALL = re.compile(
    "[\u0590-\u0e7f"  # Hebrew to Thai, Arabic and Devanagari between them
    "\U0001f000-\U0001faff]"  # pictures, which stand in another font than the words
)
_SQUARE = (
    range(0x1100, 0x1200),
    range(0x2E80, 0xA4D0),
    range(0xAC00, 0xD7B0),
    range(0xF900, 0xFB00),
    range(0xFF00, 0xFF61),
)
_ADVANCES = {
    **dict.fromkeys(" iljI.,:;'!|", 0.28),
    **dict.fromkeys("tfr()-/", 0.36),
    **dict.fromkeys("mwMWшщжюмфыШЩЖЮМФЫД@—", 0.87),
    **dict.fromkeys("ادذرزوءأإآؤة", 0.45),
    **dict.fromkeys("कखछजझञणफभलशस", 0.84),
}
"""Width of a letter as a share of its size, in the bold fonts; `_advance` has the rest."""
_BY_CATEGORY = {"Mn": 0.0, "Cf": 0.0, "Mc": 0.32, "Lu": 0.68, "So": 1.3}
_JOINED = {
    **dict.fromkeys("بتثيئنىل", (0.35, 0.9)),
    **dict.fromkeys("سشصض", (0.95, 1.4)),
    **dict.fromkeys("فق", (0.47, 1.0)),
    **dict.fromkeys("كطظ", (0.75, 0.95)),
    **dict.fromkeys("جحخعغمه", (0.62, 0.68)),
}
"""Arabic letters before another one of their word, and at its end."""
_LONGEST_WORD = 20  # letters
_PIECE = 8
_LIGHTER = 0.955  # the usual weight beside the bold one


def line_height(text: str, size: float) -> float:
    return size * (_TALL_LINE if _TALL.search(text) else _LINE)


def wide(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in one line of letters of this size; rather too much than too little."""
    return _ems(text) * _scale(size, bold=bold)


@dataclass(frozen=True)
class Measured:
    """A text that was measured once, to be tried in many sizes and widths.

    `paragraphs`: of each piece its width in letters of size 1, and that with the blank behind it. `line`: the height of
    a line of such letters.
    """

    paragraphs: tuple[tuple[tuple[float, float], ...], ...]
    line: float

    def lines(self, width: float, size: float, *, bold: bool = False) -> int:
        """About how many lines it takes; the window sets it a little smaller if these were too few."""
        scale = _scale(size, bold=bold)
        count = 0
        for paragraph in self.paragraphs:
            count += 1
            room = width
            for piece, with_blank in paragraph:
                taken = piece * scale
                if taken > room and room < width:
                    count += 1
                    room = width
                room -= with_blank * scale
                while taken > width:  # a word longer than a line
                    count += 1
                    room += width
                    taken -= width
        return count

    def tall(self, width: float, size: float, *, bold: bool = False) -> float:
        """About how high it stands in this width."""
        return self.lines(width, size, bold=bold) * self.line * size

    def widest(self, size: float, *, bold: bool = False) -> float:
        """The width of what stays together, at most."""
        pieces = (piece for paragraph in self.paragraphs for piece, _ in paragraph)
        return max(pieces, default=0) * _scale(size, bold=bold)


def measured(text: str) -> Measured:
    paragraphs = (pieces(paragraph) for paragraph in text.split("\n"))
    return Measured(
        tuple(tuple((_ems(piece.rstrip()), _ems(piece)) for piece in paragraph) for paragraph in paragraphs),
        line_height(text, 1),
    )


def tall(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """About how high a text stands in this width."""
    return measured(text).tall(width, size, bold=bold)


def pieces(text: str) -> list[str]:
    """What stays together when lines are broken: words with the blank behind them, and characters of scripts without
    blanks. Closing marks stay with what they close, opening ones with what they open. A word longer than any in a form
    was typed by somebody and is broken where it must.
    """
    found = []
    for word in text.split():
        piece = ""
        for letter in word:
            endless = len(word) > _LONGEST_WORD and len(piece) >= _PIECE and unicodedata.category(letter)[0] != "M"
            if piece and (endless or _may_break(piece[-1], letter)):
                found.append(piece)
                piece = ""
            piece += letter
        found.append(piece + " ")
    return [*found[:-1], found[-1].rstrip()] if found else []


def _may_break(before: str, after: str) -> bool:
    if not (is_square(before) or is_square(after)):
        return False
    return unicodedata.category(after) not in {"Pe", "Pf", "Po"} and unicodedata.category(before) not in {"Ps", "Pi"}


def is_square(letter: str) -> bool:
    """Whether it is as wide as it is high, and lines may break beside it: Chinese, Japanese, Korean."""
    return ord(letter) >= _SQUARE[0].start and any(ord(letter) in block for block in _SQUARE)


def _ems(text: str) -> float:
    return sum(map(_advance, text, f"{text[1:]} "))


def _scale(size: float, *, bold: bool) -> float:
    return size if bold else size * _LIGHTER


def _advance(letter: str, following: str) -> float:
    if letter in _JOINED:
        return _JOINED[letter][0 if following.isalpha() else 1]
    if letter in _ADVANCES:
        return _ADVANCES[letter]
    if is_square(letter):
        return 1 / _LIGHTER  # as wide in both weights
    usual = 0.57 if ord(letter) < 0x0900 else 0.68
    return _BY_CATEGORY.get(unicodedata.category(letter), usual)
