"""Colours. Contrast of every pair of text and ground is at least 4.5 to 1, of edges 3 to 1 (Section 508, WCAG 1.4)."""

from dataclasses import dataclass

Colour = tuple[float, float, float, float]


def _colour(code: str) -> Colour:
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, 1.0


@dataclass(frozen=True)
class Theme:
    """`act`: the one obvious thing to do and what is chosen. `pressed`: under a finger."""

    ground: Colour
    ink: Colour
    soft: Colour
    act: Colour
    on_act: Colour
    act_pressed: Colour
    tile: Colour
    tile_pressed: Colour
    field: Colour
    line: Colour
    warning: Colour
    focus: Colour


LIGHT = Theme(
    ground=_colour("#FBF8F3"),
    ink=_colour("#1F2A2E"),
    soft=_colour("#4A5A60"),
    act=_colour("#0F5C63"),
    on_act=_colour("#FFFFFF"),
    act_pressed=_colour("#0A4147"),
    tile=_colour("#EFE6D8"),
    tile_pressed=_colour("#DFD2BD"),
    field=_colour("#FFFFFF"),
    line=_colour("#857B6C"),
    warning=_colour("#A3231F"),
    focus=_colour("#1746A2"),
)
HIGH_CONTRAST = Theme(
    ground=_colour("#000000"),
    ink=_colour("#FFFFFF"),
    soft=_colour("#FFFFFF"),
    act=_colour("#FFD400"),
    on_act=_colour("#000000"),
    act_pressed=_colour("#FFFFFF"),
    tile=_colour("#000000"),
    tile_pressed=_colour("#333333"),
    field=_colour("#000000"),
    line=_colour("#FFFFFF"),
    warning=_colour("#FFD400"),
    focus=_colour("#FFD400"),
)
