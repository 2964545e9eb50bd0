"""What of a view is on the screen at once. What does not fit whole stands on pages, and a touch turns them.

Letters are as large as was asked for, which Section 508 402.4 and EN 301 549 5.1.4 say. Smaller, as little as can be,
are those of what is too long even for a page of its own, such as an answer of many choices, and of a question with what
must be known to answer it: where help is in danger stands on one page, not on the second.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kiosk_client.glass import Glass
from kiosk_client.sizes import BIGGER_CAPITALS
from kiosk_client.view import Action, Body, Columns, Look, Paragraphs, Tap, Tiles, Touch, Typing, View, Word
from kiosk_client.views import Manner

_WIDEST_NUMBER = "88/88"
_SENTENCE = re.compile(r"(?<=[.?!؟।])\s+|(?<=[。？！])")


def page_of(view: View, glass: Glass, manner: Manner, ui: Mapping[str, str]) -> View:
    """The page that the participant is at. `ui`: the words of their language. After the last page comes the first."""
    pages = pages_of(view, glass, manner, ui)
    return pages[manner.page % len(pages)]


def pages_of(view: View, glass: Glass, manner: Manner, ui: Mapping[str, str]) -> list[View]:
    """All of them; the view as it is where it fits."""
    if not manner.bigger and not _is_slim(view.body):
        return [view]  # the form's own words are known to fit, and most taps come by here
    paper = _Paper(lambda page: glass.holds(page, manner), lambda page: _held(page, glass, manner) is not None, ui)
    pages = paper.pages(view)
    if len(pages) == 1:
        return pages
    return [_turned(page, ui, f"{number}/{len(pages)}") for number, page in enumerate(pages, start=1)]


def as_shown(page: View, glass: Glass, manner: Manner) -> Manner:
    """The letters are as large as was asked for, unless the page would be cut: whole comes before large."""
    return _held(page, glass, manner) or replace(manner, bigger=False)


def _held(page: View, glass: Glass, manner: Manner) -> Manner | None:
    """The largest letters, up to those that were asked for, with which a page is whole; None with none."""
    if not manner.bigger:
        return manner
    smaller = (replace(manner, smaller=step) for step in range(len(BIGGER_CAPITALS)))
    ways = (*smaller, replace(manner, bigger=False))
    return next((way for way in ways if glass.holds(page, way)), None)


@dataclass(frozen=True)
class _Paper:
    """`fits`: whether all of a view can be shown at once, in letters as large as was asked for. `fits_smaller`: the
    same in any letters.
    """

    fits: Callable[[View], bool]
    fits_smaller: Callable[[View], bool]
    ui: Mapping[str, str]

    def pages(self, view: View) -> list[View]:
        """Without what turns them."""
        short = view if _is_slim(view.body) else replace(view, note="")  # the dots say it too
        if isinstance(view.body, Paragraphs):
            short = replace(short, body=replace(view.body, icon=""))
        fitting = next(filter(self.fits, (view, short)), None)
        if fitting is None and isinstance(view.body, Paragraphs) and view.body.touches and self.fits_smaller(short):
            fitting = short
        return self._several(short) if fitting is None else [fitting]

    def _several(self, short: View) -> list[View]:
        match short.body:
            case Columns(columns):
                one = replace(short, title=short.title.split("\n")[0])
                whole = replace(one, body=_tiles(columns))
                return (
                    [whole] if self.fits(whole) else self._filled(one, len(columns), lambda some: _tiles(columns[some]))
                )
            case Tiles(touches) as tiles:
                return self._answers(short, len(touches), lambda some: replace(tiles, touches=touches[some]))
            case Paragraphs(lines=lines) as text:
                if not all(self._fits_turned(replace(short, body=replace(text, lines=(line,)))) for line in lines):
                    lines = tuple(sentence for line in lines for sentence in _SENTENCE.split(line) if sentence)
                return self._filled(short, len(lines), lambda some: replace(text, lines=lines[some]))
            case Word(lines=lines) as word:
                return self._filled(short, len(lines), lambda some: replace(word, lines=lines[some]))
            case Typing(fields=fields):
                hints = tuple(field.hint for field in fields if field.hint != self.ui["type_here"])
                to_the_field = Touch(Tap(Action.PAGE), self.ui["type_here"], "pencil", Look.ACT)
                asked = replace(short, body=Paragraphs("", hints), act=(to_the_field,))
                typed = replace(short, title=short.short, help=short.help if short.warning else "", quiet=())
                least = replace(typed, progress=None)
                bare = replace(least, left=tuple(replace(touch, bare=True) for touch in typed.left))
                above = replace(bare, act=(), right=(*typed.right, *typed.act))
                ways = (typed, least, bare, above, replace(above, title=""))
                kept = next(filter(self._fits_turned, ways), None) or next(filter(self.fits_smaller, ways), ways[-1])
                return [asked, kept]

    def _answers(self, view: View, count: int, body: Callable[[slice], Body]) -> list[View]:
        """The line under the question goes with the answers, or before them if it would crowd them out."""
        if not view.help or self._fits_turned(replace(view, body=body(slice(0, 2)))):
            return self._filled(view, count, body)
        explained = replace(view, help="", body=Paragraphs("", (view.help,)))
        return [explained, *self._filled(replace(view, help=""), count, body)]

    def _filled(self, view: View, count: int, body: Callable[[slice], Body]) -> list[View]:
        """As much on each page as fits, and something on each of them."""
        pages = []
        start = 0
        while start < count:
            end = start + 1
            while end < count and self._fits_turned(replace(view, body=body(slice(start, end + 1)))):
                end += 1
            pages.append(replace(view, body=body(slice(start, end))))
            start = end
        return pages

    def _fits_turned(self, view: View) -> bool:
        return self.fits(_turned(view, self.ui, _WIDEST_NUMBER))


def _turned(view: View, ui: Mapping[str, str], number: str) -> View:
    """With what turns the page, beside the other quiet touches; unless something on it does already."""
    if any(touch.tap.action is Action.PAGE for touch in view.act):
        return view
    return replace(view, quiet=(*view.quiet, Touch(Tap(Action.PAGE), f"{ui['more']} {number}", "list", Look.QUIET)))


def _tiles(columns: Sequence[Sequence[Touch]]) -> Tiles:
    """A language's ways in stay beside each other."""
    return Tiles(tuple(touch for column in columns for touch in column))


def _is_slim(body: Body) -> bool:
    return isinstance(body, Tiles) and body.slim
