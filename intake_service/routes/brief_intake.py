"""Staff-assisted brief intake: the kiosk's questions, asked by a person."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from intake_service import intakes, rights, staff
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.errors import InvalidRequest, NotAllowed, NotFound
from intake_service.routes.asking import NOT_SAID, Asked, new_ticket, record_of
from intake_service.routes.pages import console_page
from intake_service.routes.queue import DONE
from intake_service.routes.signed_in import Actor, Reader, SignedIn
from intake_service.tables import Intake, Site
from intake_service.workflow import MAY_COMPLETE_INTAKES
from shared_schema.form import load_form

router = APIRouter()


@router.get("/brief-intake")
def ask(request: Request, session: Reading, who: Reader, language: str = "en", done: str = "") -> Response:
    """The questions, in the language that they are asked in."""
    form = load_form()
    asked = Asked(uuid7(), language if language in form.texts else "en", new_ticket(form), {})
    return _show(request, session, who, asked, done=DONE.get(done, ""))


async def _values(request: Request) -> dict[str, list[str]]:
    """Everything that was filled in, by the name of its field."""
    sent = await request.form()
    return {name: [str(value) for value in sent.getlist(name)] for name in sent}


@router.post("/brief-intake")
def save(
    request: Request,
    session: Writing,
    who: Actor,
    values: Annotated[dict[str, list[str]], Depends(_values)],
    intake_id: Annotated[UUID, Form()],
    site_id: Annotated[int, Form()],
    asked_in: Annotated[str, Form()],
    ticket: Annotated[str, Form()],
) -> Response:
    """Sent twice, it is one intake."""
    form, now = load_form(), datetime.now(UTC)
    asked = Asked(intake_id, asked_in, ticket, values)
    record, faults = record_of(form, asked, now)
    if record is None:
        return _show(request, session, who, asked, faults=faults, site_id=site_id)
    content: dict[str, Any] = record.model_dump(mode="json", include={"id", "language", "ticket", "answers"})
    mac = request.app.state.keys.mac(json.dumps(content, sort_keys=True).encode())
    intakes.receive_from_staff(session, who.staff, _site(session, site_id), record, mac, now)
    place = _next_place(session, who, intake_id)
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse(place, 303)


def _show(
    request: Request,
    session: Session,
    who: SignedIn,
    asked: Asked,
    *,
    faults: dict[str, str] | None = None,
    done: str = "",
    site_id: int | None = None,
) -> Response:
    if who.staff.role not in MAY_COMPLETE_INTAKES:
        raise NotAllowed("Volunteers do not complete brief intakes. Ask a colleague.")
    form = load_form()
    refusal = InvalidRequest(f"{len(faults)} to mend. Everything else is kept.") if faults else None
    return console_page(
        request,
        session,
        who,
        "brief_intake.html",
        refusal.status if refusal else 200,
        form=form,
        texts=form.texts[asked.language],
        english=form.texts["en"],
        languages=[form.texts[tag] for tag in form.reviewed_languages()],
        asked=asked,
        ticket_text=form.ticket_text(asked.ticket, asked.language),
        faults=faults or {},
        site_id=site_id,
        not_said=NOT_SAID,
        refusal=refusal,
        done=done,
    )


def _site(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound("That is not one of your sites.")
    return site


def _next_place(session: Session, who: SignedIn, intake_id: UUID) -> str:
    """Where the person sees what became of it."""
    intake = session.scalars(select(Intake).where(Intake.id == intake_id).options(joinedload(Intake.participant))).one()
    if not rights.may_see(session, who.staff, intake.participant):
        return "/brief-intake?done=intake"
    if staff.may_assign(who.staff):
        return f"/participants/{intake.participant_id}?done=intake"
    return "/my-participants?done=yours"
