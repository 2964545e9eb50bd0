"""What may be said of a fault on a kiosk: its kind and where it happened, never what it was about.

An exception's text can hold an answer, and a traceback's lines can too.
"""

import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType


def where(error: BaseException) -> str:
    """`KeyError at views.py:120 < session.py:55`, innermost first."""
    frames = traceback.extract_tb(error.__traceback__, limit=-6)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return " at ".join([type(error).__name__, *([" < ".join(places)] if places else [])])


def tell_only_where() -> None:
    """From now on an exception that ends the process or a thread is written as `where` says it, and no other way."""

    def end_of_process(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        sys.stderr.write(f"the kiosk ended: {where(error)}\n")

    def end_of_thread(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None:
            sys.stderr.write(f"a thread of the kiosk ended: {where(ended.exc_value)}\n")

    sys.excepthook = end_of_process
    threading.excepthook = end_of_thread
