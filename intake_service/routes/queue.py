"""The Participants tab: Needs Assignment, where everything begins, and the lists beside it."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import callbacks, calls, duplicates, leaving, lists, matching, on_it, rights, staff
from intake_service.db import Reading
from intake_service.errors import NotFound, ServiceError
from intake_service.lists import Listed
from intake_service.routes.narrowing import WAITING_OVER, Narrowed, Narrowing
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Reader, SignedIn
from intake_service.tables import Staff
from shared_schema.form import load_form
from shared_schema.intake import PathwayType, Status

router = APIRouter()

TITLES = {
    Listed.NEEDS_ASSIGNMENT: "Needs Assignment",
    Listed.NEEDS_REASSIGNMENT: "Needs Reassignment",
    Listed.ALL: "All Participants",
    Listed.ACTIVE: "Active Participants",
    Listed.DISCHARGED: "Discharged",
}
DONE = {
    "assigned": "Assigned. Where their alerts are on, they are being told now.",
    "transferred": "Transferred. The one who takes over is being told now.",
    "full-intake": "The full intake is done. This participant is active now.",
    "discharged": "Discharged. A supervisor can reactivate them at any time.",
    "reactivated": "Reactivated. They wait in Needs Assignment from now on.",
    "converted": "Converted to the new pathway type.",
    "tier": "The tier is set.",
    "callback": "Set. Whoever has this participant is told when the call is due.",
    "called": "Noted. Nobody is told of this call any more.",
    "callback-off": "Called off. Nobody is told of this call any more.",
    "on-it": "You are on it. It comes back to you should the call not be made.",
    "concern": "Written down. The administrators are being told; nobody else can read it.",
    "concern-untold": "Written down for the administrators. No alert reaches one of them now: speak to one yourself.",
    "concern-closed": "Closed.",
    "agreed": "Written down: they agree. Whoever has this participant may contact them.",
    "consent-revoked": "Written down: their consent is taken back. Nobody may contact them from now on.",
    "disclosed": "Listed.",
    "held": "On legal hold. Nothing of this record is erased until the hold is lifted.",
    "hold-lifted": "The hold is lifted.",
    "erasure-asked": "Noted. Nothing is erased yet: the second step is below.",
    "erasure-withdrawn": "The record is not erased.",
    "erased": "Erased. It still counts in your numbers, and nobody can bring it back.",
    "intake": "The brief intake is saved.",
    "yours": "The brief intake is saved, and this participant is yours.",
    "pair": "Noted. Look at both records below, then decide.",
    "joined": "Joined. Both brief intakes are in one record now.",
    "not-the-same": "Noted: these are two people.",
    "undone": "Undone. Everything is as it was before.",
}
"""What a page says after something was done, by the word in its address."""


@router.get("/")
def home(who: Reader) -> Response:
    return RedirectResponse("/queue" if staff.may_assign(who.staff) else "/my-participants", 303)


@router.get("/queue")
def queue(
    request: Request, session: Reading, who: Reader, narrowed: Narrowed, part: bool = False, done: str = ""
) -> Response:
    """Needs Assignment. `part`: only the list, for the page to renew itself."""
    return show_list(request, session, who, Listed.NEEDS_ASSIGNMENT, narrowed, part=part, done=done)


@router.get("/participants")
def participants(_who: Reader) -> Response:
    return RedirectResponse("/queue", 303)


@router.get("/lists/{name}")
def named_list(
    request: Request,
    session: Reading,
    who: Reader,
    narrowed: Narrowed,
    name: str,
    part: bool = False,
    done: str = "",
) -> Response:
    """Any list of the Participants tab by its name."""
    if name not in set(Listed):
        raise NotFound("There is no such list.")
    return show_list(request, session, who, Listed(name), narrowed, part=part, done=done)


@router.get("/participants/needs-reassignment")
def needs_reassignment(_who: Reader) -> Response:
    """Where an alert about somebody's removal leads."""
    return RedirectResponse(address(Listed.NEEDS_REASSIGNMENT), 303)


@router.get("/my-participants")
def my_participants(request: Request, session: Reading, who: Reader, done: str = "", part: bool = False) -> Response:
    needs_intake, active = (
        lists.carried(session, who.staff, status) for status in (Status.NEEDS_INTAKE, Status.ACTIVE)
    )
    return console_page(
        request,
        session,
        who,
        "my_participants_rows.html" if part else "my_participants.html",
        needs_intake=needs_intake,
        active=active,
        calls=callbacks.open_by_participant(session, [row.participant.id for row in (*needs_intake, *active)]),
        done=DONE.get(done, ""),
    )


def address(which: Listed) -> str:
    return "/queue" if which is Listed.NEEDS_ASSIGNMENT else f"/lists/{which}"


def show_list(
    request: Request,
    session: Session,
    who: SignedIn,
    which: Listed,
    narrowed: Narrowing | None = None,
    *,
    part: bool = False,
    done: str = "",
    refusal: ServiceError | None = None,
) -> HTMLResponse:
    """A page of the list. `refusal`: what came of what somebody has just tried on it, in words above the fresh rows."""
    now, narrowed = datetime.now(UTC), narrowed or Narrowing()
    shown = lists.listed(session, who.staff, which, narrowed.filters(now), narrowed.after)
    is_queue = which in {Listed.NEEDS_ASSIGNMENT, Listed.NEEDS_REASSIGNMENT}
    may_assign = is_queue and staff.may_assign(who.staff)
    return console_page(
        request,
        session,
        who,
        "queue_rows.html" if part else "queue.html",
        refusal.status if refusal else 200,
        which=which,
        title=TITLES[which],
        is_queue=is_queue,
        rows=shown.rows,
        fits=matching.ranked_for_all(session, [row.participant for row in shown.rows], now) if may_assign else {},
        maybe_known=duplicates.flagged(session, [row.participant.id for row in shown.rows]) if may_assign else (),
        on_it=on_it.names(session, [row.intake_id for row in shown.rows]) if which is Listed.NEEDS_ASSIGNMENT else {},
        calls=calls.waiting(session, who.staff) if which is Listed.NEEDS_ASSIGNMENT else (),
        left=leaving.lately(session, who.staff, which, now) if is_queue else (),
        more=f"{address(which)}{narrowed.query(shown.after)}" if shown.after else "",
        narrowed=narrowed,
        choices=_choices(),
        list_address=address(which),
        tabs=tabs(session, who.staff),
        refusal=refusal,
        done=DONE.get(done, ""),
        now=now,
    )


def tabs(session: Session, member: Staff) -> list[dict[str, Any]]:
    """The lists that are this person's, with how many wait in those where somebody waits."""
    mine = list(Listed) if rights.sees_everybody(member) else [Listed.NEEDS_ASSIGNMENT]
    counted = {Listed.NEEDS_ASSIGNMENT, Listed.NEEDS_REASSIGNMENT}
    return [
        {
            "to": address(which),
            "which": which,
            "title": TITLES[which],
            "count": lists.count(session, member, which) if which in counted else None,
        }
        for which in mine
    ]


def _choices() -> dict[str, Any]:
    return {"pathways": list(PathwayType), "languages": list(load_form().texts), "over": WAITING_OVER}
