"""The drawings as textures. They are drawn at twice their size and scaled down, which makes their edges smooth."""

from functools import lru_cache

from kivy.graphics import ClearBuffers, ClearColor, Color, Fbo, Line
from kivy.graphics.texture import Texture

from shared_schema import icons

_FINER = 2


@lru_cache(maxsize=200)
def picture(name: str, side: int, mirrored: bool) -> Texture:
    """A drawing of so many pixels, white, to be tinted. `mirrored`: what shows a direction shows the other one."""
    fbo = Fbo(size=(side * _FINER, side * _FINER))
    with fbo:
        ClearColor(1, 1, 1, 0)
        ClearBuffers()
        Color(1, 1, 1, 1)
        for stroke in icons.drawing(name):
            _draw(stroke, side * _FINER / icons.SIDE)
    fbo.draw()
    texture = fbo.texture
    if mirrored and name in icons.directed():
        texture.flip_horizontal()
    return texture


def _draw(stroke: icons.Stroke, scale: float) -> None:
    half_width = icons.WEIGHT * scale / 2
    if isinstance(stroke, icons.Circle):
        Line(circle=(*_at((stroke.x, stroke.y), scale), stroke.radius * scale), width=half_width)
        return
    points = [*_at(stroke.start, scale)]
    begin = stroke.start
    for first, second, end in stroke.curves:
        steps = 1 if (first, second) == (begin, end) else 16
        for step in range(1, steps + 1):
            points += _at(_on_curve((begin, first, second, end), step / steps), scale)
        begin = end
    Line(points=points, width=half_width, cap="round", joint="round")


def _on_curve(points: tuple[icons.Point, icons.Point, icons.Point, icons.Point], t: float) -> icons.Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (
        sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)),
        sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)),
    )


def _at(point: icons.Point, scale: float) -> tuple[float, float]:
    x, y = point
    return x * scale, (icons.SIDE - y) * scale
