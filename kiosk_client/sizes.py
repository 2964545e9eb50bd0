"""Millimetres of a panel in its pixels: how large letters and touches are, and how far apart."""

import math
from dataclasses import dataclass

_CAP_HEIGHT = 0.711  # of the letter size, in Roboto; the built fonts have the same or more
SMALLEST_CAPITAL = 4.8
"""mm, Section 508 402.4: 3/16 in."""
BIGGER_CAPITALS = (7.3, 6.5, 5.7)
"""mm of bigger text, EN 301 549 5.1.4 read at 600 mm; then of a page that would be cut with letters that large."""
_BIGGER_WANTED = 1.07  # of them: so that letters that are a little wider than reckoned still fit
_TITLE = 8.0  # mm of the letter size
_BIGGER_TITLE = 1.575  # of a capital
TARGET = 15.0
"""mm, the smallest touch."""
GAP = 3.0
"""mm between touches."""
PADDING = 2.5
"""mm between a touch's edge and what stands in it."""
PADDING_ABOVE = 0.9
BESIDE = 2.0
"""mm between a picture and its words."""
NARROW = 160.0
"""mm of width: a panel that has less stands upright."""
_SMALLEST_PANEL = 136.0  # mm: the shorter side of 10.1 in
_LARGEST = 1.5


@dataclass(frozen=True)
class Sizes:
    """Millimetres of this panel in pixels. `capital`: mm of a capital's height in the smallest letters."""

    pixels_per_mm: float
    capital: float = SMALLEST_CAPITAL

    @classmethod
    def of_panel(
        cls, width: float, height: float, pixels_per_mm: float, capital: float, *, reach: bool = False
    ) -> "Sizes":
        """A panel larger than the smallest shows everything larger, not only further apart.

        Not with `reach`: half of a panel needs its room for the touches.
        """
        shorter = min(width, height) / pixels_per_mm
        larger = 1.0 if reach else min(_LARGEST, max(1.0, math.sqrt(shorter / _SMALLEST_PANEL)))
        larger = math.sqrt(larger) if capital > SMALLEST_CAPITAL else larger  # bigger text is large already
        return cls(pixels_per_mm * larger, capital)

    @property
    def bigger(self) -> bool:
        """Whether the participant asked for bigger text."""
        return self.capital > SMALLEST_CAPITAL

    def mm(self, length: float) -> float:
        return length * self.pixels_per_mm

    @property
    def smallest(self) -> float:
        """Letter size below which nothing is ever set; what was asked for as bigger text stays that large."""
        return self.mm(self.capital / _CAP_HEIGHT)

    @property
    def body(self) -> float:
        return self.smallest * (_BIGGER_WANTED if self.bigger else 1)

    @property
    def title(self) -> float:
        return self.mm(self.capital * _BIGGER_TITLE if self.bigger else _TITLE)
