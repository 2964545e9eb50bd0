"""Choices as tiles of one size, in as many columns as let their words be large."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kiosk_client.geometry import Placed, Rect, upright, words_room
from kiosk_client.lettering import Measured, measured, wide
from kiosk_client.sizes import GAP, TARGET, Sizes
from kiosk_client.view import Touch

_TALLEST = 34.0  # mm of a tile with its picture beside the words
_TALLEST_UPRIGHT = 52.0
_HIGHEST = 200  # mm: more than any panel has for them
_MOST_COLUMNS = 4
_LIKED_SHAPE = 2.0  # width by height
_NOTHING = Measured((), 0)


@dataclass(frozen=True)
class Grid:
    """Tiles whose words were measured once, to be tried in many areas. `words`: what stands in each, and above it."""

    touches: Sequence[Touch]
    words: Sequence[tuple[Measured, Measured]]

    @classmethod
    def of(cls, touches: Sequence[Touch]) -> "Grid":
        return cls(touches, [(measured(touch.text), measured(touch.detail)) for touch in touches])

    def fits(self, area: Rect, sizes: Sizes) -> bool:
        """Whether some number of columns lets every text fit."""
        return any(
            all(_fits(*each, sizes.smallest) for each in self._texts(cell, sizes))
            for _, cell in self._cells(area, sizes)
        )

    def least_height(self, width: float, sizes: Sizes) -> float:
        """How little height they can do with."""
        heights = (sizes.mm(height) for height in range(int(TARGET), _HIGHEST))
        return next((each for each in heights if self.fits(Rect(0, 0, width, each), sizes)), sizes.mm(_HIGHEST))

    def placed(self, area: Rect, sizes: Sizes) -> list[Placed]:
        """In their order, row by row from the top of the area."""
        letters, columns, height = self._arranged(area, sizes)
        gap = sizes.mm(GAP)
        width = (area.width - gap * (columns - 1)) / columns
        return [
            Placed(
                Rect(
                    area.x + index % columns * (width + gap), area.y + index // columns * (height + gap), width, height
                ),
                touch,
                letters or sizes.smallest,
            )
            for index, touch in enumerate(self.touches)
        ]

    def _arranged(self, area: Rect, sizes: Sizes) -> tuple[float, int, float]:
        """Letter size, number of columns and height of a tile: the largest letters first, then the most pleasant shape.

        A letter size of 0: no number of columns lets every text fit.
        """
        best = (-1.0, -math.inf, 1, sizes.mm(TARGET))
        for columns, cell in self._cells(area, sizes):
            size = _fitting_size(self._texts(cell, sizes), sizes)
            empty = -len(self.touches) % columns
            shape = -abs(math.log(cell.width / cell.height / _LIKED_SHAPE)) - 0.25 * empty
            best = max(best, (size, shape, columns, cell.height))
        size, _, columns, height = best
        return size, columns, height

    def _cells(self, area: Rect, sizes: Sizes) -> Iterator[tuple[int, Rect]]:
        """The numbers of columns that leave room for a finger, and the tile that each makes."""
        gap, least = sizes.mm(GAP), sizes.mm(TARGET) - 0.01
        for columns in range(1, min(_MOST_COLUMNS, len(self.touches)) + 1):
            rows = math.ceil(len(self.touches) / columns)
            cell = Rect(0, 0, (area.width - gap * (columns - 1)) / columns, (area.height - gap * (rows - 1)) / rows)
            if min(cell.width, cell.height) < least:
                continue
            tallest = self.touches[0].detail or all(upright(cell, touch, sizes) for touch in self.touches)
            highest = sizes.mm(_TALLEST_UPRIGHT if tallest else _TALLEST)
            yield columns, replace(cell, height=min(cell.height, highest))

    def _texts(self, cell: Rect, sizes: Sizes) -> Iterator[tuple[Measured, float, float]]:
        """What stands in the tiles, with the room it has."""
        for touch, (text, detail) in zip(self.touches, self.words, strict=True):
            width, height = words_room(cell, touch, sizes)
            if touch.detail:
                # it is set no larger than the smallest letters, however large the tile's are
                yield _NOTHING, width, (0 if wide(touch.detail, sizes.smallest) <= width else -2)
                height -= detail.line * sizes.smallest
            yield text, width, height


def _fitting_size(texts: Iterable[tuple[Measured, float, float]], sizes: Sizes) -> float:
    """The largest size, down to the smallest, at which each text fits its width and height; 0 when none does."""
    asked = list(texts)
    size = sizes.body
    while True:
        if all(_fits(text, width, height, size) for text, width, height in asked):
            return size
        if size <= sizes.smallest:
            return 0
        size = max(sizes.smallest, size * 0.94)


def _fits(text: Measured, width: float, height: float, size: float) -> bool:
    return text.widest(size) <= width and text.tall(width, size) <= height + 1
