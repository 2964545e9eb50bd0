"""The kiosk without its window: taps and time in, a view out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from kiosk_client.calls import Calls, NoCalls
from kiosk_client.closed import closed_view, is_closed
from kiosk_client.flow import Flow, Place
from kiosk_client.foreseen import foreseen
from kiosk_client.idle import Idle, Presence
from kiosk_client.speech import Reader
from kiosk_client.view import Action, Tap, View
from kiosk_client.views import Manner, next_theme, still_there, view_of
from shared_schema.form import Form
from shared_schema.kiosk_api import KioskConfig, KioskSettings

_ENDS = {Place.TICKET, Place.DELETED, Place.NOT_SAVED}


class Session:
    """Participants, one after another. `draw_ticket`: the next one's word. `hand_in`: whether the intake is safe.

    `calls`: how somebody who needs a person now gets one. `service_time`: what the service's clock says now, None while
    that is not known. `warns`: whether the screen asks if somebody is still there.
    """

    def __init__(
        self,
        form: Form,
        config: KioskConfig,
        draw_ticket: Callable[[], str],
        hand_in: Callable[[Flow, datetime], bool],
        seconds: float,
        calls: Calls | None = None,
        service_time: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._flow = Flow(_offered(form, config), config.settings.country)
        self._form = form
        self._config = config
        self._service_time = service_time
        self._closed_at: datetime | None = None
        self._tapped_language = ""  # that a closed site's screen is read in; empty: the site's first
        self._newer: tuple[KioskConfig, Form] | None = None
        self._draw_ticket = draw_ticket
        self._hand_in = hand_in
        self._calls = calls or NoCalls()
        self._is_coming = False
        self._idle = Idle(seconds)
        self.warns = False
        self.manner = Manner.of(config.settings)
        self._foreseen: tuple[object, tuple[View, ...]] = (None, ())

    @property
    def view(self) -> View:
        if self._closed_at is not None and self._flow.step.place is Place.WELCOME:
            return closed_view(self._flow.form, self._config, self._welcome_language, self._closed_at)
        view = view_of(self._flow, self._config, self.manner, is_coming=self._is_coming)
        return still_there(view, self._flow) if self.warns else view

    @property
    def foreseen(self) -> tuple[View, ...]:
        """Screens without an answer that are likely to come; the same object until the language or the look changes."""
        language = self._welcome_language if self._flow.step.place is Place.WELCOME else self._flow.language
        manner = Manner(self.manner.theme, self.manner.bigger, self.manner.reach)
        wanted = (id(self._flow.form), id(self._config), language, manner)
        if self._foreseen[0] != wanted:
            self._foreseen = wanted, foreseen(self._flow.form, self._config, language, manner)
        return self._foreseen[1]

    @property
    def config(self) -> KioskConfig:
        return self._config

    @property
    def settings(self) -> KioskSettings:
        return self._config.settings

    @property
    def begun(self) -> bool:
        """Whether there are answers, or could be."""
        return self._flow.step.place not in {Place.WELCOME, *_ENDS}

    @property
    def reader(self) -> Reader:
        """Reads what is shown in the participant's language; before it is known in the one that the site has first."""
        at_first = self._flow.step.place is Place.WELCOME
        return Reader(self._flow.form.texts, self._welcome_language if at_first else self._flow.language)

    @property
    def form(self) -> Form:
        """The form that the next participant, or the one who has begun, is asked with."""
        return self._flow.form

    @property
    def _welcome_language(self) -> str:
        """The language of a screen that nobody has chosen one on."""
        first = next((each for each in self._config.languages if each in self._form.texts), self._flow.language)
        return self._tapped_language or first

    def use(self, config: KioskConfig, form: Form) -> None:
        """The site's newest settings. An intake that has begun is finished with what it began with."""
        self._newer = config, form
        self._renew()

    def tap(self, tap: Tap, now: datetime, seconds: float) -> None:
        """`now`: aware UTC. `seconds`: a clock that never jumps."""
        self.touched(seconds)
        if self.warns:
            self.warns = False
            if tap.action is Action.START_OVER:
                self._flow.start_over()
            elif tap.action is Action.TALK:
                self._flow.talk()
            return
        before = self._flow.step
        self._act(tap, now)
        if self._flow.needs_a_person and self._flow.intake_id is not None:
            self._calls.call(self._flow.intake_id, now, seconds)
            self._flow.called(now)
        self._check_hours_and_calls(seconds)
        if self._flow.step.place is Place.SENDING:
            if self._hand_in(self._flow, now):
                self._flow.sent()
            else:
                self._flow.not_saved()
        if self._flow.step != before:
            self.manner = replace(self.manner, capitals=True, accents=False, page=0)

    def touched(self, seconds: float) -> None:
        """A finger or a key, whatever it is for: somebody is there."""
        self._idle.touched(seconds)

    def tick(self, seconds: float) -> None:
        """Time goes by; called about once a second."""
        place = self._flow.step.place
        self._check_hours_and_calls(seconds)
        if place in _ENDS:
            if self._idle.presence_at_the_end(seconds) is Presence.GONE:
                self.clear()
            return
        if place is Place.WELCOME and self.manner == Manner.of(self.settings) and not self._tapped_language:
            return
        presence = self._idle.presence(seconds, self.settings.idle_seconds, self.settings.warning_seconds)
        if presence is Presence.GONE:
            self.clear()
        elif presence is Presence.WARNED and place is not Place.WELCOME:
            self.warns = True  # until it is answered: a finger that is coming down must find it where it was

    def clear(self) -> None:
        """Nothing of this participant stays, not even how large they wanted the letters."""
        self._flow.reset()
        self._tapped_language = ""
        self.warns = False
        self.manner = Manner.of(self.settings)
        self._renew()

    def _act(self, tap: Tap, now: datetime) -> None:
        flow, value = self._flow, tap.value
        match tap.action:
            case Action.LANGUAGE:
                self._tapped_language = value
            case Action.BEGIN | Action.TALK_FROM_WELCOME if self._closed_at is not None:
                pass  # a finger that was coming down when the site closed
            case Action.BEGIN:
                flow.begin(value, self._draw_ticket(), uuid7(), now)
            case Action.TALK_FROM_WELCOME:
                flow.talk_from_welcome(value, self._draw_ticket(), uuid7(), now)
            case Action.CHOOSE:
                flow.choose(value)
            case Action.TYPE:
                flow.type(value)
                self.manner = replace(self.manner, capitals=value in {" ", "-"}, accents=False)
            case Action.CHANGE:
                flow.change(value)
            case Action.DONE:
                self.clear()
            case action if action in _FLOW_ACTIONS:
                _FLOW_ACTIONS[action](flow)
                if flow.step.place is Place.WELCOME:
                    self._renew()  # they are still here, and may go on hearing, or seeing large letters
            case action:
                self.manner = _changed(self.manner, action)

    def _check_hours_and_calls(self, seconds: float) -> None:
        """Whether the site is open, and whether somebody is coming."""
        flow = self._flow
        now = self._service_time()
        self._closed_at = now if is_closed(self._config, now) else None
        self._is_coming = (
            flow.step.place is Place.URGENT
            and flow.intake_id is not None
            and self._calls.is_coming(flow.intake_id, seconds)
        )

    def _renew(self) -> None:
        if self._newer is not None and self._flow.step.place is Place.WELCOME:
            untouched = self.manner == Manner.of(self.settings)
            self._config, form = self._newer
            self._newer = None
            if untouched:
                self.manner = Manner.of(self.settings)
            self._form = form
            if (_offered(form, self._config), self.settings.country) != (self._flow.form, self._flow.country):
                self._flow = Flow(_offered(form, self._config), self.settings.country)


def _offered(form: Form, config: KioskConfig) -> Form:
    """The form without the tiles that the site left out."""
    return form.narrowed(config.settings.hidden, config.settings.pathways)


_FLOW_ACTIONS: dict[Action, Callable[[Flow], None]] = {
    Action.BACK: Flow.back,
    Action.START_OVER: Flow.start_over,
    Action.TALK: Flow.talk,
    Action.SKIP: Flow.skip,
    Action.RATHER_NOT_SAY: Flow.rather_not_say,
    Action.NEXT: Flow.next,
    Action.ERASE: Flow.erase,
    Action.TAKE_WORD: Flow.take_word,
    Action.SEND: Flow.send,
    Action.DELETE: Flow.delete,
    Action.URGENT_NOW: Flow.urgent_now,
    Action.KEEP_GOING: Flow.keep_going,
    Action.CONFIRM: Flow.confirm,
    Action.CANCEL: Flow.cancel,
}


def _changed(manner: Manner, action: Action) -> Manner:
    changes: dict[Action, dict[str, Any]] = {
        Action.BIGGER: {"bigger": not manner.bigger},
        Action.THEME: {"theme": next_theme(manner.theme)},
        Action.REACH: {"reach": not manner.reach},
        Action.CAPITALS: {"capitals": not manner.capitals},
        Action.ACCENTS: {"accents": not manner.accents},
        Action.PAGE: {"page": manner.page + 1},
    }
    return replace(manner, **changes.get(action, {}))
