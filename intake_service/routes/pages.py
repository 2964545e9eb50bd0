"""Rendering the console's pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared_schema import icons

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The template with `path` (for the bar's links) and `now` beside its own context."""
    html = _templates.get_template(template).render(path=request.url.path, now=datetime.now(UTC), **context)
    return HTMLResponse(html, status)


def _waiting(since: datetime, now: datetime) -> str:
    """`7 min`, `1 h 05 min`, `2 days`."""
    minutes = max(0, int((now - since) / timedelta(minutes=1)))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    days = minutes // (24 * 60)
    return f"{days} day{'s' if days > 1 else ''}"


def strokes(name: str) -> list[dict[str, str]]:
    """A drawing as the attributes of SVG elements: `d` of a path, or `cx`, `cy`, `r` of a circle."""
    elements = []
    for stroke in icons.drawing(name):
        if isinstance(stroke, icons.Circle):
            elements.append({"cx": f"{stroke.x:g}", "cy": f"{stroke.y:g}", "r": f"{stroke.radius:g}"})
            continue
        curves = "".join(f"C{a:g} {b:g} {c:g} {d:g} {e:g} {f:g}" for (a, b), (c, d), (e, f) in stroke.curves)
        elements.append({"d": f"M{stroke.start[0]:g} {stroke.start[1]:g}{curves}"})
    return elements


_templates.filters["waiting"] = _waiting
_templates.globals["strokes"] = strokes
