"""Two records that may be one person: a supervisor decides on a participant's page, and can take it back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from intake_service import duplicates
from intake_service.db import Writing
from intake_service.routes.participant import show_participant
from intake_service.routes.participant_actions import attempt, done_at
from intake_service.routes.signed_in import Actor, SignedIn

router = APIRouter(prefix="/participants/{participant_id}/duplicates")


def _pair(session: Writing, _who: Actor, participant_id: UUID, pair_id: int) -> int:
    duplicates.require_pair_of(session, participant_id, pair_id)
    return pair_id


PairId = Annotated[int, Depends(_pair, scope="function")]
"""A pair that the participant of the address is one of."""


@router.post("")
def suspect(
    request: Request, session: Writing, who: Actor, participant_id: UUID, known_id: Annotated[UUID, Form()]
) -> Response:
    """Somebody sees for themselves that another record may be the same person's; the page then asks to decide."""
    now = datetime.now(UTC)
    return _decide(
        request,
        session,
        who,
        participant_id,
        "pair",
        lambda: duplicates.suspect(session, participant_id, known_id, who.staff, now),
    )


@router.post("/{pair_id}/join")
def join(
    request: Request,
    session: Writing,
    who: Actor,
    participant_id: UUID,
    pair_id: PairId,
    keep: Annotated[UUID, Form()],
) -> Response:
    now = datetime.now(UTC)
    return _decide(
        request,
        session,
        who,
        participant_id,
        "joined",
        lambda: duplicates.join(session, pair_id, keep, who.staff, now),
        keep,
    )


@router.post("/{pair_id}/not-the-same")
def not_the_same(request: Request, session: Writing, who: Actor, participant_id: UUID, pair_id: PairId) -> Response:
    now = datetime.now(UTC)
    return _decide(
        request,
        session,
        who,
        participant_id,
        "not-the-same",
        lambda: duplicates.not_the_same(session, pair_id, who.staff, now),
    )


@router.post("/{pair_id}/undo")
def undo(request: Request, session: Writing, who: Actor, participant_id: UUID, pair_id: PairId) -> Response:
    now = datetime.now(UTC)
    return _decide(
        request, session, who, participant_id, "undone", lambda: duplicates.undo(session, pair_id, who.staff, now)
    )


def _decide(
    request: Request,
    session: Session,
    who: SignedIn,
    participant_id: UUID,
    word: str,
    verb: Callable[[], object],
    then: UUID | None = None,
) -> Response:
    """`then`: the record to go on with, when it is the other one."""
    refusal = attempt(session, verb)
    if refusal is not None:
        return show_participant(request, session, who, participant_id, refusal=refusal)
    return done_at(request, session, f"/participants/{then or participant_id}?done={word}")
