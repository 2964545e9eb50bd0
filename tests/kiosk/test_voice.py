"""What every voice promises: the one that sounds, with a loudspeaker that only listens, and the one that writes."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from kiosk_client.speech import Utterance
from kiosk_client.voice import SpeakingVoice, Tone, Voice
from tests.kiosk.transcript import Transcript

_WITHIN = 20.0  # seconds


@dataclass
class Loudspeaker:
    """Each sound lasts until a test lets it end. `works`: whether there is a device."""

    works: bool = True
    sounds: list[str] = field(default_factory=list)
    devices: list[str | None] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    last: "Sound | None" = None

    def play(self, wav: bytes, volume: float, device: str | None) -> "Sound":
        with self.changed:
            self.sounds.append(wav.decode())
            self.devices.append(device)
            self.volumes.append(volume)
            self.last = Sound(self.works)
            self.changed.notify_all()
            return self.last

    def wait_for(self, *sounds: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.sounds[-len(sounds) :] == list(sounds), _WITHIN), self.sounds

    def end(self) -> None:
        assert self.last is not None
        self.last.over.set()


class Sound:
    def __init__(self, works: bool) -> None:
        self.over = threading.Event()
        self.works = works
        if not works:
            self.over.set()

    def wait(self) -> bool:
        assert self.over.wait(_WITHIN)
        return self.works

    def cut_off(self) -> None:
        self.over.set()


class Ears(Protocol):
    """How a test hears a voice: `next` lets what sounds now end."""

    def hear(self, *sounds: str) -> None: ...
    def next(self) -> None: ...


@dataclass
class Hearing:
    speaker: Loudspeaker

    def hear(self, *sounds: str) -> None:
        self.speaker.wait_for(*sounds)

    def next(self) -> None:
        self.speaker.end()


@dataclass
class Reading:
    transcript: Transcript

    def hear(self, *sounds: str) -> None:
        assert self.transcript.heard[-len(sounds) :] == list(sounds)

    def next(self) -> None:
        pass


def words(*texts: str) -> list[Utterance]:
    return [Utterance(text, "en") for text in texts]


@pytest.fixture
def speaker() -> Loudspeaker:
    return Loudspeaker()


@pytest.fixture
def speaking(speaker: Loudspeaker) -> Iterator[SpeakingVoice]:
    voice = SpeakingVoice(lambda said: said.text.encode(), lambda tone: f"({tone})".encode(), speaker.play)
    yield voice
    voice.close()


@pytest.fixture(params=["speaking", "transcript"])
def voice_and_ears(request: pytest.FixtureRequest, speaker: Loudspeaker, speaking: SpeakingVoice) -> tuple[Voice, Ears]:
    if request.param == "speaking":
        return speaking, Hearing(speaker)
    transcript = Transcript()
    return transcript, Reading(transcript)


def test_a_voice_says_one_thing_after_another(voice_and_ears: tuple[Voice, Ears]) -> None:
    voice, ears = voice_and_ears
    voice.say(words("Welcome"), 0.5)
    ears.hear("Welcome")
    ears.next()
    voice.say(words("Name"), 0.5)
    ears.hear("Welcome", "Name")


def test_a_voice_sounds_a_tone_before_it_speaks(voice_and_ears: tuple[Voice, Ears]) -> None:
    voice, ears = voice_and_ears
    voice.tone(Tone.ARE_YOU_THERE, 0.5)
    ears.hear("(are you there)")
    ears.next()
    voice.say(words("Still there?"), 0.5)
    ears.hear("Still there?")


def test_a_voice_says_something_new_after_it_was_stopped_or_paused(voice_and_ears: tuple[Voice, Ears]) -> None:
    voice, ears = voice_and_ears
    for silence in (voice.stop, voice.pause):
        voice.say(words("Long"), 0.5)
        ears.hear("Long")
        silence()
        voice.say(words("New"), 0.5)
        ears.hear("New")


def test_what_was_due_is_forgotten_once_it_is_stopped(speaker: Loudspeaker, speaking: SpeakingVoice) -> None:
    speaking.say(words("First", "Second", "Third"), 0.5)
    speaker.wait_for("First")
    speaker.end()
    speaker.wait_for("First", "Second")
    assert speaking.stop() == words("Second", "Third")
    assert speaking.stop() == []
    speaking.say(words("New"), 0.5)
    speaker.wait_for("First", "Second", "New")


def test_it_speaks_until_all_was_heard(speaker: Loudspeaker, speaking: SpeakingVoice) -> None:
    """Who paused it may have gone."""
    seen = [speaking.speaks]
    speaking.say(words("Only this"), 0.5)
    speaker.wait_for("Only this")
    seen.append(speaking.speaks)
    speaking.pause()
    seen.append(speaking.speaks)
    speaking.pause()
    speaker.wait_for("Only this", "Only this")
    seen.append(speaking.speaks)
    speaker.end()

    assert seen == [False, True, False, True]
    deadline = time.monotonic() + _WITHIN
    while speaking.speaks:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_after_a_pause_it_goes_on_with_what_was_cut_off(speaker: Loudspeaker, speaking: SpeakingVoice) -> None:
    speaking.say(words("First", "Second"), 0.5)
    speaker.wait_for("First")
    speaking.pause()
    speaking.pause()
    speaker.wait_for("First", "First")
    speaker.end()
    speaker.wait_for("First", "First", "Second")


def test_a_headset_pulled_out_in_mid_sentence_silences_the_rest(speaker: Loudspeaker, speaking: SpeakingVoice) -> None:
    speaker.works = False
    speaking.say(words("Rosa", "Maria"), 0.5)
    speaker.wait_for("Rosa")
    speaker.works = True
    speaking.send_to("plughw:1")
    speaking.say(words("Again"), 0.9)
    speaker.wait_for("Rosa", "Again")
    assert (speaker.devices[-1], speaker.volumes[-1]) == ("plughw:1", 0.9)


def test_what_takes_long_to_render_is_not_said_when_something_else_is_due(speaker: Loudspeaker) -> None:
    rendering, go_on = threading.Event(), threading.Event()

    def render(said: Utterance) -> bytes:
        if said.text == "Slow":
            rendering.set()
            assert go_on.wait(_WITHIN)
        return said.text.encode()

    tone: Callable[[Tone], bytes] = lambda _: b""  # noqa: E731
    voice = SpeakingVoice(render, tone, speaker.play)
    voice.say(words("Slow"), 0.5)
    assert rendering.wait(_WITHIN)
    voice.say(words("Quick"), 0.5)
    go_on.set()
    speaker.wait_for("Quick")
    voice.close()
    assert speaker.sounds == ["Quick"]
