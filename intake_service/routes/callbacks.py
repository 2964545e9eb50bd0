"""A participant is to be called: when, "I'm on it", done, called off. Forms of the participant's page."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from intake_service import callbacks, participants
from intake_service.db import Writing
from intake_service.errors import InvalidRequest
from intake_service.routes.participant import Typed
from intake_service.routes.participant_actions import Reason, Seen, do
from intake_service.routes.signed_in import Actor
from intake_service.site_clock import local
from intake_service.tables import Site, Staff
from intake_service.workflow import Action

router = APIRouter(prefix="/participants/{participant_id}/callback")

_DAYS = {"today": timedelta(0), "tomorrow": timedelta(days=1)}


@router.post("")
def set_for(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    day: Annotated[str, Form()] = "",
    on: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    seen: Seen = None,
) -> Response:
    """`day`: today, tomorrow, or another one, `on` which; `at`: the time there. All of it by the site's clock."""

    def verb() -> None:
        now = datetime.now(UTC)
        site = participants.found(session, who.staff, participant_id).site
        callbacks.set_for(session, participant_id, _moment(site, day, on, at, now), who.staff, now, seen)

    typed = Typed(Action.SET_CALLBACK, fields={"day": day, "on": on, "at": at})
    return do(request, session, who, participant_id, verb, "callback", typed)


@router.post("/acknowledgement")
def acknowledge(request: Request, session: Writing, who: Actor, participant_id: UUID) -> Response:
    """ "I'm on it", from the page."""

    def verb() -> None:
        callbacks.acknowledge(session, participant_id, who.staff, datetime.now(UTC))

    return do(request, session, who, participant_id, verb, "on-it", Typed())


@router.post("/done")
def called(
    request: Request, session: Writing, who: Actor, participant_id: UUID, reason: Reason = "", seen: Seen = None
) -> Response:
    verb = _ending(callbacks.called, session, participant_id, reason, who.staff, seen)
    return do(request, session, who, participant_id, verb, "called", Typed(Action.CALLED_BACK, reason))


@router.post("/calling-off")
def call_off(
    request: Request, session: Writing, who: Actor, participant_id: UUID, reason: Reason = "", seen: Seen = None
) -> Response:
    verb = _ending(callbacks.call_off, session, participant_id, reason, who.staff, seen)
    return do(request, session, who, participant_id, verb, "callback-off", Typed(Action.CALL_OFF_CALLBACK, reason))


def _ending(
    end: Callable[[Session, UUID, str, Staff, datetime, int | None], None],
    session: Session,
    participant_id: UUID,
    reason: str,
    by: Staff,
    seen: int | None,
) -> Callable[[], None]:
    return lambda: end(session, participant_id, reason, by, datetime.now(UTC), seen)


def _moment(site: Site, day: str, on: str, at: str, now: datetime) -> datetime:
    """Raises InvalidRequest with what to choose."""
    today = local(site, now).date()
    try:
        chosen = today + _DAYS[day] if day in _DAYS else date.fromisoformat(on)
    except ValueError:
        raise InvalidRequest("Choose the day: today, tomorrow, or a date.") from None
    try:
        clock = time.fromisoformat(at)
    except ValueError:
        raise InvalidRequest("Choose the time, such as 14:30.") from None
    if clock.tzinfo is not None:
        raise InvalidRequest("Choose the time, such as 14:30.")
    return callbacks.moment(site, chosen, clock)
