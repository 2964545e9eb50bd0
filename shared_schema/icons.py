"""The drawings that stand beside words, as strokes on a square of 24 by 24."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shared_schema.yaml_files import read_yaml

SIDE = 24.0
WEIGHT = 2.0
"""Width of every line, on the square of SIDE."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Path:
    """Beginning at `start`, cubic curves one after another, each as two control points and its end.

    A straight line is one with its control points at its ends.
    """

    start: Point
    curves: tuple[tuple[Point, Point, Point], ...]


Stroke = Circle | Path

_DIRECTED = frozenset({"arrow-left", "arrow-right", "erase", "list", "return", "send"})


def drawing(name: str) -> tuple[Stroke, ...]:
    """The strokes of a drawing. Raises KeyError for one that there is not."""
    return _drawings()[name]


def names() -> frozenset[str]:
    return frozenset(_drawings())


def directed() -> frozenset[str]:
    """Those that show which way one reads: they are turned around for languages read from right to left."""
    return _DIRECTED


@cache
def _drawings() -> dict[str, tuple[Stroke, ...]]:
    listed = read_yaml(files("shared_schema") / "icons.yaml")
    return {name: tuple(_stroke(text) for text in strokes) for name, strokes in listed.items()}


def _stroke(text: str) -> Stroke:
    words = text.split()
    if words[0] == "O":
        x, y, radius = map(float, words[1:])
        return Circle(x, y, radius)
    start = at = (float(words[1]), float(words[2]))
    curves = []
    place = 3
    while place < len(words):
        if words[place] == "Z":
            curves.append((at, start, start))
            break
        count = {"L": 2, "C": 6}[words[place]]
        numbers = [float(word) for word in words[place + 1 : place + 1 + count]]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        curves.append((points[0], points[1], points[2]) if count == 6 else (at, points[0], points[0]))
        at = points[-1]
        place += 1 + count
    return Path(start, tuple(curves))
