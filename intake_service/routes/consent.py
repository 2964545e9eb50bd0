"""What a participant says to staff about the use of their answers: forms of the participant's page."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from intake_service import callbacks, consent_changes, participants
from intake_service.consents import TOLD_TO_STAFF, How
from intake_service.db import Writing
from intake_service.errors import InvalidRequest
from intake_service.routes.participant import Typed
from intake_service.routes.participant_actions import Reason, Seen, do
from intake_service.routes.signed_in import Actor
from intake_service.tables import Site
from intake_service.workflow import Action

router = APIRouter(prefix="/participants/{participant_id}/consent")

Told = Annotated[str, Form()]


@router.post("")
def agree(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    how: Told = "",
    language: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    seen: Seen = None,
) -> Response:
    """`until`: the last day on which it holds, by the site's calendar; empty when they named none."""

    def verb() -> None:
        site = participants.found(session, who.staff, participant_id).site
        ends, now = _ends(site, until), datetime.now(UTC)
        consent_changes.agree(session, participant_id, _how(how), language, who.staff, now, ends, seen)

    typed = Typed(Action.AGREE, value=how, fields={"language": language, "until": until})
    return do(request, session, who, participant_id, verb, "agreed", typed)


@router.post("/revocation")
def revoke(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    how: Told = "",
    reason: Reason = "",
    seen: Seen = None,
) -> Response:
    def verb() -> None:
        consent_changes.revoke(session, participant_id, _how(how), who.staff, datetime.now(UTC), reason, seen)

    typed = Typed(Action.REVOKE_CONSENT, reason, value=how)
    return do(request, session, who, participant_id, verb, "consent-revoked", typed)


def _how(told: str) -> How:
    if told not in set(TOLD_TO_STAFF):
        raise InvalidRequest("Choose how they told it.")
    return How(told)


def _ends(site: Site, last_day: str) -> datetime | None:
    if not last_day:
        return None
    try:
        return callbacks.moment(site, date.fromisoformat(last_day) + timedelta(days=1), time(0))
    except (ValueError, OverflowError):
        raise InvalidRequest("Choose the last day from the calendar, or leave it empty.") from None
