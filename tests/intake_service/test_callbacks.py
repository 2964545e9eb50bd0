"""A call that was promised: set, due, goes with the participant, made."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import callbacks, duplicates, participants, removals
from intake_service.assignments import assign, transfer
from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.tables import Callback, Event, Intake, Staff
from intake_service.workflow import Action
from notifications import alerts, firing
from notifications.tables import AlertKind, Notice, Timer
from shared_schema.hours import Hours
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record
from tests.notifications.devices import Device

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    """Bob's participant; everybody has a phone that can be told."""
    for member in (center.alice, center.bob, center.charlie, center.dana):
        Device().subscribe(session, member, f"http://127.0.0.1/phone-of-{member}", NOW)
    participant_id = waiting(session, center, "Zuleika Testperson")
    assign(session, participant_id, center.bob, by(session, center.alice), NOW)
    session.commit()
    return participant_id


def waiting(session: Session, center: Center, name: str) -> UUID:
    intake_id = somebody_waits(session, center, a_record(name))
    return session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()


def by(session: Session, staff_id: int) -> Staff:
    return session.get_one(Staff, staff_id)


def told(session: Session) -> list[int | None]:
    """Who was told that a call is due, in order."""
    found = select(Notice.staff_id).where(Notice.says == AlertKind.CALLBACK_DUE).order_by(Notice.id)
    return list(session.scalars(found))


def pass_time(session: Session, until: datetime) -> None:
    while firing.fire_due(session, until, 50):
        session.flush()


def test_a_call_is_due_for_whoever_carries_the_participant_until_it_is_made(
    session: Session, center: Center, zuleika: UUID
) -> None:
    bob = by(session, center.bob)
    callbacks.set_for(session, zuleika, NOW + AN_HOUR, bob, NOW)
    pass_time(session, NOW + AN_HOUR - timedelta(seconds=1))
    assert told(session) == []

    pass_time(session, NOW + AN_HOUR)
    assert told(session) == [center.bob]
    callbacks.called(session, zuleika, "Comes on Friday", bob, NOW + AN_HOUR)
    pass_time(session, NOW + 10 * AN_HOUR)

    assert told(session) == [center.bob]
    (callback,) = session.scalars(select(Callback))
    assert (callback.called, callback.ended_by) == (True, center.bob)
    assert participants.history(session, bob, zuleika)[0].reason == "Comes on Friday"


def test_another_time_takes_the_place_of_the_first(session: Session, center: Center, zuleika: UUID) -> None:
    bob = by(session, center.bob)
    callbacks.set_for(session, zuleika, NOW + AN_HOUR, bob, NOW)
    callbacks.set_for(session, zuleika, NOW + 3 * AN_HOUR, bob, NOW)

    pass_time(session, NOW + 2 * AN_HOUR)
    assert told(session) == []
    pass_time(session, NOW + 3 * AN_HOUR)
    assert told(session) == [center.bob]


def test_a_call_goes_with_the_participant(session: Session, center: Center, zuleika: UUID) -> None:
    callbacks.set_for(session, zuleika, NOW + AN_HOUR, by(session, center.bob), NOW)

    transfer(session, zuleika, center.charlie, "Bob is away", by(session, center.alice), NOW)
    pass_time(session, NOW + AN_HOUR)

    assert told(session) == [center.charlie]


def test_a_call_that_is_due_is_told_anew_to_whoever_takes_over(session: Session, center: Center, zuleika: UUID) -> None:
    callbacks.set_for(session, zuleika, NOW, by(session, center.bob), NOW)
    pass_time(session, NOW)

    removals.remove_staff(session, center.bob, by(session, center.alice), NOW)
    pass_time(session, NOW)
    assert told(session) == [center.bob, center.alice]

    assign(session, zuleika, center.charlie, by(session, center.alice), NOW)
    pass_time(session, NOW)
    assert told(session) == [center.bob, center.alice, center.charlie]


def test_who_has_left_is_called_by_nobody(session: Session, center: Center, zuleika: UUID) -> None:
    alice = by(session, center.alice)
    callbacks.set_for(session, zuleika, NOW + AN_HOUR, alice, NOW)

    participants.discharge(session, zuleika, "Moved away", alice, NOW)
    pass_time(session, NOW + AN_HOUR)

    assert told(session) == []
    assert session.scalars(select(Timer.what)).all() == []
    with pytest.raises(Conflict):
        callbacks.set_for(session, zuleika, NOW + AN_HOUR, alice, NOW)


def test_a_call_off_is_told_to_nobody_any_more(session: Session, center: Center, zuleika: UUID) -> None:
    bob = by(session, center.bob)
    callbacks.set_for(session, zuleika, NOW, bob, NOW)
    pass_time(session, NOW)

    callbacks.call_off(session, zuleika, "", bob, NOW)
    pass_time(session, NOW + 10 * AN_HOUR)

    assert told(session) == [center.bob]
    with pytest.raises(InvalidRequest, match="no call to be made"):
        callbacks.called(session, zuleika, "", bob, NOW)


def test_on_it_stops_the_others_and_comes_back(session: Session, center: Center, zuleika: UUID) -> None:
    bob = by(session, center.bob)
    callbacks.set_for(session, zuleika, NOW, bob, NOW)
    pass_time(session, NOW)

    callbacks.acknowledge(session, zuleika, bob, NOW)
    pass_time(session, NOW + timedelta(minutes=14))
    assert told(session) == [center.bob]
    pass_time(session, NOW + timedelta(minutes=15))
    assert told(session) == [center.bob, center.bob]


def test_the_call_of_a_joined_record_is_the_kept_ones(session: Session, center: Center, zuleika: UUID) -> None:
    alice = by(session, center.alice)
    again = waiting(session, center, "Zuleika Testperson")
    callbacks.set_for(session, again, NOW + AN_HOUR, alice, NOW)
    pair = duplicates.suspect(session, again, zuleika, alice, NOW)

    duplicates.join(session, pair, zuleika, alice, NOW)
    pass_time(session, NOW + AN_HOUR)

    assert center.bob in told(session)
    standing = callbacks.open_of(session, zuleika)
    assert standing is not None
    alert = callbacks.alert_of(session, standing)
    assert alert is not None
    assert alert.path == f"/participants/{zuleika}"
    callbacks.called(session, zuleika, "", by(session, center.bob), NOW + AN_HOUR)
    assert callbacks.open_of(session, again) is None


@pytest.mark.parametrize("due", [NOW - AN_HOUR, NOW + timedelta(days=400)])
def test_a_call_is_set_for_a_time_to_come_within_a_year(
    session: Session, center: Center, zuleika: UUID, due: datetime
) -> None:
    with pytest.raises(InvalidRequest, match="within a year"):
        callbacks.set_for(session, zuleika, due, by(session, center.bob), NOW)


def test_who_does_not_carry_the_participant_sets_no_call(session: Session, center: Center, zuleika: UUID) -> None:
    with pytest.raises(NotFound):
        callbacks.set_for(session, zuleika, NOW + AN_HOUR, by(session, center.charlie), NOW)
    with pytest.raises(NotFound):
        callbacks.acknowledge(session, zuleika, by(session, center.charlie), NOW)


def test_setting_it_twice_from_one_page_is_setting_it_once(session: Session, center: Center, zuleika: UUID) -> None:
    bob = by(session, center.bob)
    seen = participants.found(session, bob, zuleika).revision
    for _ in range(2):
        callbacks.set_for(session, zuleika, NOW + AN_HOUR, bob, NOW, seen)

    events = session.scalars(select(Event).where(Event.action == Action.SET_CALLBACK)).all()
    assert len(events) == 1


def test_times_are_the_sites_own_also_when_its_clocks_change(session: Session, center: Center) -> None:
    site = center.site
    site.hours = Hours(time_zone="America/New_York").model_dump(mode="json")

    assert callbacks.moment(site, date(2026, 11, 24), time(9)) == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert callbacks.moment(site, date(2026, 7, 1), time(9)) == datetime(2026, 7, 1, 13, tzinfo=UTC)
    left_out = callbacks.moment(site, date(2027, 3, 14), time(2, 30))
    assert left_out.astimezone(ZoneInfo("America/New_York")).time() == time(3, 30)
    late = datetime(2026, 11, 24, 4, 20, tzinfo=UTC)  # 23:20 there
    assert f"{callbacks.proposed(site, late):%d %H:%M}" == "24 10:00"
    assert f"{callbacks.proposed(site, late - AN_HOUR * 10):%d %H:%M}" == "23 14:30"


def test_no_alert_about_a_call_says_who_is_to_be_called(session: Session, center: Center, zuleika: UUID) -> None:
    callbacks.set_for(session, zuleika, NOW, by(session, center.bob), NOW)
    pass_time(session, NOW)

    standing = callbacks.open_of(session, zuleika)
    assert standing is not None
    (alert,) = alerts.of_subject(session, f"callback-{standing.id}")
    assert "Zuleika" not in f"{alert.subject} {alert.path} {alert.site_name}"
