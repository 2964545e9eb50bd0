"""The kiosk's screens as a web page, with the same words, pictures, colours and places, to measure a browser on."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench._screen import HEIGHT, WIDTH, Area
from intake_service.routes.pages import strokes
from kiosk_client.geometry import Dots, Picture, Placed, Rect, Style, Words
from kiosk_client.glass import Glass
from kiosk_client.pages import page_of
from kiosk_client.panel import assumed_pixels_per_mm
from kiosk_client.session import Session
from kiosk_client.view import Field, Look, Tap, Touch, View
from kiosk_client.views import Manner
from shared_schema.form import load_form
from shared_schema.kiosk_api import KioskConfig

_PAST = "rather-not-say"
WAY = ("begin:en", "next", *[_PAST] * 2, "take-word", *[_PAST] * 6, "skip", "delete", "confirm", "done")
"""The taps of somebody who looks at everything, skips it all and deletes it: they end where they began."""


@dataclass(frozen=True)
class Stop:
    """A screen of the way, where to tap on it, and where one sees that the next one is there."""

    placed: Sequence[Placed]
    tap: Tap
    x: int
    y: int
    watched: Area


def stops(config: KioskConfig) -> list[Stop]:
    """The screens of WAY, as the kiosk shows them for this site."""
    form = load_form(config.form_name, config.form_version)
    session = Session(form, config, lambda: "maple-7", lambda _flow, _now: True, seconds=0)
    found = []
    for name in WAY:
        stop = _stop(session.view, session.reader.ui, name)
        found.append(stop)
        session.tap(stop.tap, datetime.now(UTC), 0)
    if session.view.name != "welcome":
        raise RuntimeError(f"the way ends at {session.view.name}, not where it began")
    return found


def page(way: Sequence[Stop]) -> str:
    """The way as one page that goes on at a click of what is to be tapped."""
    screens = [_screen(stop) for stop in way]
    return f"""<!doctype html><meta charset="utf-8"><title>Kiosk</title><style>{_STYLE}</style><body><script>
const screens = {json.dumps(screens)};
let at = 0;
const show = () => {{ document.body.innerHTML = screens[at]; }};
document.addEventListener("click", (event) => {{
  if (event.target.closest(".go")) {{ at = (at + 1) % screens.length; show(); }}
}});
show();
</script>"""


def _stop(view: View, ui: Mapping[str, str], name: str) -> Stop:
    glass = Glass(WIDTH, HEIGHT, assumed_pixels_per_mm(WIDTH, HEIGHT))
    placed = glass.place(page_of(view, glass, Manner(), ui), Manner())
    touched = next(each for each in placed if isinstance(each.item, Touch) and str(each.item.tap) == name)
    titles = [each.rect for each in placed if isinstance(each.item, Words) and each.item.style is Style.TITLE]
    assert isinstance(touched.item, Touch)
    at, seen = touched.rect, titles[0]
    middle = round(at.x + at.width / 2), round(at.y + at.height / 2)
    return Stop(placed, touched.item.tap, *middle, _area(seen))


def _area(rect: Rect) -> Area:
    return Area(round(rect.x), round(rect.y), round(rect.width), round(rect.height))


def _screen(stop: Stop) -> str:
    return "".join(
        _drawn(each, goes=isinstance(each.item, Touch) and each.item.tap == stop.tap) for each in stop.placed
    )


def _drawn(placed: Placed, *, goes: bool) -> str:
    rect, item = placed.rect, placed.item
    where = f"left:{rect.x:.0f}px;top:{rect.y:.0f}px;width:{rect.width:.0f}px;height:{rect.height:.0f}px"
    match item:
        case Touch():
            kind = "act" if item.look is Look.ACT else "tile"
            words = html.escape(item.text) + (f"<small>{html.escape(item.detail)}</small>" if item.detail else "")
            content = (_picture(item.icon) if item.icon else "") + f"<span>{words}</span>"
            return f'<button class="{kind} {"go" if goes else ""}" style="{where}">{content}</button>'
        case Field():
            return f'<div class="field" style="{where}">{html.escape(item.text or item.hint)}</div>'
        case Words():
            size = f"font-size:{item.size:.0f}px;text-align:{item.align}"
            return f'<div class="{item.style}" style="{where};{size}">{html.escape(item.text)}</div>'
        case Picture():
            return f'<div style="{where}">{_picture(item.icon)}</div>'
        case Dots():
            dots = "".join(f"<i class={'on' if step <= item.behind else 'off'}></i>" for step in range(item.steps))
            return f'<div class="dots" style="{where}">{dots}</div>'


def _picture(name: str) -> str:
    return f'<svg viewBox="0 0 24 24">{"".join(map(_shape, strokes(name)))}</svg>'


def _shape(attributes: dict[str, str]) -> str:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<{'path' if 'd' in attributes else 'circle'} {written}/>"


_STYLE = """
body { margin: 0; background: #FBF8F3; color: #1F2A2E; font: 34px Roboto, sans-serif; }
body > * { position: absolute; box-sizing: border-box; }
button { display: flex; align-items: center; gap: 16px; padding: 0 18px; font: inherit; color: inherit;
  background: #EFE6D8; border: 1px solid #857B6C; border-radius: 12px; box-shadow: 0 3px #857B6C; text-align: left; }
button.act { background: #0F5C63; color: #fff; font-weight: 700; }
button:active { background: #DFD2BD; transform: translateY(2px); }
button.act:active { background: #0A4147; }
small { display: block; }
svg { width: 60px; height: 60px; fill: none; stroke: currentColor; stroke-width: 2; }
.field { background: #fff; border: 4px solid #0F5C63; border-radius: 12px; padding: 18px; }
.title, .huge { font-weight: 700; }
.soft { color: #4A5A60; }
.dots i { display: inline-block; width: 10px; height: 10px; margin-right: 14px; border-radius: 5px; }
.dots i.off { background: #857B6C; }
.dots i.on { background: #0F5C63; }
"""
