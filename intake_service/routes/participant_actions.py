"""What the forms of a participant's page and of the queue do. Each is one verb of the domain, in one transaction.

Refused for good reason (somebody was faster, the reason is too long), a form comes back with the fresh record above
it and what was typed still in it. Sent twice, it has one effect.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from intake_service import assignments, participants, rights
from intake_service.db import Writing, commit_and_wake_worker
from intake_service.errors import Conflict, InvalidRequest, ServiceError
from intake_service.lists import Listed
from intake_service.routes.narrowing import Narrowed
from intake_service.routes.participant import Typed, show_participant
from intake_service.routes.queue import address, show_list
from intake_service.routes.signed_in import Actor, SignedIn
from intake_service.tables import Participant
from intake_service.workflow import Action
from shared_schema.intake import PathwayType

router = APIRouter(prefix="/participants/{participant_id}")

Seen = Annotated[int | None, Form()]
"""The revision that the page showed."""
StaffId = Annotated[int | None, Form()]
Reason = Annotated[str, Form()]

_CHOOSE = "Choose somebody from the list first."


@router.post("/assignment")
def assign(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    narrowed: Narrowed,
    staff_id: StaffId = None,
    seen: Seen = None,
    back: Annotated[str, Form()] = "",
) -> Response:
    """`back`: the list on which it was done, `narrowed` as it was; the participant's own page when none is named."""
    now = datetime.now(UTC)

    def verb() -> None:
        assignments.assign(session, participant_id, _chosen(staff_id), who.staff, now, seen)

    if back not in set(Listed):
        return do(request, session, who, participant_id, verb, "assigned", Typed(Action.ASSIGN, staff_id=staff_id))
    which = Listed(back)
    refusal = attempt(session, verb)
    if refusal is not None:
        return show_list(request, session, who, which, narrowed, refusal=refusal)
    return done_at(request, session, f"{address(which)}{narrowed.query(done='assigned')}")


@router.post("/transfer")
def transfer(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    staff_id: StaffId = None,
    reason: Reason = "",
    seen: Seen = None,
) -> Response:
    def verb() -> None:
        assignments.transfer(session, participant_id, _chosen(staff_id), reason, who.staff, datetime.now(UTC), seen)

    typed = Typed(Action.TRANSFER, reason, staff_id)
    return do(request, session, who, participant_id, verb, "transferred", typed)


@router.post("/full-intake")
def full_intake(request: Request, session: Writing, who: Actor, participant_id: UUID, seen: Seen = None) -> Response:
    def verb() -> None:
        participants.full_intake_done(session, participant_id, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "full-intake", Typed(Action.FULL_INTAKE_DONE))


@router.post("/tier")
def tier(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    tier: Annotated[int, Form()] = 0,
    reason: Reason = "",
    seen: Seen = None,
) -> Response:
    def verb() -> None:
        participants.set_tier(session, participant_id, tier, who.staff, datetime.now(UTC), reason, seen)

    return do(request, session, who, participant_id, verb, "tier", Typed(Action.SET_TIER, reason, value=str(tier)))


@router.post("/pathway")
def convert(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    pathway: Annotated[str, Form()] = "",
    reason: Reason = "",
    seen: Seen = None,
) -> Response:
    def verb() -> None:
        if pathway not in set(PathwayType):
            raise InvalidRequest("Choose the new pathway type first.")
        participants.convert(session, participant_id, PathwayType(pathway), reason, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "converted", Typed(Action.CONVERT, reason, value=pathway))


@router.post("/discharge")
def discharge(
    request: Request, session: Writing, who: Actor, participant_id: UUID, reason: Reason = "", seen: Seen = None
) -> Response:
    def verb() -> None:
        participants.discharge(session, participant_id, reason, who.staff, datetime.now(UTC), seen)

    return do(request, session, who, participant_id, verb, "discharged", Typed(Action.DISCHARGE, reason))


@router.post("/reactivation")
def reactivate(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    staff_id: StaffId = None,
    reason: Reason = "",
    seen: Seen = None,
) -> Response:
    """Without a staff member: back to Needs Assignment."""

    def verb() -> None:
        participants.reactivate(session, participant_id, who.staff, datetime.now(UTC), staff_id, reason, seen)

    done = "reactivated" if staff_id is None else "assigned"
    return do(request, session, who, participant_id, verb, done, Typed(Action.REACTIVATE, reason, staff_id))


def do(
    request: Request,
    session: Session,
    who: SignedIn,
    participant_id: UUID,
    verb: Callable[[], object],
    done: str,
    typed: Typed,
) -> Response:
    """The verb, in words what came of it, and the page again."""
    refusal = attempt(session, verb)
    if refusal is not None:
        return show_participant(request, session, who, participant_id, refusal=refusal, typed=typed)
    # A peer who has discharged their own participant does not see them any more.
    still_seen = rights.may_see(session, who.staff, session.get_one(Participant, participant_id))
    place = f"/participants/{participant_id}" if still_seen else "/my-participants"
    return done_at(request, session, f"{place}?done={done}")


def attempt(session: Session, verb: Callable[[], object]) -> ServiceError | None:
    """What keeps the verb from being done, when it is something that the person can mend; it has left no trace then."""
    try:
        with session.begin_nested():
            verb()
    except (Conflict, InvalidRequest) as refusal:
        return refusal
    return None


def done_at(request: Request, session: Session, place: str) -> Response:
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    return RedirectResponse(place, 303)


def _chosen(staff_id: int | None) -> int:
    if staff_id is None:
        raise InvalidRequest(_CHOOSE)
    return staff_id
