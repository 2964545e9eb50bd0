"""What browsers say about alerts: here I am, I showed it, my person is on it."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from intake_service.db import Writing, commit_and_wake_worker
from intake_service.errors import InvalidRequest, NotFound
from intake_service.routes.signed_in import Script
from notifications import alerts, subscriptions
from notifications.subscriptions import BadSubscription, Policy
from notifications.tables import AlertKind
from shared_schema.kiosk_api import API

router = APIRouter(prefix=f"{API}/push")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class BrowserSubscription(Body):
    """What `PushSubscription.toJSON()` holds, with what it replaces and what to call the device."""

    endpoint: str = Field(max_length=1024)
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)
    old_endpoint: str = Field(default="", max_length=1024)
    device_name: str = Field(default="", max_length=80)


class Endpoint(Body):
    endpoint: str = Field(max_length=1024)


class Token(Body):
    """The one in the notification, known to this device alone: it is the credential here."""

    token: Annotated[str, Field(max_length=64)]


@router.post("/subscriptions", status_code=204)
def subscribe(body: BrowserSubscription, request: Request, session: Writing, who: Script) -> None:
    """Keep this browser's subscription, or confirm it."""
    settings = request.app.state.settings
    policy = Policy(settings.push_hosts, settings.push_allow_private)
    keys, now = (body.endpoint, body.p256dh, body.auth), datetime.now(UTC)
    try:
        if body.old_endpoint:
            subscriptions.replace(session, who.staff.id, body.old_endpoint, *keys, now, policy)
        else:
            subscriptions.register(session, who.staff.id, *keys, body.device_name, now, policy)
    except BadSubscription as refusal:
        raise InvalidRequest(str(refusal)) from None


@router.post("/subscriptions/removal", status_code=204)
def unsubscribe(body: Endpoint, session: Writing, who: Script) -> None:
    subscriptions.remove(session, who.staff.id, body.endpoint)


@router.post("/test", status_code=204)
def test(request: Request, session: Writing, who: Script) -> None:
    """Send an alert to one's own devices."""
    host = urlsplit(request.app.state.settings.public_url).hostname or ""
    alerts.raise_alert(
        session, AlertKind.TEST, 0, host, f"test-{who.staff.id}", "/alerts", [who.staff.id], datetime.now(UTC)
    )
    commit_and_wake_worker(request, session)


@router.post("/shown", status_code=204)
def shown(body: Token, session: Writing) -> None:
    try:
        alerts.shown(session, body.token, datetime.now(UTC))
    except alerts.UnknownAlert:
        raise NotFound("There is no such notice.") from None


@router.post("/acknowledged")
def acknowledged(body: Token, session: Writing) -> dict[str, bool]:
    """`won`: whether this person is the one who is on it."""
    try:
        return {"won": alerts.acknowledge_by_token(session, body.token, datetime.now(UTC)).won}
    except alerts.UnknownAlert:
        raise NotFound("There is no such notice.") from None
