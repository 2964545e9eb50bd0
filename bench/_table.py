"""What every benchmark hands in: rows with a goal, printed as a table and written to build/bench/NAME.json."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Row:
    """`goal`: at most so much, None when there is none. `met`: None without a goal."""

    measure: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.value <= self.goal


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all is not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def report(name: str, rows: Sequence[Row]) -> None:
    """Print the rows and write them."""
    width = max(len(row.measure) for row in rows)
    for row in rows:
        goal = "" if row.goal is None else f"goal {row.goal:g}: {'met' if row.met else 'NOT met'}"
        print(f"{row.measure:{width}}  {row.value:10.2f} {row.unit:6} {goal}")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    listed = [asdict(row) | {"met": row.met} for row in rows]
    (_FOLDER / f"{name}.json").write_text(json.dumps(listed, indent=2) + "\n")
