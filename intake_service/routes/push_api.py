"""What browsers say about alerts: here I am, I showed it, my person is on it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from intake_service.db import Writing, commit_and_wake_worker
from intake_service.errors import InvalidRequest, NotFound
from intake_service.routes.devices import device_of, keep_device
from intake_service.routes.signed_in import Script
from notifications import alerts, subscriptions
from notifications.signals import QUEUE, signal
from notifications.subscriptions import BadSubscription, Policy, UnknownDevice
from notifications.tables import AlertKind
from notifications.vapid import key_id_of
from shared_schema.kiosk_api import API

router = APIRouter(prefix=f"{API}/push")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class BrowserSubscription(Body):
    """What `PushSubscription.toJSON()` holds. `public_key`: the one it was made with (base64url), if that is known."""

    endpoint: str = Field(max_length=1024)
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)
    public_key: str | None = Field(default=None, max_length=200)

    @property
    def vapid_key_id(self) -> str:
        return key_id_of(self.public_key) if self.public_key else ""


class NamedSubscription(BrowserSubscription):
    """`device_name`: what to call the device, unless it has a name."""

    device_name: str = Field(default="", max_length=80)


class Confirmation(Body):
    """`subscription`: what the browser has, None when it has none."""

    subscription: BrowserSubscription | None = None


class Standing(StrEnum):
    """How a browser stands with us. `off`: not known. `lost`: known, but it says that it has no subscription."""

    ON = "on"
    OFF = "off"
    LOST = "lost"
    REFUSED = "refused"
    SOMEBODY_ELSES = "somebody-elses"


class PublicKey(BaseModel):
    """What a subscription of ours must be bound to (RFC 8292)."""

    public_key: str


class Confirmed(PublicKey):
    standing: Standing


class Token(Body):
    """The one in the notification, known to this device alone: it is the credential here."""

    token: Annotated[str, Field(max_length=64)]


@router.get("/public-key")
def public_key(request: Request) -> PublicKey:
    return PublicKey(public_key=request.app.state.keys.vapid.public_key)


@router.post("/subscriptions", status_code=204)
def subscribe(body: NamedSubscription, request: Request, response: Response, session: Writing, who: Script) -> None:
    """Alerts are turned on in this browser, for whoever is signed in."""
    device = keep_device(request, response)
    keys, now = (body.endpoint, body.p256dh, body.auth), datetime.now(UTC)
    try:
        subscriptions.register(
            session, who.staff.id, *keys, body.device_name, now, _policy(request), device, body.vapid_key_id
        )
    except BadSubscription as refusal:
        raise InvalidRequest(str(refusal)) from None


@router.post("/subscriptions/confirmation")
def confirm(body: Confirmation, request: Request, response: Response, session: Writing, who: Script) -> Confirmed:
    """Every page says how its browser can be reached, and is told how it stands. This turns nothing on."""
    has = body.subscription
    found = subscriptions.of_browser(session, device_of(request), has.endpoint if has else "")
    if found is None:
        standing = Standing.OFF
    elif found.staff_id != who.staff.id:
        standing = Standing.SOMEBODY_ELSES
    elif has is None:
        standing = Standing.LOST
    else:
        device, now = keep_device(request, response), datetime.now(UTC)
        try:
            keys = (has.endpoint, has.p256dh, has.auth)
            subscriptions.confirm(session, found, *keys, now, _policy(request), device, has.vapid_key_id)
        except BadSubscription as refusal:
            raise InvalidRequest(str(refusal)) from None
        standing = Standing.REFUSED if found.suspect_since else Standing.ON
    return Confirmed(standing=standing, public_key=request.app.state.keys.vapid.public_key)


@router.post("/subscriptions/renewal", status_code=204)
def renew(body: BrowserSubscription, request: Request, session: Writing) -> None:
    """From the service worker: the push service gave the browser another address. The device's cookie says whose."""
    keys, now = (body.endpoint, body.p256dh, body.auth), datetime.now(UTC)
    try:
        subscriptions.renew(session, device_of(request), *keys, now, _policy(request), body.vapid_key_id)
    except UnknownDevice:
        raise NotFound("This device is not known.") from None
    except BadSubscription as refusal:
        raise InvalidRequest(str(refusal)) from None


@router.post("/subscriptions/removal", status_code=204)
def unsubscribe(request: Request, session: Writing, who: Script) -> None:
    """Alerts are turned off in this browser."""
    found = subscriptions.of_browser(session, device_of(request))
    if found is not None:
        subscriptions.remove(session, who.staff.id, found.id)


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
    now = datetime.now(UTC)
    try:
        alerts.shown(session, body.token, now)
    except alerts.UnknownAlert:
        raise NotFound("There is no such notice.") from None
    subscriptions.has_shown(session, body.token, now)


@router.post("/acknowledged")
def acknowledged(body: Token, request: Request, session: Writing) -> dict[str, bool]:
    """`won`: whether this person is the one who is on it."""
    try:
        said = alerts.acknowledge_by_token(session, body.token, datetime.now(UTC))
    except alerts.UnknownAlert:
        raise NotFound("There is no such notice.") from None
    signal(session, QUEUE)
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return {"won": said.won}


def _policy(request: Request) -> Policy:
    settings = request.app.state.settings
    return Policy(settings.push_hosts, settings.push_allow_private)
