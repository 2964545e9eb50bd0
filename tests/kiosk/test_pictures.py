"""Every screen on every panel, in every language, size and theme: nothing cut, nothing too small, too near or too pale.

All of them are measured. Pictures of some are saved under build/pictures/kiosk; of all of them when the environment
variable PICTURES is `all`.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import get_args

import pytest

from kiosk_client.fonts import Fonts
from kiosk_client.geometry import Placed, Words
from kiosk_client.screens.theme import PALETTES, Colour, Palette
from kiosk_client.sender import Contact
from kiosk_client.setup import SetUp
from kiosk_client.sizes import GAP, TARGET, Sizes
from kiosk_client.spool import Counts
from kiosk_client.view import Action, Field, Look, Tap, Touch, View
from kiosk_client.views import Manner
from kiosk_client.wifi import Network
from kiosk_client.wifi_screen import Acts, WifiScreen
from shared_schema.form import load_form
from shared_schema.kiosk_api import KioskConfig, Theme
from tests.kiosk.built_fonts import built_fonts
from tests.kiosk.offscreen import (
    OffscreenKiosk,
    Pen,
    Setting,
    Surface,
    Text,
    Typesetter,
    a_config,
    colours,
    ink_of,
    turn,
)
from tests.kiosk.screens import PANELS, Panel, every_page, touches
from tests.kiosk.test_staff_corner import HEALTH, Staff

pytestmark = pytest.mark.pictures

FOLDER = Path(__file__).parents[2] / "build" / "pictures" / "kiosk"
FORM = load_form()
THEMES: tuple[Theme, ...] = get_args(Theme)
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SLACK = 0.6  # pixels of rounding
CAPITAL = 0.711  # of the letter size, in Roboto; the built fonts have the same or more
KEY_CAPITAL = 5.9
"""mm of the letters on keys, which are as high as a finger and hold no larger ones of every script."""


class Measuring(Typesetter):
    """`drawn`: the texts that were asked for since this was last emptied, with the size of their letters in pixels."""

    def __init__(self, fonts: Fonts) -> None:
        super().__init__(fonts)
        self.drawn: list[tuple[str, float]] = []
        remembered = self.set_again

        def set_again(text: str, width: float, height: float, setting: Setting) -> Text:
            return self._noted(text, remembered(text, width, height, setting))

        self.set_again = set_again  # type: ignore[assignment]

    def set_text(self, text: str, width: float, height: float, setting: Setting) -> Text:
        return self._noted(text, super().set_text(text, width, height, setting))

    def _noted(self, text: str, set_: Text) -> Text:
        self.drawn.append((text, set_.letters))
        return set_


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Measuring]:
    """A window must be there to draw in."""
    with OffscreenKiosk():
        yield Measuring(Fonts(built_fonts()))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bigger", [False, True], ids=["normal", "bigger"])
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
@pytest.mark.parametrize("language", FORM.texts)
def test_a_screen_can_be_read_and_touched(typesetter: Measuring, language: str, panel: Panel, bigger: bool) -> None:
    letters: list[str] = []
    for reach in (False, True):
        manner = Manner(bigger=bigger, reach=reach)
        surface = surface_of(panel)
        saved: set[tuple[str, str]] = set()
        for name, view in every_page(FORM, offering(language, "en", "es"), language, manner, panel):
            placed, sizes = panel.look_of(view, manner)
            typesetter.drawn.clear()  # of the pictures that were saved
            show(surface, view, placed, sizes, typesetter)
            assert surface.cut == [], name
            require_apart_and_inside(placed, panel, name)
            require_touchable(placed, sizes, name)
            letters += require_readable(typesetter, placed, panel, sizes, name)
            kind = view.name, name.partition("-page-")[2]
            if kind not in saved:
                saved.add(kind)
                save(surface, panel, view, manner, placed, sizes, typesetter, language, name)
    file = FOLDER / language / f"{panel.name}{'-bigger' * bigger}-letters.tsv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(letters), encoding="utf-8")


@pytest.mark.parametrize("is_paired", [False, True], ids=["new", "paired"])
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_the_setup_can_be_read_and_touched(typesetter: Typesetter, panel: Panel, is_paired: bool) -> None:
    leave = (lambda: None) if is_paired else None
    address = "https://handoff.example.org" if is_paired else ""
    setup = SetUp(lambda _address, _code: None, "", leave, address, wifi=lambda: lambda: None)
    views = [setup.view]
    setup.failed(
        "The certificate of https://handoff.example.org is not trusted here. Is this machine's clock right? "
        "If your center has an authority of its own, put it beside handoff.toml as ca.pem or name it in "
        "WARM_HANDOFF_KIOSK_CA_FILE."
    )
    views.append(setup.view)
    require_drawn(typesetter, panel, views, "-again" * is_paired)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_the_wifi_screens_can_be_read_and_touched(typesetter: Typesetter, panel: Panel) -> None:
    longest = Network("Maple-Street-Recovery-Center-5Gz", -44, is_open=False)
    others = [
        Network(name, -60 - number, is_open=number == 1) for number, name in enumerate(["Harbor House", "Café"] * 4)
    ]
    screen = WifiScreen(Acts(lambda: None, lambda _name, _passphrase: None, lambda: None))
    views = [screen.view]
    screen.found([longest, *others], "Harbor House")
    views.append(screen.view)
    screen.tap(Tap(Action.CHOOSE, "0"), AT, 0)
    views.append(screen.view)
    for letter in "A long walk home, and then a rest on the porch beside the door.":
        screen.type(letter, AT, 0)
    screen.tap(Tap(Action.CAPITALS), AT, 0)
    views.append(screen.view)
    screen.tap(Tap(Action.ACCENTS), AT, 0)
    views.append(screen.view)
    screen.tap(Tap(Action.NEXT), AT, 0)
    views.append(screen.view)
    screen.failed("wrong_passphrase")
    views.append(screen.view)
    screen.joined()
    views.append(screen.view)
    for number, view in enumerate(views):
        require_drawn(typesetter, panel, [view], f"-{number}")


def require_drawn(typesetter: Typesetter, panel: Panel, views: Sequence[View], which: str = "") -> None:
    surface, manner = surface_of(panel), Manner()
    for view in views:
        placed, sizes = panel.look_of(view, manner)
        show(surface, view, placed, sizes, typesetter)
        assert surface.cut == [], view.name
        require_apart_and_inside(placed, panel, view.name)
        require_touchable(placed, sizes, view.name)
        save(surface, panel, view, manner, placed, sizes, typesetter, "en", f"99-{view.name}{which}")


@pytest.mark.parametrize("count", range(1, len(FORM.texts) + 1))
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_the_first_screen_has_room_for_every_language(typesetter: Typesetter, panel: Panel, count: int) -> None:
    for bigger, reach in product((False, True), repeat=2):
        manner = Manner(bigger=bigger, reach=reach)
        _, view = next(every_page(FORM, offering(*list(FORM.texts)[:count]), "en", manner, panel))
        surface = surface_of(panel)
        placed, sizes = panel.look_of(view, manner)
        show(surface, view, placed, sizes, typesetter)

        assert surface.cut == []
        require_apart_and_inside(placed, panel, "welcome")
        require_touchable(placed, sizes, "welcome")
        save(surface, panel, view, manner, placed, sizes, typesetter, "languages", f"{count}-languages")


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_the_staff_corner_can_be_read_and_touched(typesetter: Typesetter, panel: Panel) -> None:
    staff = Staff(
        replace(
            HEALTH,
            site_name="Maple Street Recovery Community Center",
            contact=Contact(at=AT, trouble="SSLError", clock_error=timedelta(days=-400)),
            counts=Counts(held=12, refused=2, oldest_held_at=AT),
        ),
        has_radio=True,
    )
    views = [staff.corner.view]
    staff.type("2718")
    staff.tap(Action.STAFF, "test_alert")
    views.append(staff.corner.view)
    staff.tap(Action.STAFF, "calibrate")
    views.append(staff.corner.view)
    require_drawn(typesetter, panel, views)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
@pytest.mark.parametrize("language", FORM.texts)
def test_reach_mode_brings_every_touch_into_the_lower_half(language: str, panel: Panel) -> None:
    """Where half of the panel is too little for them they stand as low as they can, without a gap between them."""
    manner = Manner(reach=True)
    for name, view in every_page(FORM, offering(language, "en", "es"), language, manner, panel):
        placed = touches(panel.place(view, manner))
        rows = sorted((each.rect for each in placed), key=lambda rect: rect.y)
        if rows and rows[0].y < panel.height / 2 - SLACK:
            most = panel.sizes(manner).mm(GAP + 1)
            assert all(lower.y - upper.bottom <= most for upper, lower in pairwise(rows)), name
            assert panel.height - rows[-1].bottom <= most, name


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_of_colours_can_be_told_apart(theme: Theme) -> None:
    palette = PALETTES[theme]
    text = 7.0 if theme == "contrast" else 4.5
    for _, view in every_page(FORM, offering("en", "es"), "en", Manner(), PANELS[0]):
        for each in PANELS[0].place(view, Manner()):
            for what, colour, ground, least in pairs(each, palette, text):
                assert contrast(colour, ground) >= least, (theme, what, each.item)


def test_no_letter_is_smaller_than_the_rule() -> None:
    for panel, reach in product(PANELS, (False, True)):
        usual, bigger = (panel.sizes(Manner(bigger=asked, reach=reach)) for asked in (False, True))
        assert usual.smallest * CAPITAL / panel.density >= 4.8 - 0.001  # mm, Section 508 402.4
        assert bigger.smallest * CAPITAL / panel.density >= 7.3 - 0.001  # mm, EN 301 549 5.1.4


def offering(*languages: str) -> KioskConfig:
    return a_config(FORM).model_copy(update={"languages": tuple(dict.fromkeys(languages))})


def surface_of(panel: Panel) -> Surface:
    surface = Surface(lambda _tap: None, lambda: None)
    surface.size = (panel.width, panel.height)
    return surface


def show(
    surface: Surface,
    view: View,
    placed: Sequence[Placed],
    sizes: Sizes,
    typesetter: Typesetter,
    theme: Theme = "light",
) -> None:
    surface.show(placed, Pen(PALETTES[theme], sizes, view.mirrored, typesetter))
    turn()  # what is no longer shown is given back


def save(
    surface: Surface,
    panel: Panel,
    view: View,
    manner: Manner,
    placed: Sequence[Placed],
    sizes: Sizes,
    typesetter: Typesetter,
    language: str,
    name: str,
) -> None:
    """The first of each kind of screen, page by page: all of them when that is asked for, else each language in its
    usual look, and in English what differs from that in one point.
    """
    everything = os.environ.get("PICTURES") == "all"
    for theme in THEMES:
        unusual = (theme != "light") + manner.bigger + manner.reach + (panel is not PANELS[0])
        if unusual == 0 or (language == "en" and unusual == 1) or (everything and (unusual == 1 or not manner.reach)):
            how = "-".join(word for word, there in (("bigger", manner.bigger), ("reach", manner.reach)) if there)
            file = FOLDER / language / "-".join(filter(None, (panel.name, theme, how))) / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            show(surface, view, placed, sizes, typesetter, theme)
            surface.export_to_png(str(file))


def require_apart_and_inside(placed: Sequence[Placed], panel: Panel, name: str) -> None:
    for each in placed:
        assert each.rect.x >= -SLACK, (name, each)
        assert each.rect.y >= -SLACK, (name, each)
        assert each.rect.right <= panel.width + SLACK, (name, each)
        assert each.rect.bottom <= panel.height + SLACK, (name, each)
    for one, other in combinations(placed, 2):
        assert distance(one, other) >= -SLACK, (name, one, other)


def require_touchable(placed: Sequence[Placed], sizes: Sizes, name: str) -> None:
    tapped = [each for each in placed if isinstance(each.item, Touch | Field) and each.item.tap is not None]
    assert tapped
    for each in tapped:
        assert min(each.rect.width, each.rect.height) >= sizes.mm(TARGET) - SLACK, (name, each)
    for one, other in combinations(tapped, 2):
        assert distance(one, other) >= sizes.mm(GAP) - SLACK, (name, one, other)


def require_readable(
    typesetter: Measuring, placed: Sequence[Placed], panel: Panel, sizes: Sizes, name: str
) -> Iterator[str]:
    """What was drawn anew for this screen; a line for the record, of the smallest letters beside keys and on them."""
    labels = {each.item.text for each in placed if isinstance(each.item, Touch) and each.item.look is Look.KEY}
    capitals = [(text, size * CAPITAL / panel.density) for text, size in typesetter.drawn]
    for text, capital in capitals:
        least = min(sizes.capital, KEY_CAPITAL) if text in labels else sizes.capital
        assert capital >= least - 0.001, (name, text, capital)
    words = [capital for text, capital in capitals if text not in labels]
    keys = [capital for text, capital in capitals if text in labels]
    yield "\t".join((name, *(f"{min(drawn):.2f}" if drawn else "" for drawn in (words, keys)))) + "\n"


def distance(one: Placed, other: Placed) -> float:
    """Of the boxes, in pixels; negative where they overlap."""
    a, b = one.rect, other.rect
    return max(b.x - a.right, a.x - b.right, b.y - a.bottom, a.y - b.bottom)


def pairs(placed: Placed, palette: Palette, text: float) -> Iterator[tuple[str, Colour, Colour, float]]:
    """What must be told from what, and by how much: WCAG 1.4.3 and 1.4.11, for the contrast theme 1.4.6."""
    match placed.item:
        case Touch() as touch:
            for pressed in (False, True) if touch.enabled else (False,):
                ground, ink, picture, edge = colours(touch, palette, pressed=pressed)
                yield "words", ink, ground, text
                yield "picture", picture, ground, 3
                yield "edge", edge, palette.ground, 3
        case Words() as words:
            yield "words", ink_of(words, palette), palette.ground, text
        case Field():
            yield "typed", palette.ink, palette.field, text
            yield "hint", palette.soft, palette.field, text
            yield "edge", palette.line, palette.ground, 3
            yield "caret and edge", palette.act, palette.field, 3
        case _:
            yield "picture", palette.picture, palette.ground, 3
            yield "dots", palette.act, palette.ground, 3
            yield "dots to come", palette.line, palette.ground, 3
    yield "focus", palette.focus, palette.ground, 3


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
