"""From sound to the ear: the program `aplay`, one process for each sound, so that silence is at once and a device that
is pulled out takes nothing else with it. docs/decisions says why it is not SDL."""

import array
import math
import subprocess
import sys
from functools import cache

from kiosk_client.voice import Tone

_PROGRAM = "aplay"
_RATE = 22050
_NOTES = {
    Tone.DONE: (523.25, 659.25),
    Tone.ARE_YOU_THERE: (440.0, 440.0),
    Tone.TO_THE_DESK: (659.25, 523.25, 659.25, 523.25),  # to be heard at the desk as well
}
"""Hz: a third up; the same note twice; a third down, twice."""

_NOTE = 0.35  # seconds


class Aplay:
    """A sound that is playing. Raises nothing: where there is no sound device it was just not heard."""

    def __init__(self, sound: bytes, volume: float, device: str | None) -> None:
        self._sound = at_volume(sound, volume)
        command = [_PROGRAM, "--quiet", *(["--device", device] if device else []), "-"]
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603  a fixed program
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError:
            self._process = None

    def wait(self) -> bool:
        if self._process is None:
            return False
        self._process.communicate(self._sound)
        return self._process.returncode == 0

    def cut_off(self) -> None:
        if self._process is not None:
            self._process.kill()


def at_volume(wav: bytes, volume: float) -> bytes:
    """The same sound, softer; 16-bit samples. The header's own sizes may be those of a stream and are left alone."""
    at = wav.find(b"data", 12) + 8
    if volume >= 1 or at < 8:
        return wav
    samples = array.array("h", wav[at : at + (len(wav) - at) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    samples = array.array("h", [int(sample * volume) for sample in samples])
    if sys.byteorder == "big":
        samples.byteswap()
    return wav[:at] + samples.tobytes()


@cache
def tone(which: Tone) -> bytes:
    """Two soft notes that swell and fade, as a WAV file's content."""
    samples = array.array("h")
    for note in _NOTES[which]:
        count = int(_RATE * _NOTE)
        for at in range(count):
            swell = math.sin(math.pi * at / count) ** 2
            samples.append(int(12000 * swell * math.sin(2 * math.pi * note * at / _RATE)))
    if sys.byteorder == "big":
        samples.byteswap()
    return _header(len(samples) * 2) + samples.tobytes()


def _header(size: int) -> bytes:
    """Of a WAV file: one channel, 16 bits."""

    def number(value: int, width: int) -> bytes:
        return value.to_bytes(width, "little")

    form = number(1, 2) + number(1, 2) + number(_RATE, 4) + number(_RATE * 2, 4) + number(2, 2) + number(16, 2)
    return b"RIFF" + number(36 + size, 4) + b"WAVE" + b"fmt " + number(16, 4) + form + b"data" + number(size, 4)
