"""How often somebody may ask: so many at once, and so many a second for as long as they like.

Kept in this process's memory: counting in the database would cost more than most of what is counted. Each process
counts for itself, and a restart forgets; who floods is held to a multiple of the pace, by the number of processes.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass, field

_MOST = 20_000  # callers that are kept apart; beyond, newcomers share one count
_ALL_OTHERS = None
_LOOKS_EVERY = 1.0  # seconds: going through all of them takes milliseconds
_TOO_LITTLE = 1e-6  # seconds: what sums of fractions are wrong by


@dataclass
class Pace:
    """`at_once`: requests of a caller who was quiet; `per_second`: how fast these come back (GCRA, ITU-T I.371)."""

    at_once: int
    per_second: float
    _quiet_at: dict[Hashable, float] = field(default_factory=dict, init=False)
    """When a caller will have been quiet for long enough. Who is not here is quiet."""
    _looked_at: float = field(default=float("-inf"), init=False)

    def wait(self, who: Hashable, now: float | None = None) -> float:
        """0: let this one through; it is counted. Else the seconds until the next one is, and nothing is counted.

        `now`: seconds of a clock that never jumps.
        """
        now = time.monotonic() if now is None else now
        if who not in self._quiet_at and len(self._quiet_at) >= _MOST:
            if now >= self._looked_at + _LOOKS_EVERY:
                self._forget_the_quiet(now)
            if len(self._quiet_at) >= _MOST:
                who = _ALL_OTHERS
        quiet_at = max(self._quiet_at.get(who, now), now) + 1 / self.per_second
        too_soon = quiet_at - now - self.at_once / self.per_second
        if too_soon > _TOO_LITTLE:
            return too_soon
        self._quiet_at[who] = quiet_at
        return 0.0

    def _forget_the_quiet(self, now: float) -> None:
        self._looked_at = now
        self._quiet_at = {who: quiet_at for who, quiet_at in self._quiet_at.items() if quiet_at > now}
