"""Duty and alerts: whether this person would be told."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import staff
from intake_service.db import Reading, Writing
from intake_service.errors import NotFound
from intake_service.routes.devices import device_of
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Reader
from intake_service.routes.signing_in import local
from notifications import roster, subscriptions

router = APIRouter()


@router.post("/duty")
def duty(
    session: Writing,
    who: Actor,
    site_id: Annotated[int, Form()],
    on: Annotated[bool, Form()] = False,
    back: Annotated[str, Form()] = "/alerts",
) -> Response:
    """`back`: the page on which the switch was turned."""
    if site_id not in {site.id for site in staff.sites_of(session, who.staff)}:
        raise NotFound("That is not one of your sites.")
    roster.set_duty(session, site_id, who.staff.id, on, datetime.now(UTC))
    return RedirectResponse(local(back), 303)


@router.get("/alerts")
def alerts_page(request: Request, session: Reading, who: Reader) -> Response:
    """Whether this person would be told: devices, designation, duty."""
    this = subscriptions.of_browser(session, device_of(request))
    return console_page(
        request,
        session,
        who,
        "alerts.html",
        devices=subscriptions.of_staff(session, who.staff.id),
        this_id=this.id if this else None,
        public_key=request.app.state.keys.vapid.public_key,
    )
