"""From words to sound. What is the same for everybody is rendered at install, what is not, such as a name, in memory.

A center may put its own recordings, a person reading, in the place of the rendered files.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kiosk_client.speech import Utterance
from shared_schema.form import LanguageTexts

_PROGRAM = "espeak-ng"
_WORDS_A_MINUTE = 150
_LONGEST = 20.0  # seconds; a rendering takes about 0.02
_DIGITS = "0123456789"


class NoSpeechProgram(Exception):
    """The program that speaks is not installed, or does not work; the text says what to do."""


class Prompts:
    """`folder`: of the rendered files, a folder for each language. `voices`: the speech program's name for each."""

    def __init__(self, folder: Path, voices: Mapping[str, str]) -> None:
        self._folder = folder
        self._voices = voices

    def sound(self, utterance: Utterance) -> bytes:
        """As a WAV file's content; b"" where it cannot be said."""
        try:
            return self.path(utterance).read_bytes()
        except OSError:
            pass
        try:
            return self._rendered(utterance)
        except NoSpeechProgram:
            return b""

    def path(self, utterance: Utterance) -> Path:
        """Where a rendered file of it is, or would be."""
        name = hashlib.sha256(utterance.text.encode()).hexdigest()[:24]
        return self._folder / utterance.language / f"{name}.wav"

    def write(self, utterances: Iterable[Utterance]) -> int:
        """Render those that are not there yet; how many. Raises NoSpeechProgram and OSError."""
        written = 0
        for utterance in utterances:
            path = self.path(utterance)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".new")
            draft.write_bytes(self._rendered(utterance))
            draft.replace(path)
            written += 1
        return written

    def _rendered(self, utterance: Utterance) -> bytes:
        """The text goes by a pipe, so that it is never seen in the list of processes."""
        voice = self._voices.get(utterance.language, utterance.language)
        command = [_PROGRAM, "-v", voice, "-s", str(_WORDS_A_MINUTE), "-b", "1", "-z", "--stdin", "--stdout"]
        if len(utterance.text) == 1 and not utterance.text.isalnum():
            command.append("--punct")
        try:
            done = subprocess.run(  # noqa: S603  a fixed program; the text goes by the pipe
                command, input=utterance.text.encode(), capture_output=True, check=True, timeout=_LONGEST
            )
        except (OSError, subprocess.SubprocessError):
            raise NoSpeechProgram(f"{_PROGRAM} cannot speak {voice}; is it installed?") from None
        return done.stdout


def fixed(texts: Mapping[str, LanguageTexts]) -> Iterator[Utterance]:
    """Everything that a kiosk says to everybody: the words of its form, and the letters of its keyboards."""
    for language, each in texts.items():
        yield from (Utterance(text, language) for text in sorted(set(_words(each)) | _letters(each)) if text)


def voices(texts: Mapping[str, LanguageTexts]) -> dict[str, str]:
    return {language: each.voice or language for language, each in texts.items()}


def _words(texts: LanguageTexts) -> Iterator[str]:
    yield from (word for word in texts.ui.values() if "{" not in word)
    for screen in texts.screens.values():
        yield from (screen.title, screen.short, screen.help, *screen.body, *screen.choices.values())
    yield texts.name


def _letters(texts: LanguageTexts) -> set[str]:
    keyboard = texts.keyboard
    small = {letter for row in keyboard.rows for letter in row}
    small |= {letter for forms in keyboard.accents.values() for letter in forms}
    return small | {letter.upper() for letter in small} | set(_DIGITS)


def default_folder() -> Path:
    """Where `warm-handoff-kiosk prompts` puts them and the kiosk finds them."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "warm-handoff-kiosk" / "prompts"
