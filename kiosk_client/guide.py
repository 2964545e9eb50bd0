"""A session for every body: the keypad and the headset beside the finger, the voice beside the screen.

It stands between the window and the session, and shows what the session shows. What is said is read from the views as
they change, so that nothing can be on the screen and not be said.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from kiosk_client.focus import NOWHERE, Focus, Stop, kept, moved, stop_at
from kiosk_client.glass import Glass
from kiosk_client.keypad import ARROWS, Key
from kiosk_client.narrator import Narrator
from kiosk_client.session import Session
from kiosk_client.shown import Shown
from kiosk_client.speech import Utterance
from kiosk_client.view import Action, Field, Tap, Typing, View
from kiosk_client.views import Manner
from kiosk_client.voice import Voice

_STARTS_SPEECH = {*ARROWS, Key.OK, Key.BACK, Key.HELP, Key.LOUDER, Key.SOFTER, Key.AGAIN}
_TYPING_KEYS = {Key.OK, Key.BACK}  # what somebody who sees presses on a keyboard, and does not want to be read to
_MIRRORED = {Key.LEFT: Key.RIGHT, Key.RIGHT: Key.LEFT}
_ACTIONS = {
    Key.HELP: Action.HELP,
    Key.AGAIN: Action.AGAIN,
    Key.PAUSE: Action.PAUSE,
    Key.LOUDER: Action.LOUDER,
    Key.SOFTER: Action.SOFTER,
    Key.HIDE: Action.HIDE,
}


class Guide:
    """`headset`: the sound device of a headset that is plugged in, None without one; asked about once a second.

    `glass`: what it is all looked at on; None while that is not known. `left`: called soon after a
    participant's answers have gone from the screen for good. `staff`: called, with the time in seconds, when staff held
    their corner while nobody was in the middle of an intake.
    """

    def __init__(
        self,
        session: Session,
        voice: Voice,
        headset: Callable[[], str | None] = lambda: None,
        left: Callable[[], None] = lambda: None,
        staff: Callable[[float], None] = lambda _seconds: None,
        glass: Callable[[], Glass | None] = lambda: None,
    ) -> None:
        self._session = session
        self._voice = voice
        self._headset = headset
        self._left = left
        self._staff = staff
        self._narrator = Narrator(session, voice)
        self._shown = Shown(session, glass)
        self._plugged: str | None = None
        self._begun = False
        self._focus = NOWHERE
        self._unsaid: list[Utterance] = []
        self._told = session.view

    @property
    def view(self) -> View:
        """The page that fits the screen."""
        return self._shown.view

    @property
    def foreseen(self) -> tuple[View, ...]:
        return self._session.foreseen

    @property
    def manner(self) -> Manner:
        return self._shown.manner

    @property
    def focus(self) -> Stop | None:
        """The control that the arrow keys are at."""
        return stop_at(self.view, self._focus)

    @property
    def hidden(self) -> bool:
        """Nothing is shown, by the participant's own wish. Whether they are still there is asked on the screen too."""
        return self._session.manner.hidden and not self._session.warns

    def touched(self, seconds: float) -> None:
        """A finger came down, wherever: the voice is silent, and a hidden screen is back."""
        self._voice.stop()
        self._session.touched(seconds)
        if self._session.manner.hidden:
            self._change(hidden=False)

    def corner(self, seconds: float) -> None:
        """Staff held their corner; in the middle of an intake it is only a corner."""
        if not self._session.begun:
            self._voice.stop()
            self._staff(seconds)

    def tap(self, tap: Tap, now: datetime, seconds: float) -> None:
        self._voice.stop()
        self._focus = NOWHERE
        self._do(tap, now, seconds)
        self._tell()

    def type(self, letter: str, now: datetime, seconds: float) -> None:
        """A key with a letter or a digit on it."""
        self._voice.stop()
        if isinstance(self._session.view.body, Typing) and not isinstance(self.view.body, Typing):
            self._change(page=self._session.manner.page + 1)  # from the question to its field
        if isinstance(self.view.body, Typing):
            self._focus = Focus(0)
        self._do(Tap(Action.TYPE, letter), now, seconds)
        self._tell()

    def key(self, key: Key, now: datetime, seconds: float) -> None:
        """A key that moves, chooses or is about the voice. The first one only starts the voice."""
        if key is Key.SPACE:
            if isinstance(self.view.body, Typing):
                return  # it comes as a letter as well
            key = Key.PAUSE
        unsaid = [] if key is Key.PAUSE else self._voice.stop()
        if key is Key.HELP and not self._shown.helping:
            self._unsaid = unsaid
        self._session.touched(seconds)
        if key is Key.HEADSET_IN:
            self._speak_from_now_on()
        elif key is Key.HEADSET_OUT:
            self._fall_silent()
        elif self._session.warns:
            self._do(Tap(Action.MORE_TIME), now, seconds)
        elif self._starts_speech(key):
            self._speak_from_now_on()
        else:
            self._press(key, now, seconds)
        self._tell()

    def tick(self, seconds: float) -> None:
        """Time goes by; called about once a second."""
        self._notice_headset(seconds)
        if self._voice.speaks and not self._session.warns:
            self._session.touched(seconds)  # who listens is here; their time begins when all was said
        self._session.tick(seconds)
        self._tell()
        if self._begun and not self._session.begun:
            self._begun = False
            self._left()

    def recover(self) -> None:
        """Something broke in the middle of this participant's intake: clear it and begin anew."""
        self._session.clear()
        self._focus = NOWHERE
        self._tell()

    # Keys

    def _starts_speech(self, key: Key) -> bool:
        if self._session.manner.aloud or not self._session.settings.speech or key not in _STARTS_SPEECH:
            return False
        return not (isinstance(self.view.body, Typing) and key in _TYPING_KEYS)

    def _press(self, key: Key, now: datetime, seconds: float) -> None:
        if key in ARROWS:
            if self._session.reader.right_to_left:
                key = _MIRRORED.get(key, key)
            self._focus = moved(self.view, self._focus, key)
            self._narrator.say(self._at_focus())
        elif key is Key.OK:
            self._choose(now, seconds)
        elif key is Key.BACK or (key is Key.ERASE and not _has_typed(self.view)):
            self._do(Tap(Action.CLOSE_HELP if self._shown.helping else Action.BACK), now, seconds)
        elif key is Key.ERASE:
            self._focus = Focus(0)
            self._do(Tap(Action.ERASE), now, seconds)
        else:
            self._do(Tap(_ACTIONS[key]), now, seconds)

    def _choose(self, now: datetime, seconds: float) -> None:
        """OK: what has the focus. On the field where one types it goes on; nowhere, it says where one is."""
        stop = self.focus
        if isinstance(stop, Field) or (stop is None and isinstance(self.view.body, Typing)):
            self._do(Tap(Action.NEXT), now, seconds)
        elif stop is None:
            self._narrator.say([*self._session.reader.keys(self.view), *self._session.reader.screen(self.view)])
        elif stop.enabled:
            self._do(stop.tap, now, seconds)
        else:
            self._narrator.say(self._at_focus())

    # What is about the voice, and what is not

    def _do(self, tap: Tap, now: datetime, seconds: float) -> None:
        match tap.action:
            case Action.HELP if self._shown.helping:
                self._close_help()
            case Action.HELP:
                self._shown.helping = self._session.manner.aloud  # it is all about the voice
            case Action.PAGE if self._shown.helping:
                self._change(page=self._session.manner.page + 1)
            case Action.CLOSE_HELP:
                self._close_help()
            case Action.AGAIN:
                self._shown.helping = False
                self._told = self.view
                self._narrator.say([*self._session.reader.screen(self._told), *self._at_focus()])
            case Action.PAUSE:
                self._voice.pause()
            case Action.LOUDER | Action.SOFTER as action:
                step = 1 if action is Action.LOUDER else -1
                self._narrator.turn(step)
                self._narrator.say(self._session.reader.said("help_louder" if step > 0 else "help_softer"))
            case Action.HIDE:
                self._change(hidden=self._session.manner.aloud and not self._session.manner.hidden)
                self._narrator.say(
                    self._session.reader.said("help_hide" if self._session.manner.hidden else "help_show")
                )
            case Action.ALOUD:
                self._session.touched(seconds)
                self._fall_silent() if self._session.manner.aloud else self._speak_from_now_on()
            case _:
                self._shown.helping = False
                self._session.tap(tap, now, seconds)

    def _close_help(self) -> None:
        """On with what was cut off: help is also a pause, for keypads that have no key for one."""
        self._shown.helping = False
        if self._unsaid:
            self._told = self.view
            self._focus = NOWHERE
            self._narrator.say(self._unsaid)

    def _speak_from_now_on(self) -> None:
        if self._session.settings.speech:
            self._change(aloud=True)
            self._told = self.view
            self._narrator.say([*self._session.reader.keys(self._told), *self._session.reader.screen(self._told)])

    def _fall_silent(self) -> None:
        self._voice.stop()
        self._shown.helping = False
        self._change(aloud=False, hidden=False)

    def _notice_headset(self, seconds: float) -> None:
        """A headset that is pulled out in mid-sentence must not go on through the room's loudspeaker."""
        device = self._headset()
        if device == self._plugged:
            return
        self._plugged = device
        self._voice.stop()
        self._voice.send_to(device)
        self._session.touched(seconds)
        if device is None:
            self._fall_silent()
        else:
            self._speak_from_now_on()

    def _change(self, **manner: Any) -> None:
        self._session.manner = replace(self._session.manner, **manner)

    # What is said

    def _tell(self) -> None:
        """Say what is new on the screen."""
        self._shown.helping = self._shown.helping and self._session.manner.aloud and not self._session.warns
        if not self._shown.helping:
            self._unsaid = []
        view, before = self.view, self._told
        stop = stop_at(before, self._focus)
        self._told = view
        self._focus = kept(before, view, self._focus)
        self._begun = self._begun or self._session.begun
        reader = self._session.reader
        if view.name != before.name:
            self._voice.stop()
            self._narrator.sound_for(view)
            self._narrator.say(reader.screen(view))
        elif view != before:
            self._narrator.say(reader.change(before, view) or ([] if self.focus == stop else self._at_focus()))

    def _at_focus(self) -> list[Utterance]:
        stop = self.focus
        return [] if stop is None else self._session.reader.stop(stop)


def _has_typed(view: View) -> bool:
    return isinstance(view.body, Typing) and any(field.active and field.text for field in view.body.fields)
