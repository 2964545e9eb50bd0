"""What of a session is heard, and how loud: words by who has the screen read to them, tones by everybody."""

from collections.abc import Sequence
from dataclasses import replace

from kiosk_client.flow import Place
from kiosk_client.session import Session
from kiosk_client.speech import Utterance
from kiosk_client.view import View
from kiosk_client.voice import Tone, Voice

_STEP = 0.1  # of the volume
_MOST = 4  # steps above and below the site's own volume
_TONES = {Place.TICKET.value: Tone.DONE, "urgent-desk": Tone.TO_THE_DESK}


class Narrator:
    """Speaks for a session by the voice; whoever owns that one stops it and lets it pause."""

    def __init__(self, session: Session, voice: Voice) -> None:
        self._session = session
        self._voice = voice

    def say(self, utterances: Sequence[Utterance]) -> None:
        """Instead of what is being said. Nothing to say leaves that alone."""
        if self._session.manner.aloud and utterances:
            self._voice.say(utterances, self._volume)

    def sound_for(self, view: View) -> None:
        """The tone that comes with a screen, if it has one and the site wants tones."""
        tone = Tone.ARE_YOU_THERE if self._session.warns else _TONES.get(view.name)
        if tone is not None and self._session.settings.sound:
            self._voice.tone(tone, self._volume)

    def turn(self, steps: int) -> None:
        """Louder from the next word on; softer below zero."""
        manner = self._session.manner
        self._session.manner = replace(manner, louder=max(-_MOST, min(_MOST, manner.louder + steps)))

    @property
    def _volume(self) -> float:
        return max(0.1, min(1.0, self._session.settings.volume + _STEP * self._session.manner.louder))
