"""What can come of a request to the service, in a few plain kinds. Light to import: the window knows them too."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """The service turned the request down for good, with a problem's code."""

    code: str


@dataclass(frozen=True)
class NotEnrolled:
    """The service does not know this kiosk, or no longer. What is held stays held until it is paired again."""

    code: str


@dataclass(frozen=True)
class Unreachable:
    """No usable answer: no way there, trouble on the other side, or somebody else answering. Try later.

    `after`: the service itself asks not to be asked for so many seconds; 0 where it said nothing of it.
    """

    reason: str
    after: float = 0.0


Failure = Refused | NotEnrolled | Unreachable
