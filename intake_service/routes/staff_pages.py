"""The people who work here: who carries how much, removing somebody, taking it back."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import invitations, matching, removals, rights, staff
from intake_service.changes import LONGEST_REASON
from intake_service.db import Reading, Writing, commit_and_wake_worker
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, ServiceError
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Fresh, Reader, SignedIn
from intake_service.tables import Staff

router = APIRouter(prefix="/staff")

_DONE = {
    "removed": "Removed. Their participants wait in Needs Reassignment.",
    "undone": "They are back, with everybody who had not been reassigned. They sign in anew and turn alerts on again.",
}


@router.get("")
def colleagues(request: Request, session: Reading, who: Reader, done: str = "") -> Response:
    return _show(request, session, who, done=done)


@router.post("/{staff_id}/removal")
def remove(
    request: Request, session: Writing, who: Fresh, staff_id: int, reason: Annotated[str, Form()] = ""
) -> Response:
    try:
        with session.begin_nested():
            removals.remove_staff(session, staff_id, who.staff, datetime.now(UTC), reason)
    except (Conflict, InvalidRequest) as refusal:
        return _show(request, session, who, refusal=refusal, typed=(staff_id, reason))
    return _done(request, session, "removed")


@router.post("/removals/{removal_id}/undo")
def undo(request: Request, session: Writing, who: Fresh, removal_id: int) -> Response:
    try:
        with session.begin_nested():
            removals.undo_removal(session, removal_id, who.staff, datetime.now(UTC))
    except (Conflict, InvalidRequest) as refusal:
        return _show(request, session, who, refusal=refusal)
    return _done(request, session, "undone")


def _show(
    request: Request,
    session: Session,
    who: SignedIn,
    *,
    done: str = "",
    refusal: ServiceError | None = None,
    typed: tuple[int, str] = (0, ""),
) -> Response:
    """`typed`: whose form was refused, and the reason in it."""
    if not rights.sees_everybody(who.staff):
        raise NotAllowed("This page is for supervisors and administrators.")
    people = _at_sites_of(session, who.staff)
    return console_page(
        request,
        session,
        who,
        "staff.html",
        refusal.status if refusal else 200,
        people=[(each, rights.may_remove(session, who.staff, each)) for each in people],
        newcomers=invitations.newcomers(session),
        links=invitations.open_for(session, datetime.now(UTC)),
        loads={
            staff_id: load
            for site in staff.sites_of(session, who.staff)
            for staff_id, load in matching.loads(session, site).items()
        },
        removals=removals.undoable(session, who.staff),
        longest_reason=LONGEST_REASON,
        refusal=refusal,
        typed=typed,
        done=_DONE.get(done, ""),
    )


def _at_sites_of(session: Session, member: Staff) -> list[Staff]:
    sites = rights.own_sites(session, member)
    return [
        each
        for each in sorted(staff.every(session), key=lambda each: each.name.casefold())
        if each.active and (sites & {site.id for site in each.sites} or each.id == member.id)
    ]


def _done(request: Request, session: Session, word: str) -> Response:
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse(f"/staff?done={word}", 303)
