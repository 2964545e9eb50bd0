"""Slows down whoever guesses a code or a password. Kept in memory: a restart forgives, and a guesser gains little."""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from intake_service.errors import TooManyTries

_MOST_KNOWN = 10_000  # who; beyond, those whose tries have aged are forgotten


@dataclass
class WrongTries:
    """At most `limit` wrong tries within `window` for each `who` (an address, a username)."""

    limit: int = 10
    window: timedelta = timedelta(minutes=1)
    _tries: dict[str, deque[datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, who: str, now: datetime) -> None:
        """Before a try. Raises TooManyTries when the limit is reached, also for a right one."""
        with self._lock:
            if len(self._recent(who, now)) >= self.limit:
                raise TooManyTries("Wait a minute, then try again.")

    def count(self, who: str, now: datetime) -> None:
        """After a wrong try."""
        with self._lock:
            if len(self._tries) >= _MOST_KNOWN:
                for known in list(self._tries):
                    self._recent(known, now)
            self._tries.setdefault(who, deque(maxlen=self.limit)).append(now)

    def _recent(self, who: str, now: datetime) -> deque[datetime]:
        tries = self._tries.get(who, deque())
        while tries and tries[0] <= now - self.window:
            tries.popleft()
        if not tries:
            self._tries.pop(who, None)
        return tries
