"""The browser as a device: the cookie that it is known again by, and a person's list of theirs."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from intake_service.db import Writing
from intake_service.errors import NotFound
from intake_service.routes.signed_in import Actor, is_https
from notifications import subscriptions
from notifications.subscriptions import UnknownDevice

router = APIRouter(prefix="/alerts/devices")

_KEPT = timedelta(days=400)  # what browsers keep a cookie at most; every page begins it anew


def device_of(request: Request) -> str:
    """The secret of the browser that asks, empty when it never had alerts turned on."""
    return request.cookies.get(_cookie_name(request), "")


def keep_device(request: Request, response: Response) -> str:
    """The secret of the browser that asks, for a time that begins now; a new one if it has none."""
    device = device_of(request) or secrets.token_urlsafe(32)
    response.set_cookie(
        _cookie_name(request),
        device,
        max_age=int(_KEPT.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    return device


@router.post("/{device_id}/name")
def rename(
    session: Writing, who: Actor, device_id: int, name: Annotated[str, Form(max_length=200)] = ""
) -> RedirectResponse:
    try:
        subscriptions.rename(session, who.staff.id, device_id, name)
    except UnknownDevice:
        raise NotFound("That device is not on your list any more.") from None
    return RedirectResponse("/alerts#devices", 303)


@router.post("/{device_id}/removal")
def remove(session: Writing, who: Actor, device_id: int) -> RedirectResponse:
    """Its browser gives its own half up when a page is next opened there."""
    subscriptions.remove(session, who.staff.id, device_id)
    return RedirectResponse("/alerts#devices", 303)


def _cookie_name(request: Request) -> str:
    return "__Host-device" if is_https(request) else "device"
