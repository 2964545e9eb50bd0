"""A brief intake, to be read, printed for a handoff, and taken on."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from intake_service import carrying, matching, participants, rights
from intake_service.db import Writing
from intake_service.intakes import answers_of
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Actor, Viewer
from intake_service.tables import Staff
from intake_service.workflow import Action
from notifications import alerts
from shared_schema.form import Form as IntakeForm
from shared_schema.form import load_form
from shared_schema.intake import Answer, AnswerState

router = APIRouter()

STAFF_LANGUAGE = "en"


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
        ticket=form.ticket_text(found.ticket, found.language),
        completed_by=session.get(Staff, found.staff_id) if found.staff_id else None,
        carrier=carrier,
        fits=matching.ranked(session, participant, now) if may_assign else [],
        offers_assigning=may_assign and participant.status in {"Needs Assignment", "Needs Reassignment"},
        taken=taken,
        taken_by=session.get(Staff, taken.acknowledged_by) if taken and taken.acknowledged_by else None,
        now=now,
    )


@router.post("/intakes/{intake_id}/acknowledgement")
def acknowledge(session: Writing, who: Actor, intake_id: UUID) -> Response:
    """ "I'm on it", from the page."""
    now = datetime.now(UTC)
    participants.review(session, who.staff, intake_id, now)
    for alert in alerts.of_subject(session, str(intake_id)):
        alerts.acknowledge(session, alert.id, who.staff.id, now)
    return RedirectResponse(f"/intakes/{intake_id}", 303)


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
