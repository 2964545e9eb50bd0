"""Where `warm-handoff-kiosk` begins: in a process whose memory is overwritten as it is freed.

The program may begin anew for that, so nothing else is imported until then: it costs some hundredths of a second.
"""

import sys

from kiosk_client.freed_memory import overwrite_freed_memory


def main() -> int:
    overwrite_freed_memory()
    from kiosk_client.__main__ import main as run  # noqa: PLC0415  only in the process that stays

    return run()


if __name__ == "__main__":
    sys.exit(main())
