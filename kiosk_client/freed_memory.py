"""Memory that is overwritten as it is freed: a setting of the C library, read when a program begins."""

import os
import sys

# glibc manual, "Memory Allocation Tunables". Freed memory becomes 0xff and fresh memory zero; without the cache of each
# thread, which passes blocks on as they are.
_TUNABLES = "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0"


def overwrite_freed_memory() -> None:
    """Returns in a process that does so; the first call begins this very command anew."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if _TUNABLES not in tunables:
        os.environ["GLIBC_TUNABLES"] = f"{tunables}:{_TUNABLES}".lstrip(":")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  the same command, no shell
