"""Every screen that a participant can come to, and the panels and manners that it must look well in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from uuid import UUID

from kiosk_client.closed import closed_view
from kiosk_client.geometry import Placed
from kiosk_client.glass import Glass
from kiosk_client.guide import Guide
from kiosk_client.keypad import Key
from kiosk_client.pages import as_shown, pages_of
from kiosk_client.session import Session
from kiosk_client.sizes import Sizes
from kiosk_client.view import Action, Tap, Touch, Typing, View
from kiosk_client.views import Manner
from shared_schema.form import Form
from shared_schema.hours import Hours, Span
from shared_schema.kiosk_api import KioskConfig
from tests.kiosk.transcript import Transcript

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
_WALK = """
    begin:{language} next choose:unsafe next keep-going choose:yes {letters} accents next
    choose:someone-i-love choose:housing choose:work next choose:ongoing
    choose:my-language choose:woman choose:man choose:someone-i-know next {letters} next choose:phone
    type:5 next type:0 type:1 type:0 type:1 type:2 type:3 type:4 type:5 type:6 next choose:text next
    choose:interpreter choose:asl choose:large-print choose:quiet choose:wheelchair next
    choose:yes choose:agree
    change:consent choose:decline start-over cancel delete cancel talk cancel
"""
_ENDS = ("send", "talk confirm", "delete confirm")
_LETTERS = 40


@dataclass(frozen=True)
class Panel:
    """`density`: pixels per mm of its glass."""

    name: str
    width: int
    height: int
    density: float

    @property
    def glass(self) -> Glass:
        return Glass(self.width, self.height, self.density)

    def sizes(self, manner: Manner) -> Sizes:
        return self.glass.sizes(manner)

    def place(self, view: View, manner: Manner) -> list[Placed]:
        return self.glass.place(view, self.shown(view, manner))

    def look_of(self, view: View, manner: Manner) -> tuple[list[Placed], Sizes]:
        """Where everything stands and how large it is, for somebody who wants it in this manner."""
        shown = self.shown(view, manner)
        return self.glass.place(view, shown), self.sizes(shown)

    def shown(self, view: View, manner: Manner) -> Manner:
        """How the kiosk shows it to somebody who wants it in this manner."""
        return as_shown(view, self.glass, manner)


PANELS = (
    Panel("10.1in-landscape", 1280, 800, 5.886),
    Panel("10.1in-portrait", 800, 1280, 5.886),
    Panel("15.6in-landscape", 1920, 1080, 5.559),
    Panel("21.5in-landscape", 1920, 1080, 4.034),
    Panel("21.5in-portrait", 1080, 1920, 4.034),
)


def every_page(
    form: Form, config: KioskConfig, language: str, manner: Manner, panel: Panel
) -> Iterator[tuple[str, View]]:
    """Of every screen what is on this panel at once."""
    for name, view in every_screen(form, config, language, manner):
        pages = pages_of(view, panel.glass, manner, form.texts[language].ui)
        for number, page in enumerate(pages, start=1):
            yield f"{name}-page-{number}" if len(pages) > 1 else name, page


def every_screen(form: Form, config: KioskConfig, language: str, manner: Manner) -> Iterator[tuple[str, View]]:
    """Name and view of each, in the order in which a very thorough participant meets them."""
    seen: set[View] = set()
    for number, end in enumerate(_ENDS):
        session = a_session(form, config, safe=number == 0)
        session.manner = manner
        yield from _new(session, seen)
        for tap in (*_taps(form, language), *end.split()):
            action, _, value = tap.partition(":")
            # the manner of a screen's keys is the session's own business; how it looks stays
            session.tap(Tap(Action(action), value), NOW, 0)
            session.manner = replace(session.manner, theme=manner.theme, bigger=manner.bigger, reach=manner.reach)
            yield from _new(session, seen)
    yield from _still_there(form, config, language, manner)
    yield from _somebody_comes(form, config, language, manner)
    yield from _help(form, config, language, manner)
    yield "97-closed", closed_view(form, _closed(config), language, NOW)


def a_session(form: Form, config: KioskConfig, *, safe: bool = True, ticket: str = "mountain-7") -> Session:
    return Session(form, config, lambda: ticket, lambda _flow, _now: safe, 0)


def _taps(form: Form, language: str) -> list[str]:
    """A name of as many letters as a field takes is typed with the language's own."""
    rows = form.texts[language].keyboard.rows
    letters = [letter for row in rows for letter in row][:12]
    typed = " ".join(f"type:{letter}" for letter in (letters * _LETTERS)[:_LETTERS])
    return _WALK.format(language=language, letters=typed).split()


def _new(session: Session, seen: set[View]) -> Iterator[tuple[str, View]]:
    view = session.view
    if view not in seen and not _is_half_typed(view):
        seen.add(view)
        yield f"{len(seen):02}-{view.name.replace(' ', '-')}", view


def _is_half_typed(view: View) -> bool:
    """Only the empty field, the first letter and the whole of what is typed are worth a picture."""
    return isinstance(view.body, Typing) and len(view.body.fields[0].text) not in {0, 1, 12, _LETTERS}


def _still_there(form: Form, config: KioskConfig, language: str, manner: Manner) -> Iterator[tuple[str, View]]:
    session = a_session(form, config)
    session.tap(Tap(Action.BEGIN, language), NOW, 0)
    session.manner = manner
    session.tick(61)
    yield f"98-{session.view.name}", session.view


def _help(form: Form, config: KioskConfig, language: str, manner: Manner) -> Iterator[tuple[str, View]]:
    session = a_session(form, config)
    guide = Guide(session, Transcript())
    guide.tap(Tap(Action.BEGIN, language), NOW, 0)
    session.manner = replace(manner, aloud=True)
    guide.key(Key.HELP, NOW, 0)
    yield f"95-{guide.view.name}", guide.view


class _Coming:
    """Staff who hear every call."""

    def call(self, intake_id: UUID, now: datetime, seconds: float) -> None: ...

    def is_coming(self, intake_id: UUID, seconds: float) -> bool:
        return True


def _somebody_comes(form: Form, config: KioskConfig, language: str, manner: Manner) -> Iterator[tuple[str, View]]:
    session = Session(form, config, lambda: "mountain-7", lambda _flow, _now: True, 0, _Coming())
    session.manner = manner
    for tap in (Tap(Action.BEGIN, language), Tap(Action.NEXT), Tap(Action.CHOOSE, "unsafe"), Tap(Action.NEXT)):
        session.tap(tap, NOW, 0)
    yield f"96-{session.view.name}", session.view


def _closed(config: KioskConfig) -> KioskConfig:
    """With hours that NOW is outside of."""
    return config.model_copy(update={"hours": Hours(spans={"wed": (Span(opens=time(13, 30), closes=time(17)),)})})


def touches(placed: list[Placed]) -> list[Placed]:
    return [each for each in placed if isinstance(each.item, Touch)]
