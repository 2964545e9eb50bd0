"""When a participant has walked away: first a question on the screen, then everything is cleared."""

from enum import StrEnum

END_AFTER = 45.0  # seconds that the last screen stands; a ticket is short to read and can be tapped away


class Presence(StrEnum):
    HERE = "here"
    WARNED = "warned"
    GONE = "gone"


class Idle:
    """Fed with touches and asked for the presence. Times are seconds of a clock that never jumps.

    Section 508 407.5 asks for a warning before time is up, and for more time at one touch, at least ten times.
    """

    def __init__(self, now: float) -> None:
        self._touched_at = now

    def touched(self, now: float) -> None:
        """A touch or a key: the participant is here, and has all the time again, as often as they like."""
        self._touched_at = now

    def presence(self, now: float, warn_after: float, clear_after: float) -> Presence:
        """In the middle of an intake. `warn_after`: seconds without a touch; `clear_after`: that the warning stands."""
        waited = now - self._touched_at
        if waited < warn_after:
            return Presence.HERE
        return Presence.WARNED if waited < warn_after + clear_after else Presence.GONE

    def presence_at_the_end(self, now: float) -> Presence:
        """On a last screen, which holds no answer: it clears itself without asking."""
        return Presence.HERE if now - self._touched_at < END_AFTER else Presence.GONE
