"""A panel as it is looked at, and whether everything of a view can be read and touched on it. Pure numbers."""

from dataclasses import dataclass
from itertools import combinations

from kiosk_client.geometry import Placed, Rect, Style, Words, words_room
from kiosk_client.layout import place
from kiosk_client.lettering import line_height, measured, wide
from kiosk_client.sizes import BESIDE, BIGGER_CAPITALS, GAP, PADDING, PADDING_ABOVE, SMALLEST_CAPITAL, TARGET, Sizes
from kiosk_client.view import Field, Look, Touch, View
from kiosk_client.views import Manner

_ROUNDING = 0.5  # pixels


@dataclass(frozen=True)
class Glass:
    """`density`: pixels per mm."""

    width: float
    height: float
    density: float

    def sizes(self, manner: Manner) -> Sizes:
        capital = BIGGER_CAPITALS[manner.smaller] if manner.bigger else SMALLEST_CAPITAL
        return Sizes.of_panel(self.width, self.height, self.density, capital, reach=manner.reach)

    def place(self, view: View, manner: Manner) -> list[Placed]:
        return place(view, self.width, self.height, self.sizes(manner), reach=manner.reach)

    def holds(self, view: View, manner: Manner) -> bool:
        """Whether nothing is cut, lies over something else or hangs over the edge, and every touch has its size and its
        distance from the others."""
        sizes = self.sizes(manner)
        placed = self.place(view, manner)
        touches = [each.rect for each in placed if getattr(each.item, "tap", None) is not None]
        return (
            all(self._is_inside(each.rect) and is_whole(each, sizes) for each in placed)
            and all(min(rect.width, rect.height) >= sizes.mm(TARGET) - _ROUNDING for rect in touches)
            and all(_apart(one.rect, other.rect) >= -_ROUNDING for one, other in combinations(placed, 2))
            and all(_apart(one, other) >= sizes.mm(GAP) - _ROUNDING for one, other in combinations(touches, 2))
        )

    def _is_inside(self, rect: Rect) -> bool:
        return (
            min(rect.x, rect.y) >= -_ROUNDING
            and rect.right <= self.width + _ROUNDING
            and rect.bottom <= self.height + _ROUNDING
        )


def is_whole(placed: Placed, sizes: Sizes) -> bool:
    """Whether its words fit it; about, and rather not than yes."""
    rect, letters = placed.rect, sizes.smallest
    match placed.item:
        case Words(text=text, style=style, size=size):
            bold = style in {Style.TITLE, Style.HUGE}
            return _fits(text, rect.width, rect.height, min(letters, size), bold=bold)
        case Touch(look=Look.KEY, icon=None) as key:
            return wide(key.text, letters) <= rect.width - sizes.mm(1)
        case Touch(bare=False) as touch if touch.look is not Look.KEY:
            width, height = words_room(rect, touch, sizes)
            if touch.detail:
                height -= line_height(touch.detail, sizes.smallest)
                if wide(touch.detail, sizes.smallest) > width:
                    return False
            bold = touch.look is Look.ACT or bool(touch.detail)
            return _fits(touch.text, width, height, letters, bold=bold)
        case Field() as field:
            words, inner = (
                (field.text and "m") or field.hint,
                rect.inset(sizes.mm(PADDING + BESIDE), sizes.mm(PADDING_ABOVE)),
            )
            return wide(words, letters) <= inner.width and line_height(words, letters) <= inner.height + _ROUNDING
        case _:
            return True


def _fits(text: str, width: float, height: float, letters: float, *, bold: bool) -> bool:
    words = measured(text)
    is_wide_enough = words.widest(letters, bold=bold) <= width + _ROUNDING
    return is_wide_enough and words.tall(width, letters, bold=bold) <= height + _ROUNDING


def _apart(one: Rect, other: Rect) -> float:
    """Pixels between them; below zero where one lies over the other."""
    return max(other.x - one.right, one.x - other.right, other.y - one.bottom, one.y - other.bottom)
