"""An administrator's page about a site's queue: long waits, who gets brief check-ins, what matching goes by."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import select

from intake_service import queue_settings
from intake_service.db import Reading, Writing
from intake_service.errors import InvalidRequest
from intake_service.queue_settings import MatchingWeights, QueueSettings, TierWeights
from intake_service.routes.pages import bar, page
from intake_service.routes.signed_in import Actor, Reader, SignedIn
from intake_service.routes.sites import Fields, site_to_decide
from intake_service.tables import Site, Staff

router = APIRouter(prefix="/sites")

_GREETERS = 3  # places on the page; the rule itself takes more
_LIMITS = {
    "waiting_long": "Minutes are a whole number from 1 to 1440.",
    "waiting_too_long": "Minutes are a whole number from 1 to 1440.",
    "weights": "A weight is a number from 0 to 10.",
    "tiers": "A tier weighs from 0 to 3.",
}


@router.get("/{site_id}/queue")
def one(request: Request, session: Reading, who: Reader, site_id: int, done: bool = False) -> Response:
    site = site_to_decide(session, who, site_id)
    return _shown(request, session, who, site, _fields_of(queue_settings.of(site)), {}, done=done)


@router.post("/{site_id}/queue")
def decide(request: Request, session: Writing, who: Actor, site_id: int, fields: Fields) -> Response:
    site = site_to_decide(session, who, site_id)
    try:
        decided = QueueSettings.model_validate(_given(fields))
        queue_settings.change(session, site, decided, who.staff, datetime.now(UTC))
    except ValidationError as error:
        problems = {
            ".".join(map(str, fault["loc"])): _LIMITS.get(str(fault["loc"][0]), "Choose from the list.")
            for fault in error.errors(include_input=False, include_context=False)
        }
    except InvalidRequest as refusal:
        problems = {"brief_check_in": refusal.detail}
    else:
        return RedirectResponse(f"/sites/{site_id}/queue?done=true", 303)
    return _shown(request, session, who, site, fields, problems)


def _given(fields: dict[str, str]) -> dict[str, Any]:
    """The form as QueueSettings takes it; an empty place is nobody."""
    greeters = [fields.get(f"greeter-{place}", "") for place in range(_GREETERS)]
    return {
        "waiting_long": fields.get("waiting_long", ""),
        "waiting_too_long": fields.get("waiting_too_long", ""),
        "brief_check_in": fields.get("brief_check_in", ""),
        "greeters": [each for each in dict.fromkeys(greeters) if each],
        "named": fields.get("named") or None,
        "weights": {name: fields.get(f"weights.{name}", "") for name in MatchingWeights.model_fields},
        "tiers": {name: fields.get(f"tiers.{name}", "") for name in TierWeights.model_fields},
    }


def _fields_of(settings: QueueSettings) -> dict[str, str]:
    numbers = {f"weights.{name}": f"{value:g}" for name, value in settings.weights}
    numbers |= {f"tiers.{name}": f"{value:g}" for name, value in settings.tiers}
    greeters = {f"greeter-{place}": str(staff_id) for place, staff_id in enumerate(settings.greeters)}
    return {
        "waiting_long": str(settings.waiting_long),
        "waiting_too_long": str(settings.waiting_too_long),
        "brief_check_in": settings.brief_check_in,
        "named": str(settings.named or ""),
        **greeters,
        **numbers,
    }


def _shown(
    request: Request,
    session: Reading,
    who: SignedIn,
    site: Site,
    fields: dict[str, str],
    problems: dict[str, str],
    *,
    done: bool = False,
) -> Response:
    """The form, as it was typed."""
    able = select(Staff).where(Staff.active, Staff.caseload_eligible, Staff.sites.any(Site.id == site.id))
    return page(
        request,
        "queue_settings.html",
        422 if problems else 200,
        **bar(session, who),
        site=site,
        fields=defaultdict(str, fields),
        problems=problems,
        done=done,
        greeters=range(_GREETERS),
        peers=session.scalars(able.order_by(Staff.name)).all(),
    )
