""" "I'm on it" from every page where somebody waits."""

from datetime import UTC, datetime
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Participant, Staff, StaffSession
from notifications import alerts
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service


def enter(client: httpx.Client, session: Session, name: str) -> dict[str, str]:
    """What a form of this person's page carries."""
    sign_in(client, name)
    mine = select(StaffSession.csrf_token).join(Staff, Staff.id == StaffSession.staff_id)
    csrf = session.scalars(mine.where(Staff.name == name.title()).order_by(StaffSession.id.desc())).first()
    session.commit()
    assert csrf is not None
    return {"csrf": csrf}


def button(intake: UUID) -> str:
    return f'action="/intakes/{intake}/acknowledgement"'


def test_the_queue_has_the_button_and_then_the_name(service: Service, session: Session, center: Center) -> None:
    first, second = somebody_waits(session, center), somebody_waits(session, center)
    form = enter(service.client, session, "alice")
    assert button(first) in service.client.get("/queue").text

    answer = service.client.post(f"/intakes/{first}/acknowledgement", data=form)

    assert answer.headers["location"] == f"/intakes/{first}"
    page = service.client.get("/queue").text
    assert page.count("Alice is on it") == 1
    assert button(first) not in page
    assert button(second) in page


def test_who_is_on_it_can_say_so_again_and_others_see_the_name(
    service: Service, session: Session, center: Center
) -> None:
    intake = somebody_waits(session, center)
    form = enter(service.client, session, "bob")
    service.client.post(f"/intakes/{intake}/acknowledgement", data=form)
    assert "still on it" in service.client.get(f"/intakes/{intake}").text

    enter(service.client, session, "alice")
    page = service.client.get(f"/intakes/{intake}").text
    assert "Bob is on it" in page
    assert button(intake) not in page


def test_who_was_given_somebody_answers_on_the_page_too(service: Service, session: Session, center: Center) -> None:
    """Phones whose notifications have no buttons open the intake's page."""
    intake = somebody_waits(session, center)
    participant = session.scalars(select(Participant)).one()
    session.commit()  # or this session would keep SQLite's write lock
    form = enter(service.client, session, "alice")
    chosen = {**form, "staff_id": str(center.bob), "seen": str(participant.revision)}
    assert service.client.post(f"/participants/{participant.id}/assignment", data=chosen).status_code == 303
    assert button(intake) not in service.client.get(f"/intakes/{intake}").text  # it is Bob who is asked

    form = enter(service.client, session, "bob")
    assert button(intake) in service.client.get(f"/intakes/{intake}").text
    service.client.post(f"/intakes/{intake}/acknowledgement", data=form)

    assert button(intake) not in service.client.get(f"/intakes/{intake}").text
    told = alerts.of_subject(session, str(intake))
    assert told[-1].acknowledged_by == center.bob
    assert told[-1].acknowledged_at is not None
    assert told[-1].acknowledged_at <= datetime.now(UTC)
