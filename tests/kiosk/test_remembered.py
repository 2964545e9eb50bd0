"""Texts kept as pictures, to be drawn again quickly: the form's own, and never one that tells of a participant."""

import pytest

from kiosk_client.fonts import Fonts
from kiosk_client.pages import pages_of
from kiosk_client.screens.theme import PALETTES
from kiosk_client.view import Action, Tap
from kiosk_client.views import Manner
from shared_schema.form import load_form
from tests.kiosk.built_fonts import built_fonts
from tests.kiosk.offscreen import OffscreenKiosk, Pen, Setting, Surface, Text, Typesetter, a_config
from tests.kiosk.screens import NOW, PANELS, a_session

FORM = load_form()
WALK = """
    begin:en next choose:tonight next choose:first-time {name} next choose:work next choose:ongoing
    choose:someone-i-know next {friend} next choose:phone {few} next {rest} next choose:text next choose:quiet next
    choose:yes choose:agree change:name take-word change:phone next start-over cancel send
"""


class Recording(Typesetter):
    """`kept`: the texts that were asked for from memory, and stay there."""

    def __init__(self) -> None:
        super().__init__(Fonts(built_fonts()))
        self.kept: set[str] = set()
        remembered = self.set_again

        def set_again(text: str, width: float, height: float, setting: Setting) -> Text:
            self.kept.add(text)
            return remembered(text, width, height, setting)

        self.set_again = set_again  # type: ignore[assignment]


def letters(typed: str) -> str:
    return " ".join(f"type:{letter}" for letter in typed)


def kept_of(name: str, friend: str, phone: str, ticket: str, manner: Manner) -> set[str]:
    """Draws every page that somebody sees who answers in these words, and then takes the offered one for a name."""
    typesetter = Recording()
    surface = Surface(lambda _tap: None, lambda: None)
    panel = PANELS[0]
    surface.size = (panel.width, panel.height)
    session = a_session(FORM, a_config(FORM), ticket=ticket)
    taps = WALK.format(name=letters(name), friend=letters(friend), few=letters(phone[:3]), rest=letters(phone[3:]))
    for tap in taps.split():
        action, _, value = tap.partition(":")
        session.tap(Tap(Action(action), value), NOW, 0)
        for page in pages_of(session.view, panel.glass, manner, session.reader.ui):
            shown = panel.shown(page, manner)
            pen = Pen(PALETTES["light"], panel.sizes(shown), mirrored=False, typesetter=typesetter)
            surface.show(panel.place(page, manner), pen)
    assert session.view.name == "ticket"
    return typesetter.kept


@pytest.mark.parametrize("bigger", [False, True], ids=["usual", "bigger"])
def test_what_is_kept_does_not_tell_what_was_answered(bigger: bool) -> None:
    manner = Manner(bigger=bigger)
    with OffscreenKiosk():
        one = kept_of("zulema", "xaver", "5557310946", "mountain-7", manner)
        other = kept_of("lumeza", "verax", "5559013467", "mountain-8", manner)

    assert one == other
    assert not [text for text in one if any(typed in text.lower() for typed in ("zul", "xav", "555", "mountain"))]
