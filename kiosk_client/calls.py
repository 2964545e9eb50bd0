"""Calling a person before the intake is finished, and what can honestly be said of it on the screen."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from kiosk_client.sender import Sender
from kiosk_client.spool import Spool, SpoolError

PATIENCE = 8.0
"""Seconds in which a service that answered just before is believed to have heard."""


class Calls(Protocol):
    """The way to the staff. `seconds`: a clock that never jumps."""

    def call(self, intake_id: UUID, now: datetime, seconds: float) -> None: ...
    def is_coming(self, intake_id: UUID, seconds: float) -> bool: ...


class NoCalls:
    """No way to the staff: the participant is sent to the desk."""

    def call(self, intake_id: UUID, now: datetime, seconds: float) -> None: ...

    def is_coming(self, intake_id: UUID, seconds: float) -> bool:
        return False


class SpooledCalls:
    """Kept in the spool, sent before everything else. One participant at a time."""

    def __init__(self, spool: Spool, sender: Sender) -> None:
        self._spool = spool
        self._sender = sender
        self._called_at: float | None = None

    def call(self, intake_id: UUID, now: datetime, seconds: float) -> None:
        """Ask the staff to come to whoever began this intake. Never fails: `is_coming` tells what became of it."""
        try:
            self._spool.call(intake_id, now)
        except SpoolError:
            self._called_at = None
        else:
            self._called_at = seconds
        self._sender.wake()

    def is_coming(self, intake_id: UUID, seconds: float) -> bool:
        """Whether staff have heard, or are just being told by a line that works. Else: to the desk."""
        if self._called_at is None:
            return False
        if self._sender.contact.reachable and seconds - self._called_at < PATIENCE:
            return True
        try:
            return self._spool.was_heard(intake_id)
        except SpoolError:
            return False
