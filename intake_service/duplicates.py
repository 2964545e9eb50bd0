"""Two records that may be one person: a supervisor joins them, or says that they are two; either can be undone.

What speaks for it was written down when the intake came in (known_people.py); nothing is joined by itself. Joining
keeps both records whole: the joined one leaves every list and points to the one that is kept, whose history goes on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import assignments, audit, callbacks, carrying, changes, contact_permission, known_people, rights
from intake_service.audit import Act
from intake_service.changes import Change, time_at
from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.tables import Participant, PossibleDuplicate, Staff
from intake_service.workflow import Action
from notifications.signals import QUEUE, signal
from notifications.tables import AlertKind
from shared_schema.intake import Status


class Verdict(StrEnum):
    JOINED = "joined"
    NOT_THE_SAME = "not the same"


_NO_PAIR = "There are no such two records at your sites."
_DONE = {Verdict.JOINED: "joined the two", Verdict.NOT_THE_SAME: "said that these are two people"}


@dataclass(frozen=True)
class Pair:
    """`other` is the one beside the participant who was asked about. `reasons` are words for staff.

    `verdict` is None until somebody has decided; then `decided_by` and `decided_at` say who and when. `kept`: when
    joined, whether the participant who was asked about is the record that was kept.
    """

    id: int
    other: Participant
    reasons: tuple[str, ...]
    verdict: Verdict | None
    decided_by: str | None
    decided_at: datetime | None
    kept: bool


def flagged(session: Session, participant_ids: Collection[UUID]) -> frozenset[UUID]:
    """Of these those who may be somebody known, and nobody has decided yet: for a mark in a list."""
    rows = session.scalars(
        select(PossibleDuplicate.participant_id).where(
            PossibleDuplicate.participant_id.in_(participant_ids), PossibleDuplicate.verdict.is_(None)
        )
    )
    return frozenset(rows)


def pairs_of(session: Session, member: Staff, participant_id: UUID) -> list[Pair]:
    """Whom the participant may be, decided or not. Empty for who may not join. Raises NotFound."""
    participant = rights.require(session, member, Action.VIEW, session.get(Participant, participant_id))
    if not rights.may(session, member, Action.JOIN, participant):
        return []
    rows = session.scalars(
        select(PossibleDuplicate)
        .where(or_(PossibleDuplicate.participant_id == participant.id, PossibleDuplicate.known_id == participant.id))
        .options(
            joinedload(PossibleDuplicate.participant),
            joinedload(PossibleDuplicate.known),
            joinedload(PossibleDuplicate.decider),
        )
        .order_by(PossibleDuplicate.id)
    )
    return [_pair(row, participant.id) for row in rows]


def require_pair_of(session: Session, participant_id: UUID, pair_id: int) -> None:
    """Raises NotFound unless this participant is one of the pair."""
    pair = _pair_to_decide(session, pair_id)
    if participant_id not in {pair.participant_id, pair.known_id}:
        raise NotFound(_NO_PAIR)


def suspect(session: Session, participant_id: UUID, known_id: UUID, by: Staff, now: datetime) -> int:
    """A supervisor sees for themselves that two records may be one person. Returns the pair's id, to decide on.

    Raises NotFound, NotAllowed, InvalidRequest.
    """
    if participant_id == known_id:
        raise InvalidRequest("Choose two different records.")
    one, other = (_require(session, by, each) for each in (participant_id, known_id))
    pair = session.scalar(
        select(PossibleDuplicate).where(
            or_(
                (PossibleDuplicate.participant_id == one.id) & (PossibleDuplicate.known_id == other.id),
                (PossibleDuplicate.participant_id == other.id) & (PossibleDuplicate.known_id == one.id),
            )
        )
    )
    if pair is None:
        alike = known_people.compare(one.name, one.phone, other.name, other.phone, other.waiting_since, now)
        pair = PossibleDuplicate(
            participant_id=one.id,
            known_id=other.id,
            name_alike=alike.name if alike else None,
            same_phone=bool(alike and alike.same_phone),
            same_day=bool(alike and alike.same_day),
            found_at=now,
        )
        session.add(pair)
        session.flush()
        audit.record(session, Act.SUSPECTED, now, by=by, to=one, after={"with": other.id.hex})
    return pair.id


def join(session: Session, pair_id: int, keep: UUID, by: Staff, now: datetime) -> Participant:
    """The two are one person: the record `keep` goes on, the other one leaves every list. Returns the kept one.

    Who waits is not forgotten: a record of somebody who is here already (Discharged, or Active with nobody) takes over
    the other one's place in Needs Assignment; whoever carries the kept one is told that their participant is here.
    Raises NotFound, NotAllowed, InvalidRequest when the other record must be kept, Conflict.
    """
    pair = _pair_to_decide(session, pair_id)
    kept, joined = _both(session, pair, keep, by)
    change = Change(Action.JOIN, by, now)
    if not _decide(session, pair, Verdict.JOINED, change):
        if pair.before and pair.before["kept"] != str(keep):
            raise Conflict("You kept the other record just now. Undo that first.")
        return kept
    _require_joinable(session, kept, joined)
    before = {name: getattr(kept, name) for name in ("status", "urgent", "queue_number", "intake_sequence")}
    before |= {"waiting_since": kept.waiting_since.isoformat(), "kept": str(kept.id)}
    waits = joined.status == Status.NEEDS_ASSIGNMENT
    status, place = _status_and_place(session, kept, joined, waits=waits)
    assignments.tell_newest(session, joined, None, [], now)
    changes.swap(session, joined, change, Status(joined.status), {"joined_into": kept.id})
    changes.swap(session, kept, change, status, place)
    pair.before = before | {"revision": kept.revision}
    carrier = carrying.current(session, kept.id)
    callbacks.follow(session, joined.id, carrier.staff_id if carrier else None, now)
    contact_permission.follow(session, kept.id, carrier.staff_id if carrier else None, by.id, now)
    if waits:
        to = [carrier.staff_id] if carrier else None
        kind = AlertKind.ASSIGNED_TO_YOU if carrier else AlertKind.READY_FOR_ASSIGNMENT
        assignments.tell_newest(session, kept, kind, to, now)
    session.flush()
    signal(session, QUEUE)
    return kept


def not_the_same(session: Session, pair_id: int, by: Staff, now: datetime) -> None:
    """They are two people; the pair is not shown as open any more. Raises NotFound, NotAllowed, Conflict."""
    pair = _pair_to_decide(session, pair_id)
    participant, _ = _both(session, pair, pair.participant_id, by)
    change = Change(Action.NOT_THE_SAME, by, now)
    if _decide(session, pair, Verdict.NOT_THE_SAME, change):
        changes.swap(session, participant, change, Status(participant.status))


def undo(session: Session, pair_id: int, by: Staff, now: datetime) -> None:
    """Take the decision back. After a join, the joined record is in its lists again, as it was.

    What was done to the kept record since then stays; if nothing was, it stands again as before the join.
    Raises NotFound, NotAllowed, Conflict. Doing it twice changes nothing.
    """
    pair = _pair_to_decide(session, pair_id)
    verdict = pair.verdict
    before = pair.before or {}
    keep = UUID(before["kept"]) if before else pair.participant_id
    kept, joined = _both(session, pair, keep, by)
    if verdict is None:
        return
    undone = session.execute(
        update(PossibleDuplicate)
        .where(PossibleDuplicate.id == pair.id, PossibleDuplicate.verdict == verdict)
        .values(verdict=None, decided_by=None, decided_at=None, before=None)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", undone).rowcount != 1:
        return
    change = Change(Action.UNDO_DUPLICATE, by, now)
    if verdict == Verdict.NOT_THE_SAME:
        changes.swap(session, kept, change, Status(kept.status))
        return
    changes.swap(session, joined, change, Status(joined.status), {"joined_into": None})
    callbacks.follow(session, joined.id, None, now)
    status, values = Status(kept.status), {"intake_sequence": before["intake_sequence"]}
    if kept.revision == before["revision"]:
        status = Status(before["status"])
        values = {name: before[name] for name in ("urgent", "queue_number", "intake_sequence")}
        values["waiting_since"] = datetime.fromisoformat(before["waiting_since"])
    changes.swap(session, kept, change, status, values)
    carrier = carrying.current(session, kept.id)
    contact_permission.follow(session, kept.id, carrier.staff_id if carrier else None, by.id, now)
    if joined.status == Status.NEEDS_ASSIGNMENT:
        assignments.tell_newest(session, joined, AlertKind.READY_FOR_ASSIGNMENT, None, now)
    signal(session, QUEUE)


def _pair(row: PossibleDuplicate, participant_id: UUID) -> Pair:
    other = row.known if row.participant_id == participant_id else row.participant
    reasons = [
        f"names {row.name_alike} % alike" if row.name_alike else None,
        "the same phone" if row.same_phone else None,
        "the same day" if row.same_day else None,
    ]
    return Pair(
        id=row.id,
        other=other,
        reasons=tuple(reason for reason in reasons if reason),
        verdict=Verdict(row.verdict) if row.verdict else None,
        decided_by=row.decider.name if row.decider else None,
        decided_at=row.decided_at,
        kept=bool(row.before) and (row.before or {}).get("kept") == str(participant_id),
    )


def _pair_to_decide(session: Session, pair_id: int) -> PossibleDuplicate:
    pair = session.get(PossibleDuplicate, pair_id, populate_existing=True)
    if pair is None:
        raise NotFound(_NO_PAIR)
    return pair


def _require(session: Session, by: Staff, participant_id: UUID) -> Participant:
    return rights.require(session, by, Action.JOIN, session.get(Participant, participant_id, populate_existing=True))


def _both(session: Session, pair: PossibleDuplicate, keep: UUID, by: Staff) -> tuple[Participant, Participant]:
    """The one to keep and the other one, both within the member's rights."""
    ids = {pair.participant_id, pair.known_id}
    if keep not in ids:
        raise InvalidRequest("Keep one of the two records.")
    (other,) = ids - {keep}
    return _require(session, by, keep), _require(session, by, other)


def _decide(session: Session, pair: PossibleDuplicate, verdict: Verdict, change: Change) -> bool:
    """Compare and swap. False: this very person has decided so already."""
    decided = session.execute(
        update(PossibleDuplicate)
        .where(PossibleDuplicate.id == pair.id, PossibleDuplicate.verdict.is_(None))
        .values(verdict=verdict, decided_by=change.by.id, decided_at=change.now)
        .execution_options(synchronize_session=False)
    )
    session.refresh(pair)
    if cast("CursorResult[Any]", decided).rowcount == 1:
        return True
    if (pair.verdict, pair.decided_by) == (verdict, change.by.id):
        return False
    who = pair.decider.name if pair.decider else "Somebody"
    at = time_at(pair.participant.site, pair.decided_at or change.now, change.now)
    raise Conflict(f"{who} was faster: {_DONE[Verdict(pair.verdict or verdict)]}, at {at}. Nothing was changed.")


def _require_joinable(session: Session, kept: Participant, joined: Participant) -> None:
    if kept.joined_into is not None or joined.joined_into is not None:
        raise Conflict("One of the two was joined with another record meanwhile. Look at them again.")
    if session.scalar(select(Participant.id).where(Participant.joined_into == joined.id).limit(1)) is not None:
        raise InvalidRequest("Other records were joined into that one. Keep it, or undo those first.")
    carrier = carrying.current(session, joined.id)
    if carrier is not None:
        raise InvalidRequest(
            f"{carrier.staff.name} has the record that would be joined. Keep that one; "
            "if somebody has the other one too, discharge it first."
        )
    if joined.status == Status.ACTIVE and kept.status == Status.DISCHARGED:
        raise InvalidRequest("The other record is the active one. Keep that one.")
    if joined.status == Status.NEEDS_REASSIGNMENT and kept.status != Status.NEEDS_REASSIGNMENT:
        raise InvalidRequest("The record in Needs Reassignment remembers more. Keep that one, or assign it first.")


def _status_and_place(
    session: Session, kept: Participant, joined: Participant, *, waits: bool
) -> tuple[Status, dict[str, Any]]:
    """Where the kept record stands after the join."""
    place: dict[str, Any] = {"intake_sequence": max(kept.intake_sequence, joined.intake_sequence)}
    status = Status(kept.status)
    is_idle = status is Status.DISCHARGED or (status is Status.ACTIVE and carrying.current(session, kept.id) is None)
    if waits and is_idle:
        place |= {"queue_number": joined.queue_number, "waiting_since": joined.waiting_since, "urgent": joined.urgent}
        return Status.NEEDS_ASSIGNMENT, place
    if waits and status is Status.NEEDS_ASSIGNMENT:
        place |= {
            "queue_number": min(kept.queue_number, joined.queue_number),
            "waiting_since": min(kept.waiting_since, joined.waiting_since),
            "urgent": kept.urgent or joined.urgent,
        }
    return status, place
