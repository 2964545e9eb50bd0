"""Duty and alerts: whether this person would be told."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from intake_service.db import Reading
from intake_service.routes.devices import device_of
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Reader
from notifications import subscriptions

router = APIRouter()


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
