"""Text as textures, as large as wanted and fits. They are white, to be tinted."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bidi import get_base_level, get_display
from kivy.core.text import Label
from kivy.graphics.texture import Texture

from kiosk_client.fonts import OWN, Font, Fonts
from kiosk_client.geometry import Align
from kiosk_client.lettering import pieces

_STEP = 0.94
_REMEMBERED = 300  # texts; one of usual size takes about 50 KiB
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFE]")
_NUMBER = re.compile(r"\+?\d(?:[ ()\-]*\d|[:/.,]\d)+")  # 555 010 1234, 10:30, 1/10
_ISOLATE, _POP = "\u2066", "\u2069"
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
_TURNED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


@dataclass(frozen=True)
class Setting:
    """Letters of `wanted` pixels, down to `smallest` where the box is too small for them."""

    wanted: float
    smallest: float
    bold: bool = False
    align: Align = "left"
    one_line: bool = False


@dataclass(frozen=True)
class Text:
    """`fits` is false when even the smallest letters did not fit the box; the text is then set all the same.

    `natural`: pixels that its longest line takes. `letters`: their size.
    """

    texture: Texture
    fits: bool
    natural: float
    letters: float


class Typesetter:
    """Sets texts of any script in the fonts that there are."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self.set_again = lru_cache(maxsize=_REMEMBERED)(self.set_text)
        """The same for the form's words and the keyboard's letters, remembered: they say nothing of a participant."""

    def set_text(self, text: str, width: float, height: float, setting: Setting) -> Text:
        """Break the text into lines and set it as large as fits."""
        text = text.translate(_MARKS)
        font = self._fonts.font_for(text)
        text = self._fonts.drawable(text, font)
        size = setting.wanted
        while True:
            set_ = self._set(text, width, height, size, font, setting)
            if set_ is not None:
                return set_
            size = max(setting.smallest, size * _STEP)

    def _set(self, text: str, width: float, height: float, size: float, font: Font, setting: Setting) -> Text | None:
        """At this size; None when it is worth trying a smaller one."""
        label = self._label(font, size, setting.bold)
        lines = (
            [text] if setting.one_line else [line for part in text.split("\n") for line in _broken(part, width, label)]
        )
        natural = max((label.get_extents(line)[0] for line in lines), default=0)
        line = label.get_extents("X")[1]
        fits = natural <= width + 1 and line * len(lines) <= height + 1
        if not fits and size > setting.smallest:
            return None
        base = "R" if font.rtl and get_base_level(text) else "L"
        label.text = "\n".join(in_the_order_of_drawing(line, base, font) for line in lines)
        label.options["text_size"] = label.text_size = (None if setting.one_line else natural + 2, None)
        label.options["halign"] = setting.align
        label.refresh()
        return Text(label.texture, fits, natural, size)

    def _label(self, font: Font, size: float, bold: bool) -> Label:
        label = Label(
            text=" ",
            font_name=font.bold if bold else font.regular,
            font_size=size,
            bold=bold and font.regular == font.bold,
            font_script_name=font.script,
            font_direction="rtl" if font.rtl else "ltr",
            color=(1, 1, 1, 1),
        )
        if font.script != OWN.script:
            label.refresh()
            label.texture.bind()  # draws it now: a font measures in the script and direction that it last drew in
        return label


def _broken(text: str, width: float, label: Label) -> list[str]:
    """The text in lines that are no wider than that, as far as its words allow."""
    lines = [""]
    for piece in pieces(text):
        longer = lines[-1] + piece
        if lines[-1] and label.get_extents(longer.rstrip())[0] > width:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece)
        else:
            lines[-1] = longer
    return lines


def in_the_order_of_drawing(line: str, base: str, font: Font) -> str:
    """What a font that draws from right to left must be given, so that numbers and foreign words in it read right.

    Kivy draws a line in one direction and mirrors the brackets in it, also those that are read from left to right:
    these are turned around beforehand. A number keeps its order, with all that stands between its digits: a phone
    number, a time and the number of a page are one thing each.
    """
    if not font.rtl:
        return line
    if not _RIGHT_TO_LEFT.search(line):
        return line[::-1].translate(_TURNED)
    isolated = _NUMBER.sub(lambda number: f"{_ISOLATE}{number[0].translate(_TURNED)}{_POP}", line)
    drawn: str = get_display(isolated, base_dir=base)[::-1].translate(_MARKS)
    return drawn if base == "R" else drawn.translate(_TURNED)
