"""From words to what a loudspeaker gets, with the real programs; the sound device writes what it gets into a file."""

import array
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk_client import sound
from kiosk_client.__main__ import main
from kiosk_client.prompts import NoSpeechProgram, Prompts, fixed, voices
from kiosk_client.sound import Aplay, at_volume
from kiosk_client.speech import Utterance
from kiosk_client.voice import SpeakingVoice, Tone
from shared_schema.form import load_form

TEXTS = load_form().texts
HELLO = Utterance("Start", "en")
DEVICE = "pcm.!default {{ type file slave.pcm {{ type null }} file {file} format raw }}\n"


@pytest.fixture
def prompts(tmp_path: Path) -> Prompts:
    return Prompts(tmp_path / "prompts", voices(TEXTS))


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was played, as samples."""
    file = tmp_path / "played.raw"
    (tmp_path / "asound.conf").write_text(DEVICE.format(file=file))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    return file


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def loudest(wav: bytes) -> int:
    data = wav[wav.find(b"data") + 8 :]
    return max(map(abs, array.array("h", data[: len(data) // 2 * 2])), default=0)


def test_what_is_not_prerendered_is_rendered_in_memory(prompts: Prompts, tmp_path: Path) -> None:
    wav = prompts.sound(Utterance("Zulema", "es"))

    assert wav.startswith(b"RIFF")
    assert loudest(wav) > 1000
    assert not (tmp_path / "prompts").exists()


def test_a_prerendered_file_is_what_is_heard(prompts: Prompts) -> None:
    assert prompts.write([HELLO]) == 1
    assert prompts.write([HELLO]) == 0, "it is there already"
    prompts.path(HELLO).write_bytes(b"a person reads")

    assert prompts.sound(HELLO) == b"a person reads"


def test_every_language_of_the_form_is_spoken(prompts: Prompts) -> None:
    for language, texts in TEXTS.items():
        assert loudest(prompts.sound(Utterance(texts.ui["start"], language))) > 1000, language


@pytest.mark.parametrize("sign", ["-", "'", ".", "ñ", "7"])
def test_a_letter_or_a_sign_by_itself_is_heard(prompts: Prompts, sign: str) -> None:
    assert loudest(prompts.sound(Utterance(sign, "en"))) > 1000


def test_the_command_renders_everything_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARM_HANDOFF_KIOSK_PROMPTS", str(tmp_path))
    one = {"en": TEXTS["en"]}
    monkeypatch.setattr("kiosk_client.__main__.load_form", lambda: load_form().model_copy(update={"texts": one}))

    assert main(["prompts"]) == 0
    prompts = Prompts(tmp_path, voices(TEXTS))
    assert all(prompts.path(utterance).exists() for utterance in fixed(one))
    said = {utterance.text for utterance in fixed(one)}
    assert {"Start", "What should we call you?", "I am not safe", "R", "r", "7"} <= said


def test_without_the_program_rendering_says_so_and_speaking_is_silence(
    prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert prompts.sound(HELLO) == b""
    with pytest.raises(NoSpeechProgram, match="espeak-ng"):
        prompts.write([HELLO])


def test_a_softer_sound_has_smaller_samples_and_the_same_length(prompts: Prompts) -> None:
    wav = prompts.sound(HELLO)
    softer = at_volume(wav, 0.5)

    assert len(softer) == len(wav)
    assert loudest(softer) == pytest.approx(loudest(wav) / 2, abs=1)
    assert at_volume(b"", 0.5) == b""


def test_what_is_said_comes_out_of_the_sound_device(prompts: Prompts, played: Path) -> None:
    """The device keeps only the last sound."""
    voice = SpeakingVoice(prompts.sound, sound.tone, Aplay)
    voice.tone(Tone.DONE, 1)
    voice.say([Utterance("Rosa", "en"), HELLO], 1)
    samples = prompts.sound(HELLO)[44:]
    wait_until(lambda: played.exists() and played.read_bytes()[: len(samples)] == samples)
    voice.close()


def test_a_tone_comes_out_of_the_sound_device(played: Path) -> None:
    assert Aplay(sound.tone(Tone.ARE_YOU_THERE), 0.5, None).wait()

    samples = array.array("h", played.read_bytes())
    assert 3000 < max(samples) <= 6000


def test_without_a_sound_device_it_was_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "none.conf"))
    assert not Aplay(sound.tone(Tone.DONE), 1, None).wait()
    monkeypatch.setenv("PATH", "/nowhere")
    assert not Aplay(sound.tone(Tone.DONE), 1, "plughw:1").wait()
