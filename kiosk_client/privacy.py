"""What keeps a participant's answers from outliving them in this process: no core dumps, no talkative exceptions, and
memory that is overwritten once nobody holds it any more. docs/decisions says what this guarantees and what it does not.
"""

import ctypes
import gc
import resource

from kiosk_client import faults
from kiosk_client.freed_memory import overwrite_freed_memory

_SMALL_BLOCKS = range(16, 513, 16)  # what Python's own allocator gives out; it does not clear a block that is freed
_OF_EACH = 256 * 1024  # bytes of each size; about as much as is ever free in a running kiosk
_BYTES_HEADER = 33


def keep_private() -> None:
    """Called once, before anybody can answer. May begin the program anew, see kiosk_client.freed_memory."""
    overwrite_freed_memory()
    faults.tell_only_where()
    # Of 1, not 0: a core of one byte is never written to a file, and it is the one limit that also holds for a core
    # that is piped to a program (core(5), "Piping core dumps to a program").
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    limit = 0 if most == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def forget() -> None:
    """Called when a participant's answers have gone from every object in use. Takes a few hundredths of a second.

    What nobody holds any more keeps its content until somebody else writes there: here that is done at once.
    """
    gc.collect()
    _overwrite_small_blocks()
    if (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:  # glibc's
        malloc_trim(0)


def _overwrite_small_blocks() -> None:
    """Fill every free block of Python's allocator, then give all of them back."""
    held: list[bytes | bytearray] = []
    for size in _SMALL_BLOCKS:
        for _ in range(_OF_EACH // size):
            held.append(bytes(size - _BYTES_HEADER) if size > _BYTES_HEADER else bytearray(size - 1))
