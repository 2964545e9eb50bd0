"""One participant: what comes next, manage participant services, history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import (
    callbacks,
    carrying,
    concerns,
    consents,
    duplicates,
    erasure,
    glance,
    legal_holds,
    matching,
    participants,
    rights,
)
from intake_service.changes import LONGEST_REASON
from intake_service.db import Writing
from intake_service.errors import ServiceError
from intake_service.routes.pages import console_page
from intake_service.routes.queue import DONE
from intake_service.routes.signed_in import SignedIn, Viewer
from intake_service.routes.story import told
from intake_service.tables import Participant
from intake_service.workflow import STEPS, WITH_CASELOAD, Action
from shared_schema.form import load_form
from shared_schema.intake import PathwayType, Status

router = APIRouter()

_SERVICES = {Action.TRANSFER, Action.SET_TIER, Action.CONVERT, Action.DISCHARGE, Action.REACTIVATE}


@dataclass(frozen=True)
class Typed:
    """What somebody has filled into one of the page's forms, to be kept when it is refused."""

    action: Action | None = None
    reason: str = ""
    staff_id: int | None = None
    value: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """By name, of the forms that have more than these."""


@router.get("/participants/{participant_id:uuid}")  # other words there are other pages
def participant(request: Request, session: Writing, who: Viewer, participant_id: UUID, done: str = "") -> Response:
    """A look that is kept: it shows what a brief intake says."""
    participants.look(session, who.staff, participant_id, datetime.now(UTC))
    return show_participant(request, session, who, participant_id, done=done)


def show_participant(
    request: Request,
    session: Session,
    who: SignedIn,
    participant_id: UUID,
    *,
    done: str = "",
    refusal: ServiceError | None = None,
    typed: Typed | None = None,
) -> HTMLResponse:
    """The page, fresh. `refusal`: what came of the last try, with what was `typed` still in its form."""
    now = datetime.now(UTC)
    found = participants.found(session, who.staff, participant_id)
    carrier = carrying.current(session, participant_id)
    may = {action for action in STEPS if _offered(session, who, action, found, carrier is not None)}
    chooses_staff = may & {Action.ASSIGN, Action.TRANSFER, Action.REACTIVATE}
    proposed = callbacks.proposed(found.site, now)
    callback = callbacks.open_of(session, participant_id)
    said = consents.history(session, found, now)
    form = load_form()
    events = [(event, told(event)) for event in participants.history(session, who.staff, participant_id)]
    return console_page(
        request,
        session,
        who,
        "participant.html",
        refusal.status if refusal else 200,
        participant=found,
        glance=glance.at(session, found),
        callback=callback,
        callback_alert=callbacks.alert_of(session, callback) if callback else None,
        proposed=proposed,
        local_now=now.astimezone(proposed.tzinfo),
        was_called=any(event.action == Action.CALLED_BACK for event, _ in events),
        concern_id=uuid7(),
        consent=consents.latest(said),
        consents=said,
        hold=legal_holds.of(session, found),
        erasure=erasure.asked(session, found.id),
        told_to_staff=consents.TOLD_TO_STAFF,
        form_languages=form.texts,
        asked_in=form.texts.get(found.language, form.texts["en"]),
        colleagues=concerns.colleagues(session, found, who.staff),
        longest_concern=concerns.LONGEST,
        carrier=carrier,
        past=carrying.past(session, participant_id),
        pairs=duplicates.pairs_of(session, who.staff, participant_id),
        intakes=participants.intakes_of(session, who.staff, participant_id),
        events=events,
        may={action.name.lower() for action in may},
        offers_services=bool(may & _SERVICES),
        fits=matching.ranked(session, found, now) if chooses_staff else [],
        pathways=[each for each in PathwayType if each != found.pathway],
        with_caseload=WITH_CASELOAD,
        tiers=participants.TIERS,
        longest_reason=LONGEST_REASON,
        refusal=refusal,
        typed=typed or Typed(),
        Action=Action,
        done=DONE.get(done, ""),
        now=now,
    )


def _offered(session: Session, who: SignedIn, action: Action, participant: Participant, is_carried: bool) -> bool:
    """Whether the page has a form for it: allowed, and leading somewhere from here."""
    if Status(participant.status) not in STEPS[action].leads or participant.joined_into is not None:
        return False
    if action in {Action.TRANSFER, Action.SET_TIER} and not is_carried:
        return False
    return rights.may(session, who.staff, action, participant)
