"""A thousand whole intakes one after another in the kiosk's window; prints what they took as JSON."""

import json
import os
import statistics
import time

from bench._processes import Tree
from tests.kiosk.offscreen import OffscreenKiosk

_INTAKES, _PART = 1000, 100
_NAME = "Zulema Prueba"
_BEFORE = ("begin:es", "next", "choose:none", "next", "choose:first-time")
_AFTER = (
    "next",
    *("choose:housing", "choose:company", "next"),
    "choose:ongoing",
    *("choose:my-language", "next"),
    "choose:phone",
    *(f"type:{digit}" for digit in "5550101234"),
    "next",
    *("choose:text", "next"),
    *("choose:quiet", "next"),
    "choose:yes",
    "choose:agree",
    *("send", "done"),
)


def main() -> None:
    took, memory = [], []
    with OffscreenKiosk() as kiosk:
        for number in range(1, _INTAKES + 1):
            began = time.perf_counter()
            _one(kiosk)
            took.append(time.perf_counter() - began)
            kiosk.handed_in.clear()
            if number % _PART == 0:
                memory.append(Tree(os.getpid()).pss())
    print(
        json.dumps(
            {
                "early": statistics.median(took[:_PART]),
                "late": statistics.median(took[-_PART:]),
                "early_pss": memory[0],
                "late_pss": memory[-1],
            }
        )
    )


def _one(kiosk: OffscreenKiosk) -> None:
    kiosk.tap(*_BEFORE)
    for letter in _NAME:
        if not any(str(getattr(each.item, "tap", "")) == f"type:{letter}" for each in kiosk.placed):
            kiosk.tap("capitals")
        kiosk.tap(f"type:{letter}")
    kiosk.tap(*_AFTER)


if __name__ == "__main__":
    main()
