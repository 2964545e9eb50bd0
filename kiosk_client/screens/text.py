"""Text as textures, as large as wanted and fits. They are white, to be tinted."""

from dataclasses import dataclass
from functools import lru_cache

from kivy.core.text import Label
from kivy.graphics.texture import Texture

from kiosk_client.layout import Align

_STEP = 0.94


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
    """`fits` is false when even the smallest letters did not fit the box; the text is then set all the same."""

    texture: Texture
    fits: bool


def set_text(text: str, width: float, height: float, setting: Setting) -> Text:
    """Break the text into lines and set it as large as fits."""
    size = setting.wanted
    while True:
        rendered = _rendered(text, width, height, size, setting)
        if rendered.fits or size <= setting.smallest:
            return rendered
        size = max(setting.smallest, size * _STEP)


@lru_cache(maxsize=400)
def set_key(text: str, width: float, height: float, setting: Setting) -> Text:
    """The same for a key of the keyboard, remembered: a key says nothing about who types."""
    return set_text(text, width, height, setting)


def _rendered(text: str, width: float, height: float, size: float, setting: Setting) -> Text:
    label = Label(
        text=text,
        font_size=size,
        bold=setting.bold,
        text_size=(None if setting.one_line else int(width), None),
        halign=setting.align,
        color=(1, 1, 1, 1),
    )
    label.refresh()
    longest = max((label.get_extents(word)[0] for word in text.split()), default=0)
    fits = label.texture.height <= height + 1 and (label.texture.width if setting.one_line else longest) <= width + 1
    return Text(label.texture, fits)
