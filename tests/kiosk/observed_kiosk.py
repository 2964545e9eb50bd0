"""The real kiosk that also writes down what it shows and where its touches are, so that xdotool can find them.

python -m tests.kiosk.observed_kiosk FILE [--written] [the kiosk's own arguments]

`--written`: it also writes down what it says, into a file beside FILE. A file `break` beside FILE makes the next screen
fail, with an exception that tells everything about it. A file `later` has seconds in it, by which its clock is ahead.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk_client.__main__ import main
from kiosk_client.geometry import Placed
from kiosk_client.view import Field, Touch, View
from tests.kiosk.transcript import WrittenVoice, heard_beside


class Observer:
    """`answered`, in the file, counts the fingers that have left the screen: it says that a tap has had its effect."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._answered = 0
        self._watching = False

    def __call__(self, view: View, placed: Sequence[Placed], surface: Any) -> None:
        if (fault := self._file.with_name("break")).exists():
            fault.unlink()
            raise RuntimeError(f"broken at {view}")
        if not self._watching:
            self._watching = True
            surface.bind(on_touch_up=self._count)  # is called before the surface's own answer, which shows again
        touches = {
            str(each.item.tap): [each.rect.x + each.rect.width / 2, each.rect.y + each.rect.height / 2]
            for each in placed
            if isinstance(each.item, Touch | Field)
        }
        told = {"view": view.name, "touches": touches, "cut": surface.cut, "answered": self._answered}
        told["corner"] = [surface.width - 12, 12]
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(told))
        draft.replace(self._file)

    def _count(self, *_: object) -> None:
        self._answered += 1


def seconds_by(later: Path) -> float:
    return time.monotonic() + (float(later.read_text()) if later.exists() else 0)


if __name__ == "__main__":
    shown = Path(sys.argv[1])
    written = WrittenVoice(heard_beside(shown)) if "--written" in sys.argv else None
    arguments = [each for each in sys.argv[2:] if each != "--written"]
    later = shown.with_name("later")
    sys.exit(main(arguments, voice=written, on_shown=Observer(shown), seconds=lambda: seconds_by(later)))
