"""Where `warm-handoff-kiosk` begins: in a process whose memory is overwritten as it is freed.

The program may begin anew for that, so nothing else is imported until then: it costs some hundredths of a second.
"""

import gc
import os
import sys

from kiosk_client.freed_memory import overwrite_freed_memory


def main() -> int:
    overwrite_freed_memory()
    gc.disable()  # until the first frame: imports leave no rubbish, and searching for it took an eighth of the start
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # there are none; it would search every package
    from kiosk_client.__main__ import main as run  # noqa: PLC0415  only in the process that stays

    return run()


if __name__ == "__main__":
    sys.exit(main())
