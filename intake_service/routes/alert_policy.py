"""A site's escalation policy, set by administrators."""

from datetime import UTC, datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from intake_service import audit, rights
from intake_service.audit import Act
from intake_service.db import Reading, Writing
from intake_service.routes.at_sites import Fields, chosen_site, require_leader, text, texts
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Reader, SignedIn
from intake_service.tables import Site
from notifications import sites
from notifications.policy import Audience, Policy
from notifications.tables import ChannelKind
from shared_schema.hours import WEEKDAYS

router = APIRouter(prefix="/alert-policy")

_STEPS = 6  # that the form offers
_NUMBERS = ("repeat_every", "repeats", "comes_back_after", "goes_on_after")


@router.get("")
def show(request: Request, session: Reading, who: Reader, site: int | None = None, done: str = "") -> Response:
    chosen = chosen_site(session, who, site)
    require_leader(who)
    return _shown(request, session, who, chosen, sites.rules(session, chosen.id).policy, done=done)


@router.post("/{site_id}")
def decide(request: Request, session: Writing, who: Actor, site_id: int, fields: Fields) -> Response:
    rights.require_policy(session, who.staff, site_id)
    chosen = chosen_site(session, who, site_id)
    before = sites.rules(session, site_id).policy
    if text(fields, "as") == "default":
        policy = Policy()
    else:
        try:
            policy = Policy.model_validate(_read(fields))
        except (ValidationError, ValueError) as error:
            return _shown(request, session, who, chosen, before, problem=_words(error))
    sites.set_policy(session, site_id, policy)
    was, becomes = audit.differences(before.model_dump(mode="json"), policy.model_dump(mode="json"))
    now = datetime.now(UTC)
    audit.record(session, Act.ALERT_POLICY_CHANGED, now, by=who.staff, to=chosen, before=was, after=becomes)
    return RedirectResponse(f"/alert-policy?site={site_id}&done=saved", 303)


def _shown(
    request: Request, session: Reading, who: SignedIn, site: Site, policy: Policy, *, done: str = "", problem: str = ""
) -> Response:
    return console_page(
        request,
        session,
        who,
        "alert_policy.html",
        422 if problem else 200,
        site=site,
        policy=policy,
        steps=[policy.steps[number] if number < len(policy.steps) else None for number in range(_STEPS)],
        audiences=Audience,
        channels=ChannelKind,
        weekdays=WEEKDAYS,
        may_decide=rights.may_decide_policy(who.staff),
        done=done,
        problem=problem,
    )


def _read(fields: FormData) -> dict[str, Any]:
    """What the form says, as the policy's data. A step without a time is none."""
    steps = [
        {
            "after": int(after),
            "who": texts(fields, f"step-{number}-who"),
            "channels": texts(fields, f"step-{number}-channels"),
        }
        for number in range(_STEPS)
        if (after := text(fields, f"step-{number}-after"))
    ]
    quiet = None
    if days := texts(fields, "quiet-days"):
        quiet = {
            "days": days,
            "begins": time.fromisoformat(text(fields, "quiet-begins")),
            "ends": time.fromisoformat(text(fields, "quiet-ends")),
            "spares_urgent": text(fields, "quiet-spares-urgent") == "true",
        }
    return {"steps": steps, "quiet": quiet, **{name: int(text(fields, name)) for name in _NUMBERS}}


def _words(error: Exception) -> str:
    """What to do, never what was sent."""
    if isinstance(error, ValidationError) and any(fault["type"] == "value_error" for fault in error.errors()):
        return "The first step is at once (0 minutes), and each one is later than the one before."
    return "Each step has a time in whole minutes, somebody to tell and a way to tell them. Nothing was changed."
