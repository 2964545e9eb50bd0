"""What keeps a participant's answers from outliving them in this process: no core dumps, no talkative exceptions, and
memory that is overwritten once nobody holds it any more. docs/decisions says what this guarantees and what it does not.
"""

import gc
import resource

from kiosk_client import faults


def keep_private() -> None:
    """Called once, before anybody can answer."""
    faults.tell_only_where()
    # Of 1, not 0: a core of one byte is never written to a file, and it is the one limit that also holds for a core
    # that is piped to a program (core(5), "Piping core dumps to a program").
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def forget() -> None:
    """Called when a participant's answers have gone from every object that is in use."""
    gc.collect()
