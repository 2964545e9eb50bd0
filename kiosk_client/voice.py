"""The one door to the sound: says utterances one after another, in a thread of its own, until others are to be said.

Nothing here knows of the screen. Without a sound device, or without the programs, a kiosk is silent and all else works.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from kiosk_client.speech import Utterance

_LEAVES_WITHIN = 2.0  # seconds


class Tone(StrEnum):
    """Soft signs; never the only ones."""

    DONE = "done"
    ARE_YOU_THERE = "are you there"
    TO_THE_DESK = "to the desk"


class Voice(Protocol):
    """What the kiosk speaks with. Volume is 0 to 1."""

    def say(self, utterances: Iterable[Utterance], volume: float) -> None:
        """Stop, and say these from now on; returns at once."""

    def stop(self) -> list[Utterance]:
        """Be silent at once, and forget what was to be said, which is returned: what was cut off, and the rest."""

    def pause(self) -> None:
        """Be silent, or go on with the utterance that was cut off."""

    def tone(self, tone: Tone, volume: float) -> None:
        """Sound a tone before what is said next. `say` does not cut it off."""

    @property
    def speaks(self) -> bool:
        """Whether something is being said, or about to be."""

    def send_to(self, device: str | None) -> None:
        """From now on through this device; None: through the machine's own."""

    def close(self) -> None:
        """No sound any more."""


class Playing(Protocol):
    """A sound on its way to the ear."""

    def wait(self) -> bool:
        """Until it was heard, or cut off. False when it could not be played at all."""

    def cut_off(self) -> None: ...


Play = Callable[[bytes, float, str | None], Playing]
"""Starts to play a WAV file's content at a volume through a device."""


class SpeakingVoice:
    """`render`: an utterance as a WAV file's content, or b"" where it cannot be said. `play`: to the ear."""

    def __init__(self, render: Callable[[Utterance], bytes], tones: Callable[[Tone], bytes], play: Play) -> None:
        self._render = render
        self._tones = tones
        self._play = play
        self._changed = threading.Condition()
        self._due: list[Utterance | Tone] = []
        self._volume = 1.0
        self._device: str | None = None
        self._paused = False
        self._closed = False
        self._turn = 0
        self._playing: Playing | None = None
        self._thread: threading.Thread | None = None

    def say(self, utterances: Iterable[Utterance], volume: float) -> None:
        with self._changed:
            tones = [each for each in self._due if isinstance(each, Tone)]
            self._due_now([*tones, *utterances], volume, cut_off=not tones)

    def tone(self, tone: Tone, volume: float) -> None:
        with self._changed:
            self._due_now([tone], volume)

    def stop(self) -> list[Utterance]:
        with self._changed:
            rest = [each for each in self._due if not isinstance(each, Tone)]
            self._due_now([], self._volume)
            return rest

    def pause(self) -> None:
        with self._changed:
            self._paused = not self._paused
            self._cut_off()
            self._changed.notify()

    @property
    def speaks(self) -> bool:
        with self._changed:
            return bool(self._due) and not self._paused

    def send_to(self, device: str | None) -> None:
        self._device = device

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._due_now([], self._volume)
        if self._thread is not None:
            self._thread.join(_LEAVES_WITHIN)

    def _due_now(self, due: Sequence[Utterance | Tone], volume: float, *, cut_off: bool = True) -> None:
        self._due, self._volume, self._paused = list(due), volume, False
        if cut_off:
            self._cut_off()
        self._changed.notify()
        if due and not (self._thread is not None and self._thread.is_alive()):
            self._thread = threading.Thread(target=self._speak, name="voice", daemon=True)
            self._thread.start()

    def _cut_off(self) -> None:
        self._turn += 1
        if self._playing is not None:
            self._playing.cut_off()

    def _speak(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or (self._due and not self._paused))
                if self._closed:
                    return
                turn, next_one = self._turn, self._due[0]
            sound = self._tones(next_one) if isinstance(next_one, Tone) else self._render(next_one)
            with self._changed:
                if self._turn != turn:
                    continue  # something else is to be said by now
                self._playing = playing = self._play(sound, self._volume, self._device)
            heard = playing.wait()
            del sound, next_one, playing  # nothing of a name stays in this thread while it waits
            with self._changed:
                self._playing = None
                if self._turn != turn:
                    continue
                if heard:
                    del self._due[0]
                else:  # no device, or it was pulled out: the rest would be lost as well
                    self._due.clear()
