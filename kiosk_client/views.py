"""What each step of the brief intake shows. Every word comes from the form's language or from the site."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from kiosk_client import phone
from kiosk_client.flow import Flow, Place
from kiosk_client.view import (
    Action,
    Body,
    Columns,
    Field,
    Look,
    Paragraphs,
    Tap,
    Tiles,
    Touch,
    Typing,
    View,
    Word,
)
from shared_schema.form import Screen
from shared_schema.intake import AnswerState
from shared_schema.kiosk_api import KioskConfig, KioskSettings, Theme

_LONGEST_COLUMNS = 3  # languages that get a column each on the first screen; more become tiles
_ASKED = {
    Place.TALK: ("express", "person"),
    Place.START_OVER: ("start_over", "return"),
    Place.DELETE: ("delete", "trash"),
}
_THEMES: tuple[Theme, ...] = ("light", "dark", "contrast")
_THEME_ICONS: dict[Theme, str] = {"light": "sun", "dark": "moon", "contrast": "contrast"}
_ABOVE_OR_BELOW = {220, 230}  # Unicode's canonical combining classes
_PAD = (("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9"))


@dataclass(frozen=True)
class Manner:
    """How the participant wants it, and where in a screen they are. Back to this default after each of them.

    `aloud`: the screen is read to them. `hidden`: by ear alone, with nothing on the screen. `louder`: steps of volume.
    `smaller`: steps that the letters of this page are smaller than the bigger ones, since it would be cut.
    """

    theme: Theme = "light"
    bigger: bool = False
    reach: bool = False
    capitals: bool = True
    accents: bool = False
    page: int = 0
    aloud: bool = False
    hidden: bool = False
    louder: int = 0
    smaller: int = 0

    @classmethod
    def of(cls, settings: KioskSettings) -> "Manner":
        """What the site begins with."""
        return cls(theme=settings.theme, bigger=settings.bigger, reach=settings.reach)


def next_theme(theme: Theme) -> Theme:
    """What a tap on the theme's button leads to."""
    return _THEMES[(_THEMES.index(theme) + 1) % len(_THEMES)]


def view_of(flow: Flow, config: KioskConfig, manner: Manner, *, is_coming: bool = True) -> View:
    """The screen for the flow's step. `is_coming`: whether staff heard the call of somebody who needs them now."""
    if flow.step.place is Place.WELCOME:
        return _welcome(flow, config, manner)
    return replace(_inside(flow, config, manner, is_coming), mirrored=flow.texts.direction == "rtl")


def _inside(flow: Flow, config: KioskConfig, manner: Manner, is_coming: bool) -> View:
    if flow.step.screen is not None:
        return _question(flow, flow.step.screen, manner)
    match flow.step.place:
        case Place.URGENT:
            return _urgent(flow, is_coming)
        case Place.TALK | Place.START_OVER | Place.DELETE as place:
            return _ask(flow, *_ASKED[place])
        case place:
            return _end(flow, config, place)


def still_there(view: View, flow: Flow) -> View:
    """The question that comes over a screen nobody has touched for a while. A touch anywhere is an answer."""
    ui = flow.texts.ui
    more = Touch(Tap(Action.MORE_TIME), ui["more_time"], "check", Look.ACT)
    over = Touch(Tap(Action.START_OVER), ui["start_over"], "return", Look.QUIET)
    return View(
        f"{view.name}-still-there",
        ui["still_there"],
        Paragraphs("question", (ui["still_there_body"],), (more, over)),
        right=(_to_a_person(flow),),
        elsewhere=more.tap,
        mirrored=view.mirrored,
    )


def _welcome(flow: Flow, config: KioskConfig, manner: Manner) -> View:
    languages = [language for language in config.languages if language in flow.form.texts] or [flow.language]
    texts = [flow.form.texts[language] for language in languages]
    ui = texts[0].ui
    greeted = len(texts) if len(texts) <= _LONGEST_COLUMNS else 1  # more would leave no room for the languages
    return View(
        "welcome",
        "\n".join(config.greeting.get(each.language) or each.ui["greeting"] for each in texts[:greeted]),
        _ways_in(flow, languages),
        quiet=(*_looks(ui, manner), *_read_aloud(ui, config, manner)),
        mirrored=texts[0].direction == "rtl",
    )


def _looks(ui: Mapping[str, str], manner: Manner) -> tuple[Touch, ...]:
    """How the participant wants the screen: each touch says what it will do."""
    following = next_theme(manner.theme)
    size = ui["smaller_text" if manner.bigger else "bigger_text"]
    height = ui["reach_off" if manner.reach else "reach"]
    return (
        Touch(Tap(Action.BIGGER), size, "big-a", look=Look.QUIET),
        Touch(Tap(Action.THEME), ui[f"theme_{following}"], _THEME_ICONS[following], look=Look.QUIET),
        Touch(Tap(Action.REACH), height, "arrow-up" if manner.reach else "arrow-down", look=Look.QUIET),
    )


def _read_aloud(ui: Mapping[str, str], config: KioskConfig, manner: Manner) -> tuple[Touch, ...]:
    if not config.settings.speech:
        return ()
    return (Touch(Tap(Action.ALOUD), ui["stop_reading" if manner.aloud else "read_aloud"], "ear", look=Look.QUIET),)


def _ways_in(flow: Flow, languages: Sequence[str]) -> Body:
    first = flow.form.texts[languages[0]].direction

    def begin(language: str) -> Touch:
        """Its arrow shows where its own language leads on to, whichever way the screen is read."""
        texts = flow.form.texts[language]
        along = texts.direction == first
        icon = "arrow-right" if along else "arrow-left"
        return Touch(Tap(Action.BEGIN, language), texts.ui["start"], icon, Look.ACT, texts.name, onward=along)

    def talk(language: str) -> Touch:
        return Touch(Tap(Action.TALK_FROM_WELCOME, language), flow.form.texts[language].ui["express"], "person")

    if len(languages) <= _LONGEST_COLUMNS:
        return Columns(tuple((begin(language), talk(language)) for language in languages))
    return Tiles((*(begin(language) for language in languages), talk(languages[0])))


def _ask(flow: Flow, name: str, icon: str) -> View:
    """Yes and no look the same, since neither is the answer we hope for; but a yes that deletes looks like it."""
    ui = flow.texts.ui
    yes = Touch(Tap(Action.CONFIRM), ui[f"{name}_yes"], "check")
    if name != "express":
        yes = replace(yes, icon="trash", look=Look.GRAVE)
    touches = (yes, Touch(Tap(Action.CANCEL), ui[f"{name}_no"], "arrow-left"))
    right = () if name == "express" else (_to_a_person(flow),)
    return View(name, ui[f"{name}_title"], Paragraphs(icon, (ui[f"{name}_body"],), touches), right=right)


def _urgent(flow: Flow, is_coming: bool) -> View:
    ui = flow.texts.ui
    help_here, *told = (ui["urgent_coming"], ui["urgent_told"]) if is_coming else (ui["urgent_desk"],)
    touches = (
        Touch(Tap(Action.URGENT_NOW), ui["urgent_now"], "person", Look.ACT),
        Touch(Tap(Action.KEEP_GOING), ui["urgent_continue"], "arrow-right"),
    )
    body = Paragraphs("heart-hand", (help_here, ui["urgent_988"], ui["urgent_911"], *told), touches)
    return View("urgent-now" if is_coming else "urgent-desk", ui["urgent_title"], body, left=_ways_back(flow))


def _end(flow: Flow, config: KioskConfig, place: Place) -> View:
    ui = flow.texts.ui
    done = (Touch(Tap(Action.DONE), ui["done"], "check", Look.ACT),)
    match place:
        case Place.DELETED:
            talk = Touch(Tap(Action.TALK_FROM_WELCOME, flow.language), ui["talk"], "person", Look.QUIET)
            body = Paragraphs("check", (ui["deleted"],))
            return View(place.value, ui["deleted_title"], body, right=(talk,), act=done)
        case Place.NOT_SAVED:
            lines = (ui["sending_failed"], *((ui["urgent_988"],) if flow.is_urgent else ()))
            return View(place.value, ui["talk"], Paragraphs("person", lines), act=done)
        case _ if flow.is_urgent:
            word = Word(flow.word, (ui["ticket_body"],))
            return View(place.value, ui["urgent_title"], word, help=ui["urgent_988"], act=done)
        case _:
            waiting = config.where_to_wait.get(flow.language) or ui["where_to_wait"]
            return View(place.value, ui["ticket_title"], Word(flow.word, (ui["ticket_body"], waiting)), act=done)


def _question(flow: Flow, screen: Screen, manner: Manner) -> View:
    words, ui = flow.texts.screens[screen.id], flow.texts.ui
    view = View(
        screen.id,
        words.title,
        _body(flow, screen, manner),
        short=words.short,
        help=_help(flow, screen),
        note=_minutes_left(flow),
        progress=flow.progress,
        left=_ways_back(flow),
        right=(_to_a_person(flow),),
        quiet=_way_past(flow, screen),
        act=_way_on(flow, screen),
    )
    if screen.kind == "review":
        return _review(view, flow)
    if flow.mistake:
        return replace(view, help=ui[flow.mistake], warning=True)
    return view


def _to_a_person(flow: Flow) -> Touch:
    return Touch(Tap(Action.TALK), flow.texts.ui["talk"], "person", Look.QUIET)


def _ways_back(flow: Flow) -> tuple[Touch, ...]:
    ui = flow.texts.ui
    return (
        Touch(Tap(Action.BACK), ui["back"], "arrow-left", Look.QUIET),
        Touch(Tap(Action.START_OVER), ui["start_over"], "return", Look.QUIET),
    )


def _way_past(flow: Flow, screen: Screen) -> tuple[Touch, ...]:
    """The one way past a question, in the words that fit it. Two that lead to the same place would only puzzle."""
    ui = flow.texts.ui
    if screen.kind == "name":
        return (Touch(Tap(Action.TAKE_WORD), ui["offered_word"].format(word=flow.word), "ticket", Look.QUIET),)
    if screen.rather_not_say:
        return (Touch(Tap(Action.RATHER_NOT_SAY), ui["rather_not_say"], look=Look.QUIET),)
    return (Touch(Tap(Action.SKIP), ui["skip"], look=Look.QUIET),) if screen.is_item else ()


def _way_on(flow: Flow, screen: Screen) -> tuple[Touch, ...]:
    """Next, but where a tap on a tile goes on by itself: there it is only needed when coming back."""
    if screen.kind == "choice" and not flow.may_go_on:
        return ()
    return (
        Touch(Tap(Action.NEXT), flow.texts.ui["next"], "arrow-right", Look.ACT, enabled=flow.may_go_on, onward=True),
    )


def _help(flow: Flow, screen: Screen) -> str:
    """The line under the question. Where one types, the form's help stands in the empty field."""
    ui = flow.texts.ui
    match screen.kind:
        case "name" | "text":
            return ""
        case "phone":
            return ui["phone_hint"]
        case "choices" if flow.is_full:
            return ui["pick_full"].format(count=screen.most)
        case "choices":
            counted = ui["pick_any"]
        case "choice":
            counted = ui["pick_one"]
        case _:
            counted = ""
    return flow.texts.screens[screen.id].help or counted


def _minutes_left(flow: Flow) -> str:
    behind, steps = flow.progress
    left = (steps - behind) / steps
    return flow.texts.ui["minutes_left" if left > 2 / 3 else "minute_left" if left > 1 / 4 else "almost_done"]


def _body(flow: Flow, screen: Screen, manner: Manner) -> Body:
    words = flow.texts.screens[screen.id]
    if screen.kind == "notice":
        return Paragraphs(screen.icon or "shield", words.body)
    if screen.kind in {"name", "text"}:
        return Typing((Field(flow.typed, words.help or flow.texts.ui["type_here"]),), _keys(flow, manner))
    if screen.kind == "phone":
        return Typing((Field(phone.shown(flow.typed, flow.country), flow.texts.ui["type_here"]),), _pad(flow), pad=True)
    chosen = flow.answer.choices if flow.answer else ()
    return Tiles(
        tuple(
            Touch(
                Tap(Action.CHOOSE, choice.id),
                words.choices[choice.id],
                choice.icon,
                marked=choice.id in chosen,
                enabled=flow.may_choose_more or choice.alone or choice.id in chosen,
            )
            for choice in screen.choices
        )
    )


def _keys(flow: Flow, manner: Manner) -> tuple[tuple[Touch, ...], ...]:
    """The language's own rows, small or capital, or every further letter and sign; the last row has the words."""
    keyboard, ui = flow.texts.keyboard, flow.texts.ui
    rows = keyboard.rows
    if manner.accents and keyboard.accents:
        further = [letter for forms in keyboard.accents.values() for letter in forms]
        width = -(-len(further) // len(rows))  # as many rows as before, so that no key changes its height
        rows = tuple(tuple(further[at : at + width]) for at in range(0, len(further), width))
    letters = tuple(tuple(_key(letter.upper() if manner.capitals else letter) for letter in row) for row in rows)
    small = Touch(Tap(Action.CAPITALS), ui["key_small" if manner.capitals else "key_capital"], look=Look.KEY)
    other = Touch(Tap(Action.ACCENTS), ui["key_letters" if manner.accents else "key_accents"], look=Look.KEY)
    last = (
        *((small,) if any(letter != letter.upper() for row in keyboard.rows for letter in row) else ()),
        *((other,) if keyboard.accents else ()),
        Touch(Tap(Action.TYPE, " "), ui["key_space"], look=Look.KEY),
        Touch(Tap(Action.ERASE), ui["key_erase"], "erase", Look.KEY),
    )
    return (*letters, last)


def _pad(flow: Flow) -> tuple[tuple[Touch, ...], ...]:
    erase = Touch(Tap(Action.ERASE), flow.texts.ui["key_erase"], "erase", Look.KEY)
    return (*(tuple(_key(digit) for digit in row) for row in _PAD), (_key("+"), _key("0"), erase))


def _key(letter: str) -> Touch:
    """An accent by itself is shown on a letter, as it will stand."""
    accent = unicodedata.combining(letter[0]) in _ABOVE_OR_BELOW
    shown = unicodedata.normalize("NFC", f"a{letter}") if accent else letter
    return Touch(Tap(Action.TYPE, letter), shown, look=Look.KEY)


def _review(view: View, flow: Flow) -> View:
    """That nothing is sent yet stands where the minutes were: who reads this knows how long it took."""
    ui = flow.texts.ui
    answers = [_said(flow, screen) for item in flow.answers if flow.leaves(screen := flow.form.screen(item))]
    return replace(
        view,
        help="" if flow.is_agreed else ui["sends_only"],
        note=view.help,
        body=Tiles(tuple(answers), slim=True),
        quiet=(Touch(Tap(Action.DELETE), ui["delete"], "trash", Look.QUIET),),
        act=(Touch(Tap(Action.SEND), ui["send"], "send", Look.ACT),),
    )


def _listed(words: Sequence[str], ui: Mapping[str, str]) -> str:
    """One after another, with the marks that this language has between them."""
    return reduce(lambda these, another: ui["listed"].format(these=these, another=another), words)


def _said(flow: Flow, screen: Screen) -> Touch:
    """An answer in the participant's own words; a tap changes it."""
    words, ui = flow.texts.screens[screen.id], flow.texts.ui
    answer = flow.answers[screen.id]
    if answer.state is AnswerState.RATHER_NOT_SAY:
        said = ui["rather_not_say"]
    elif answer.state is AnswerState.SKIPPED:
        said = ui["not_answered"]
    else:
        typed = phone.shown(answer.text, flow.country) if answer.text and screen.kind == "phone" else answer.text
        said = typed or _listed([words.choices[choice] for choice in answer.choices], ui)
    return Touch(Tap(Action.CHANGE, screen.id), said, "pencil", detail=words.short, typed=bool(answer.text))
