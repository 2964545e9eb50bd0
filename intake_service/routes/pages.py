"""Rendering the console's pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from intake_service import concerns, lists, queue_settings, rights, staff
from intake_service.changes import date_at, day_at, time_at
from intake_service.disclosures import NOTICE
from intake_service.matching import language_name
from intake_service.routes.signed_in import SignedIn
from intake_service.tables import Participant, Role, Staff
from intake_service.workflow import MAY_COMPLETE_INTAKES
from notifications import alerts, roster
from notifications.tables import Alert, AlertKind
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
    context.setdefault("now", datetime.now(UTC))
    return HTMLResponse(_templates.get_template(template).render(path=request.url.path, **context), status)


def text(template: str, **context: Any) -> str:
    """What is written beside pages, such as a mail."""
    return _templates.get_template(template).render(**context).strip()


def console_page(
    request: Request, session: Session, who: SignedIn, template: str, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page of somebody who is signed in, with what its bar shows."""
    return page(request, template, status, **bar(session, who), **context)


def bar(session: Session, who: SignedIn) -> dict[str, Any]:
    """What the bar at the top of every page shows, and what is this person's to do."""
    entries = roster.of_staff(session, who.staff.id)
    return {
        "who": who,
        "sites": staff.sites_of(session, who.staff),
        "on_duty": {entry.site_id for entry in entries if entry.is_on_duty(datetime.now(UTC))},
        "designated": {entry.site_id for entry in entries if entry.designated},
        "unanswered": _unanswered(session, who.staff),
        "concerns": concerns.open_count(session, who.staff),
        "may_assign": staff.may_assign(who.staff),
        "administers": who.staff.role == Role.ADMINISTRATOR,
        "sees_everybody": rights.sees_everybody(who.staff),
        "may_complete": who.staff.role in MAY_COMPLETE_INTAKES,
    }


def _unanswered(session: Session, member: Staff) -> list[Alert]:
    """What nobody has come for, where the member sees who it is."""
    found = alerts.unanswered(session, list(rights.sites_of_queue(session, member)))
    leads = rights.sees_everybody(member)
    return [each for each in found if leads or each.kind != AlertKind.CALLBACK_DUE]


def _waiting(since: datetime, now: datetime) -> str:
    """`7 min`, `1 h 05 min`, `2 days`."""
    minutes = max(0, int((now - since) / timedelta(minutes=1)))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    days = minutes // (24 * 60)
    return f"{days} day{'s' if days > 1 else ''}"


def _how_long(participant: Participant, now: datetime) -> dict[str, Any]:
    """How a waiting clock is to be read by its site's thresholds: `words`, a `tone` for its colour, both in minutes."""
    settings = queue_settings.of(participant.site)
    minutes = (now - participant.waiting_since) / timedelta(minutes=1)
    words, tone = "", ""
    if minutes >= settings.waiting_too_long:
        words, tone = "waiting too long", "too-long"
    elif minutes >= settings.waiting_long:
        words, tone = "waiting long", "long"
    return {"words": words, "tone": tone, "long": settings.waiting_long, "too_long": settings.waiting_too_long}


def _counted(number: int) -> str:
    """Counting stops somewhere: `1000+`."""
    return f"{number}+" if number >= lists.MOST_COUNTED else str(number)


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
_templates.filters["language"] = language_name
_templates.filters["counted"] = _counted
_templates.globals["strokes"] = strokes
_templates.globals["how_long"] = _how_long
_templates.globals["notice"] = NOTICE
_templates.globals["time_at"] = time_at
_templates.globals["date_at"] = date_at
_templates.globals["day_at"] = day_at
