"""The voice that writes down what it says, for tests that go by ear. The contract of the real voice holds it too."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk_client.speech import Utterance
from kiosk_client.voice import Tone


@dataclass
class Transcript:
    """`now`: what is being said since the last silence. `heard`: everything. `volumes`: of each time it spoke.

    `speaks`: a transcript is written in no time; a test may say that it takes some.
    """

    now: list[Utterance | Tone] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    device: str | None = None
    paused: bool = False
    speaks: bool = False

    def say(self, utterances: Iterable[Utterance], volume: float) -> None:
        self._begin([*(each for each in self.now if isinstance(each, Tone)), *utterances], volume)

    def tone(self, tone: Tone, volume: float) -> None:
        self._begin([tone], volume)

    def stop(self) -> list[Utterance]:
        """Nothing was heard to its end: who reads a transcript stops it before."""
        rest = [each for each in self.now if not isinstance(each, Tone)]
        self._begin([], None)
        return rest

    def pause(self) -> None:
        self.paused = not self.paused

    def send_to(self, device: str | None) -> None:
        self.device = device

    def close(self) -> None:
        self.stop()

    @property
    def words(self) -> list[str]:
        """What is being said, without the tones."""
        return [each.text for each in self.now if isinstance(each, Utterance)]

    def _begin(self, due: list[Utterance | Tone], volume: float | None) -> None:
        self.now, self.paused = due, False
        self.heard += [each.text if isinstance(each, Utterance) else f"({each})" for each in due]
        if due and volume is not None:
            self.volumes.append(volume)


class WrittenVoice(Transcript):
    """Writes what is being said into a file, for a test in another process."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def _begin(self, due: list[Utterance | Tone], volume: float | None) -> None:
        super()._begin(due, volume)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(self.words))
        draft.replace(self._file)


def heard_beside(shown: Path) -> Path:
    """Where a WrittenVoice writes for the kiosk that tells what it shows in this file."""
    return shown.with_name("heard.json")
