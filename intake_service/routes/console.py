"""The console's pages: the queue, an intake, one's own participants, duty."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import assignments, calls, carrying, lists, matching, participants, rights, staff
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.intakes import answers_of
from intake_service.routes.devices import device_of
from intake_service.routes.pages import page
from intake_service.routes.signed_in import Actor, Reader, SignedIn, Viewer
from intake_service.tables import Staff
from notifications import alerts, roster, subscriptions
from shared_schema.form import Form as IntakeForm
from shared_schema.form import load_form
from shared_schema.intake import Answer, AnswerState, Status

router = APIRouter()

_STAFF_LANGUAGE = "en"


@router.get("/")
def home(who: Reader) -> Response:
    return RedirectResponse("/queue" if staff.may_assign(who.staff) else "/my-participants", 303)


@router.get("/queue")
def queue(
    request: Request,
    session: Reading,
    who: Reader,
    urgent: bool = False,
    after: int | None = None,
    place_id: UUID | None = None,
    part: bool = False,
) -> Response:
    """Needs Assignment. `part`: only the list, for the page to renew itself."""
    place = None if after is None or place_id is None else lists.Place(urgent, after, place_id)
    shown = lists.listed(session, who.staff, lists.Listed.NEEDS_ASSIGNMENT, after=place)
    waiting = [row.participant for row in shown.rows]
    may_assign = staff.may_assign(who.staff)
    return page(
        request,
        "queue_rows.html" if part else "queue.html",
        **bar(session, who),
        rows=shown.rows,
        after=shown.after,
        calls=calls.waiting(session, who.staff),
        fits=matching.ranked_for_all(session, waiting, datetime.now(UTC)) if may_assign else {},
        may_assign=may_assign,
        done=request.query_params.get("done") == "assigned",
    )


@router.get("/my-participants")
def my_participants(request: Request, session: Reading, who: Reader) -> Response:
    return page(
        request,
        "my_participants.html",
        **bar(session, who),
        needs_intake=lists.carried(session, who.staff, Status.NEEDS_INTAKE),
        active=lists.carried(session, who.staff, Status.ACTIVE),
    )


@router.get("/intakes/{intake_id}")
def intake(request: Request, session: Writing, who: Viewer, intake_id: UUID) -> Response:
    found = participants.review(session, who.staff, intake_id, datetime.now(UTC))
    form = load_form(found.form_name, found.form_version)
    told = alerts.of_subject(session, str(intake_id))
    taken = next((alert for alert in told if alert.acknowledged_at), None)
    return page(
        request,
        "intake.html",
        **bar(session, who),
        intake=found,
        participant=found.participant,
        answers=_answers(form, answers_of(found)),
        language=form.texts[found.language].name,
        ticket=form.ticket_text(found.ticket, found.language),
        assignment=carrying.current(session, found.participant_id),
        fits=matching.ranked(session, found.participant, datetime.now(UTC)),
        may_assign=staff.may_assign(who.staff),
        taken=taken,
        taken_by=session.get(Staff, taken.acknowledged_by) if taken and taken.acknowledged_by else None,
    )


@router.post("/intakes/{intake_id}/acknowledgement")
def acknowledge(session: Writing, who: Actor, intake_id: UUID) -> Response:
    """ "I'm on it", from the page."""
    now = datetime.now(UTC)
    participants.review(session, who.staff, intake_id, now)
    for alert in alerts.of_subject(session, str(intake_id)):
        alerts.acknowledge(session, alert.id, who.staff.id, now)
    return RedirectResponse(f"/intakes/{intake_id}", 303)


@router.post("/participants/{participant_id}/assignment")
def assign(
    request: Request, session: Writing, who: Actor, participant_id: UUID, staff_id: Annotated[int, Form()]
) -> Response:
    assignments.assign(session, participant_id, staff_id, who.staff, datetime.now(UTC))
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse("/queue?done=assigned", 303)


@router.get("/alerts")
def alerts_page(request: Request, session: Reading, who: Reader) -> Response:
    """Whether this person would be told: devices, designation, duty."""
    this = subscriptions.of_browser(session, device_of(request))
    return page(
        request,
        "alerts.html",
        **bar(session, who),
        devices=subscriptions.of_staff(session, who.staff.id),
        this_id=this.id if this else None,
        public_key=request.app.state.keys.vapid.public_key,
    )


def bar(session: Session, who: SignedIn) -> dict[str, Any]:
    """What the bar at the top of every page shows."""
    entries = roster.of_staff(session, who.staff.id)
    return {
        "who": who,
        "sites": staff.sites_of(session, who.staff),
        "on_duty": {entry.site_id for entry in entries if entry.is_on_duty(datetime.now(UTC))},
        "designated": {entry.site_id for entry in entries if entry.designated},
        "unanswered": alerts.unanswered(session, list(rights.sites_of_queue(session, who.staff))),
    }


def _answers(form: IntakeForm, given: dict[str, Answer]) -> list[tuple[str, str, bool]]:
    """What was asked, what was said and whether it is urgent, in the staff's language and the form's order."""
    texts = form.texts[_STAFF_LANGUAGE]
    lines = []
    for screen in form.items:
        if (answer := given.get(screen.id)) is None:
            continue
        words = texts.screens[screen.id]
        urgent = any(choice.urgent for choice in screen.choices if choice.id in answer.choices)
        said = answer.text or ", ".join(words.choices[choice] for choice in answer.choices)
        lines.append((words.short, said if answer.state is AnswerState.ANSWERED else answer.state.value, urgent))
    return lines
