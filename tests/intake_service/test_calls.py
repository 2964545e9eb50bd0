"""Somebody needs a person now: told at once, one case with the intake that follows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from intake_service import calls, lists
from intake_service.errors import NotFound, OtherContent
from intake_service.keys import Keys
from intake_service.tables import Intake, Kiosk, Participant, Role, Staff, StaffSession, UrgentCall
from notifications import alerts
from notifications.db import writing
from notifications.tables import AlertKind
from shared_schema.intake import IntakeRecord
from shared_schema.kiosk_api import CALLS_PATH, Call, CallHeard
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import NOW, a_received_intake, a_record, a_site, a_staff_member, an_enrolled_kiosk
from tests.notifications.devices import Device

LATER = NOW + timedelta(minutes=4)


def a_called_record(*, urgent: bool = True) -> IntakeRecord:
    """Of somebody for whom a person was called meanwhile."""
    return a_record(urgent=urgent).model_copy(update={"called_at": NOW})


def call_for(session: Session, center: Center, intake_id: UUID) -> tuple[CallHeard, bool]:
    call = Call(intake_id=intake_id, called_at=NOW - timedelta(days=900))  # a clock that is years off
    return calls.receive(session, session.get_one(Kiosk, center.kiosk.id), call, NOW)


def queue_of(session: Session, member: int) -> list[UUID]:
    rows = lists.listed(session, session.get_one(Staff, member), lists.Listed.NEEDS_ASSIGNMENT).rows
    return [row.intake_id for row in rows]


def told(session: Session, intake_id: UUID) -> list[str]:
    return [alert.kind for alert in alerts.of_subject(session, str(intake_id))]


def test_the_staff_are_told_once_however_often_the_kiosk_calls(session: Session, center: Center) -> None:
    intake_id = uuid4()

    first, again = call_for(session, center, intake_id), call_for(session, center, intake_id)

    assert first == (CallHeard(intake_id=intake_id, received_at=NOW, told=0), True)
    assert again == (first[0], False)
    assert told(session, intake_id) == [AlertKind.URGENT]
    (alert,) = alerts.of_subject(session, str(intake_id))
    assert alerts.ledger(session, alert.id)[0].staff_id == center.bob
    assert alert.path == f"/calls/{intake_id}"


def test_the_kiosk_hears_on_how_many_devices_somebody_is_told(session: Session, center: Center) -> None:
    Device().subscribe(session, center.bob, "http://127.0.0.1/push/made-up")
    intake_id = uuid4()

    heard = [call_for(session, center, intake_id)[0].told, call_for(session, center, intake_id)[0].told]

    assert heard == [1, 1]


def test_the_call_stands_at_the_top_for_those_who_see_the_queue(session: Session, center: Center) -> None:
    first, second = uuid4(), uuid4()
    for intake_id in (first, second):
        call_for(session, center, intake_id)
    elsewhere = a_staff_member(session, "Erin", Role.SUPERVISOR, a_site(session, "Lantern House"))

    def seen(member: int) -> list[UUID]:
        return [each.call.intake_id for each in calls.waiting(session, session.get_one(Staff, member))]

    assert seen(center.alice) == seen(center.bob) == seen(center.dana) == [first, second]
    assert seen(center.charlie) == seen(elsewhere.id) == []


def test_its_intake_takes_over_its_place_and_its_clock_and_alerts_nobody_again(
    session: Session, center: Center
) -> None:
    record = a_called_record()
    call_for(session, center, record.id)
    other = a_received_intake(session, center.kiosk.id, a_record(urgent=True), NOW + timedelta(minutes=1))

    a_received_intake(session, center.kiosk.id, record, LATER)

    participant = session.scalars(
        select(Participant).join(Intake, Intake.participant_id == Participant.id).where(Intake.id == record.id)
    ).one()
    assert participant.waiting_since == NOW
    assert queue_of(session, center.alice) == [record.id, other.receipt.intake_id]
    assert told(session, record.id) == [AlertKind.URGENT]
    assert calls.waiting(session, session.get_one(Staff, center.alice)) == []


def test_whoever_called_stays_urgent_whatever_they_answer_in_the_end(session: Session, center: Center) -> None:
    record = a_called_record(urgent=False)
    call_for(session, center, record.id)

    a_received_intake(session, center.kiosk.id, record, LATER)

    assert session.scalars(select(Participant.urgent)).one()


def test_a_call_that_never_came_is_made_up_for_by_its_intake(session: Session, center: Center) -> None:
    record = a_called_record(urgent=False)

    a_received_intake(session, center.kiosk.id, record, LATER)

    assert told(session, record.id) == [AlertKind.URGENT]
    assert session.scalars(select(Participant.urgent)).one()


def test_a_call_behind_its_own_intake_changes_nothing(session: Session, center: Center) -> None:
    record = a_called_record()
    a_received_intake(session, center.kiosk.id, record, NOW)

    _, new = call_for(session, center, record.id)

    assert not new
    assert told(session, record.id) == [AlertKind.URGENT]
    assert calls.waiting(session, session.get_one(Staff, center.alice)) == []


def test_an_intake_without_a_call_is_what_it_was(session: Session, center: Center) -> None:
    record = a_record()

    a_received_intake(session, center.kiosk.id, record, LATER)

    assert told(session, record.id) == [AlertKind.READY_FOR_ASSIGNMENT]
    assert not session.scalars(select(Participant.urgent)).one()


def test_who_is_on_it_is_said_and_it_stays_until_it_is_closed(session: Session, center: Center) -> None:
    intake_id = uuid4()
    call_for(session, center, intake_id)
    alice, bob = session.get_one(Staff, center.alice), session.get_one(Staff, center.bob)

    calls.acknowledge(session, bob, intake_id, LATER)

    (waiting,) = calls.waiting(session, alice)
    assert (waiting.taken_by, waiting.taken_at) == (bob, LATER)
    calls.close(session, alice, intake_id, LATER)
    calls.close(session, bob, intake_id, LATER + timedelta(minutes=1))
    assert calls.waiting(session, alice) == []
    ended = session.scalars(select(UrgentCall)).one()
    assert (ended.closed_by, ended.ended_at) == (center.alice, LATER)
    assert alerts.of_subject(session, str(intake_id))[0].closed_at == LATER


def test_after_staff_closed_the_call_its_intake_is_news_and_no_alarm(session: Session, center: Center) -> None:
    record = a_called_record()
    call_for(session, center, record.id)
    calls.close(session, session.get_one(Staff, center.bob), record.id, NOW + timedelta(minutes=1))

    a_received_intake(session, center.kiosk.id, record, LATER)

    assert told(session, record.id) == [AlertKind.URGENT, AlertKind.READY_FOR_ASSIGNMENT]
    assert queue_of(session, center.alice) == [record.id]


def test_who_does_not_see_the_queue_can_neither_take_nor_close_it(session: Session, center: Center) -> None:
    intake_id = uuid4()
    call_for(session, center, intake_id)
    charlie = session.get_one(Staff, center.charlie)

    for refused in (calls.acknowledge, calls.close):
        with pytest.raises(NotFound):
            refused(session, charlie, intake_id, LATER)


def test_another_sites_kiosk_cannot_use_the_same_id(session: Session, center: Center, keys: Keys) -> None:
    intake_id = uuid4()
    call_for(session, center, intake_id)
    elsewhere = an_enrolled_kiosk(session, a_site(session, "Lantern House"), keys)

    with pytest.raises(OtherContent):
        calls.receive(session, session.get_one(Kiosk, elsewhere.id), Call(intake_id=intake_id, called_at=NOW), NOW)


def test_the_same_call_twice_at_once_is_one_alert(engine: Engine, session: Session, center: Center) -> None:
    intake_id = uuid4()
    together = Barrier(2)

    def call() -> bool:
        with Session(writing(engine)) as own:
            together.wait(10)
            with own.begin():
                return call_for(own, center, intake_id)[1]

    with ThreadPoolExecutor(2) as kiosks:
        new = [each.result(30) for each in [kiosks.submit(call), kiosks.submit(call)]]

    assert sorted(new) == [False, True]
    assert told(session, intake_id) == [AlertKind.URGENT]
    assert session.scalar(select(func.count()).select_from(UrgentCall)) == 1


def test_a_kiosk_calls_over_the_wire_and_only_while_it_is_enrolled(service: Service, center: Center) -> None:
    call = Call(intake_id=uuid4(), called_at=NOW).model_dump(mode="json")

    answers = [
        service.client.post(CALLS_PATH, json=call, headers=center.kiosk.headers),
        service.client.post(CALLS_PATH, json=call, headers=center.kiosk.headers),
        service.client.post(CALLS_PATH, json=call),
        service.client.post(CALLS_PATH, json=call | {"answer": "secret"}, headers=center.kiosk.headers),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 401, 422]
    assert answers[0].json() == answers[1].json()
    assert CallHeard.model_validate_json(answers[0].content).intake_id == UUID(call["intake_id"])
    assert "secret" not in answers[3].text


def test_in_the_console_it_is_taken_and_closed_with_one_tap_each(
    service: Service, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    intake_id = uuid4()
    call = Call(intake_id=intake_id, called_at=NOW).model_dump(mode="json")
    service.client.post(CALLS_PATH, json=call, headers=center.kiosk.headers)
    sign_in(service.client, "bob")
    csrf = {"csrf": session.scalars(select(StaffSession.csrf_token)).one()}
    session.commit()  # or this session would keep SQLite's write lock

    page = service.client.get("/queue").text
    assert page.index("Somebody at the kiosk needs a person now") < page.index("Zuleika Testperson")
    assert service.client.post(f"/calls/{intake_id}/acknowledgement", data=csrf).headers["location"] == "/queue"
    assert "Bob is on it" in service.client.get("/queue").text
    assert "Please walk over" in service.client.get(f"/calls/{intake_id}").text
    service.client.post(f"/calls/{intake_id}/end", data=csrf)

    assert "needs a person now" not in service.client.get("/queue").text
    assert "Bob closed this call" in service.client.get(f"/calls/{intake_id}").text
    assert service.client.get(f"/calls/{uuid4()}").status_code == 404


def test_the_alert_leads_to_the_intake_once_it_has_come(service: Service, session: Session, center: Center) -> None:
    record = a_called_record()
    call_for(session, center, record.id)
    a_received_intake(session, center.kiosk.id, record, LATER)
    session.commit()
    sign_in(service.client, "bob")

    assert service.client.get(f"/calls/{record.id}").headers["location"] == f"/intakes/{record.id}"
