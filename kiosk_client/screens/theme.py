"""Colours. Contrast of every pair of text and ground is at least 4.5 to 1, of edges 3 to 1 (Section 508, WCAG 1.4)."""

from dataclasses import dataclass

from shared_schema.kiosk_api import Theme

Colour = tuple[float, float, float, float]


def _colour(code: str) -> Colour:
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, 1.0


@dataclass(frozen=True)
class Palette:
    """`act`: the one obvious thing to do and what is chosen. `pressed`: under a finger. `focus`: the keypad's ring.

    `off`: words of what cannot be tapped yet.
    """

    ground: Colour
    ink: Colour
    soft: Colour
    act: Colour
    on_act: Colour
    act_pressed: Colour
    act_edge: Colour
    tile: Colour
    tile_pressed: Colour
    picture: Colour
    field: Colour
    line: Colour
    off: Colour
    warning: Colour
    focus: Colour


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        ground=_colour("#FBF8F3"),
        ink=_colour("#1F2A2E"),
        soft=_colour("#4A5A60"),
        act=_colour("#0F5C63"),
        on_act=_colour("#FFFFFF"),
        act_pressed=_colour("#0A4147"),
        act_edge=_colour("#0A4147"),
        tile=_colour("#EFE6D8"),
        tile_pressed=_colour("#DFD2BD"),
        picture=_colour("#0A4147"),
        field=_colour("#FFFFFF"),
        line=_colour("#857B6C"),
        off=_colour("#696F6D"),
        warning=_colour("#A3231F"),
        focus=_colour("#1746A2"),
    ),
    "dark": Palette(
        ground=_colour("#12191B"),
        ink=_colour("#EEF3F2"),
        soft=_colour("#B4C2C2"),
        act=_colour("#6FD0CF"),
        on_act=_colour("#08211F"),
        act_pressed=_colour("#A6E4E3"),
        act_edge=_colour("#6FD0CF"),
        tile=_colour("#1C2628"),
        tile_pressed=_colour("#2C3A3D"),
        picture=_colour("#6FD0CF"),
        field=_colour("#1C2628"),
        line=_colour("#6F8285"),
        off=_colour("#8B9A9C"),
        warning=_colour("#FF9A8F"),
        focus=_colour("#FFFFFF"),
    ),
    "contrast": Palette(
        ground=_colour("#000000"),
        ink=_colour("#FFFFFF"),
        soft=_colour("#FFFFFF"),
        act=_colour("#FFD400"),
        on_act=_colour("#000000"),
        act_pressed=_colour("#FFFFFF"),
        act_edge=_colour("#FFFFFF"),
        tile=_colour("#000000"),
        tile_pressed=_colour("#333333"),
        picture=_colour("#FFFFFF"),
        field=_colour("#000000"),
        line=_colour("#FFFFFF"),
        off=_colour("#B4B4B4"),
        warning=_colour("#FFD400"),
        focus=_colour("#FFD400"),
    ),
}
