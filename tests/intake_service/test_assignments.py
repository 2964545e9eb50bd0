from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from intake_service.assignments import assign
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound, ServiceError
from intake_service.tables import Assignment, Event, Intake, Participant, Role, Staff
from notifications import alerts
from notifications.db import writing
from notifications.tables import AlertKind
from shared_schema.intake import Status
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_site, a_staff_member

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


@pytest.fixture
def waiting(session: Session, center: Center) -> UUID:
    """The participant who waits."""
    intake_id = somebody_waits(session, center)
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()  # or this session would keep SQLite's write lock
    return participant_id


def test_two_supervisors_cannot_both_assign(engine: Engine, session: Session, center: Center, waiting: UUID) -> None:
    together = Barrier(2)

    def try_to(by: int, peer: int) -> str:
        with Session(writing(engine)) as own:
            together.wait(10)
            try:
                with own.begin():
                    assign(own, waiting, peer, own.get_one(Staff, by), NOW)
            except Conflict as refusal:
                return refusal.detail
        return "won"

    with ThreadPoolExecutor(2) as people:
        tries = [people.submit(try_to, center.alice, center.bob), people.submit(try_to, center.dana, center.charlie)]
    said = sorted(each.result(30) for each in tries)

    current = session.scalars(select(Assignment)).one()
    winner, peer = session.get_one(Staff, current.assigned_by).name, session.get_one(Staff, current.staff_id).name
    assert said[1] == "won"
    assert said[0].startswith(f"{winner} was faster: {peer} has had this participant since 09:45 UTC")
    assert session.scalar(select(func.count()).select_from(Event).where(Event.action == "assigned")) == 1


def test_the_assignee_is_told_and_the_others_no_longer(session: Session, center: Center, waiting: UUID) -> None:
    assign(session, waiting, center.charlie, session.get_one(Staff, center.alice), NOW)

    participant = session.get_one(Participant, waiting)
    intake = session.scalars(select(Intake)).one()
    first, second = alerts.of_subject(session, str(intake.id))
    assert participant.status == Status.NEEDS_INTAKE
    assert (first.kind, first.closed_at) == (AlertKind.READY_FOR_ASSIGNMENT, NOW)
    assert (second.kind, second.closed_at) == (AlertKind.ASSIGNED_TO_YOU, None)
    assert [notice.staff_id for notice in alerts.ledger(session, second.id)] == [center.charlie]


def test_only_supervisors_and_administrators_of_the_site_assign(
    session: Session, center: Center, waiting: UUID
) -> None:
    elsewhere = a_staff_member(session, "Erin", Role.SUPERVISOR, a_site(session, "Lantern House"))
    refusals: list[tuple[Staff, int, type[ServiceError]]] = [
        (session.get_one(Staff, center.bob), center.bob, NotAllowed),
        (elsewhere, center.bob, NotFound),
        (session.get_one(Staff, center.alice), elsewhere.id, InvalidRequest),
    ]
    for by, peer, refusal in refusals:
        with pytest.raises(refusal):
            assign(session, waiting, peer, by, NOW)

    assert session.get_one(Participant, waiting).status == Status.NEEDS_ASSIGNMENT
