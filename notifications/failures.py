"""What can come of a send, whatever the channel; the doors to the outside raise nothing else.

SendError
├── Gone        the device's subscription is no more (404, 410): delete it
├── TryLater    the other side or the way to it has trouble; `after` says when to come back, if it said so
└── Rejected    this message will never be taken; `suspect`: something about the address or our key is wrong
"""

from datetime import timedelta


class SendError(Exception):
    """The message was not accepted. The text holds a status or a kind of failure, never an address or content."""


class Gone(SendError):
    """The subscription is no more."""


class TryLater(SendError):
    """Not now. `after`: how long the service asked us to stay away, None if it did not say."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Rejected(SendError):
    """Never. `suspect`: an operator should look at the address or at our key."""

    def __init__(self, reason: str, *, suspect: bool = False) -> None:
        super().__init__(reason)
        self.suspect = suspect
