"""A brief intake, to be read, printed for a handoff, and taken on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import carrying, consents, disclosures, matching, on_it, participants, rights
from intake_service.db import Writing, commit_and_wake_worker
from intake_service.intake_answers import answers_of, ticket_words
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Script, Viewer
from intake_service.tables import Staff
from intake_service.workflow import Action
from notifications import alerts
from notifications.tables import Alert, AlertKind
from shared_schema.form import Form as IntakeForm
from shared_schema.form import load_form
from shared_schema.intake import Answer, AnswerState

router = APIRouter()

STAFF_LANGUAGE = "en"
_TO_ONE = {AlertKind.ASSIGNED_TO_YOU, AlertKind.TRANSFERRED}


@router.get("/intakes/{intake_id}")
def intake(request: Request, session: Writing, who: Viewer, intake_id: UUID) -> Response:
    now = datetime.now(UTC)
    found = participants.review(session, who.staff, intake_id, now)
    participant = participants.standing(session, found.participant)
    form = load_form(found.form_name, found.form_version)
    told = alerts.of_subject(session, str(intake_id))
    taken = next((alert for alert in told if alert.acknowledged_at), None)
    carrier = carrying.current(session, participant.id)
    may_assign = carrier is None and rights.may(session, who.staff, Action.ASSIGN, participant)
    return console_page(
        request,
        session,
        who,
        "intake.html",
        intake=found,
        participant=participant,
        answers=_answers(form, answers_of(found)),
        language=form.texts[found.language].name,
        ticket=ticket_words(found, form),
        completed_by=session.get(Staff, found.staff_id) if found.staff_id else None,
        carrier=carrier,
        consent=consents.standing(session, participant, now),
        fits=matching.ranked(session, participant, now) if may_assign else [],
        offers_assigning=may_assign and participant.status in {"Needs Assignment", "Needs Reassignment"},
        taken=taken,
        asks_me=_asks(told, who.staff, carries=carrier is not None and carrier.staff_id == who.staff.id),
        taken_by=session.get(Staff, taken.acknowledged_by) if taken and taken.acknowledged_by else None,
        now=now,
    )


@router.post("/intakes/{intake_id}/acknowledgement")
def acknowledge(request: Request, session: Writing, who: Actor, intake_id: UUID) -> Response:
    """ "I'm on it", from a page."""
    on_it.say(session, intake_id, who.staff, datetime.now(UTC))
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse(f"/intakes/{intake_id}", 303)


@router.post("/intakes/{intake_id}/handoff-sheet", status_code=204)
def handoff_sheet(session: Writing, who: Script, intake_id: UUID) -> None:
    """The page is being printed, and says so."""
    disclosures.handoff_sheet(session, intake_id, who.staff, datetime.now(UTC))


def _asks(told: Sequence[Alert], member: Staff, *, carries: bool) -> str:
    """What the button says that answers an alert to this person alone; empty when there is none to answer."""
    for alert in told:
        if carries and alert.kind in _TO_ONE and not alert.acknowledged_at and not alert.closed_at:
            return "I'm on it"
        if alert.acknowledged_by == member.id and alert.kind not in _TO_ONE and not alert.closed_at:
            return "I'm still on it"  # or it comes back after the site's time
    return ""


def _answers(form: IntakeForm, given: dict[str, Answer]) -> list[tuple[str, str, bool]]:
    """What was asked, what was said and whether it is urgent, in the staff's language and the form's order."""
    texts = form.texts[STAFF_LANGUAGE]
    lines = []
    for screen in form.items:
        if (answer := given.get(screen.id)) is None:
            continue
        words = texts.screens[screen.id]
        urgent = any(choice.urgent for choice in screen.choices if choice.id in answer.choices)
        said = answer.text or ", ".join(words.choices[choice] for choice in answer.choices)
        lines.append((words.short, said if answer.state is AnswerState.ANSWERED else answer.state.value, urgent))
    return lines
