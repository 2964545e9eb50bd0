from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import alerts, duty, roster, sites, timers
from notifications.duty import ASK, SET, ShiftTimes
from notifications.tables import AlertKind, NoticeState, Shift, Timer
from shared_schema.hours import WEEKDAYS, Hours, Span, Weekday
from tests.notifications.devices import NOW
from tests.notifications.house import (
    BOB,
    CHARLIE,
    HARBOR,
    a_house,
    arrive,
    live_through,
    minutes,
    pass_time,
    says,
    somebody_waits,
    told,
)

NEW_YORK = Hours(time_zone="America/New_York", spans={day: (Span(opens=time(9), closes=time(17)),) for day in WEEKDAYS})
NINE, FIVE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC), datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
MORNING = ShiftTimes("mon", time(9), time(13))


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        (NEW_YORK, NINE, FIVE),
        (NEW_YORK, NINE - timedelta(hours=1), FIVE),  # came early
        (NEW_YORK, FIVE + timedelta(minutes=1), FIVE + timedelta(hours=12, minutes=1)),  # after hours
        (Hours(), NINE, NINE + timedelta(hours=12)),  # always open
    ],
)
def test_duty_ends_when_the_site_closes_or_after_twelve_hours(hours: Hours, now: datetime, expected: datetime) -> None:
    assert duty.ends_at(hours, now) == expected


def test_who_comes_on_duty_is_told_once_how_many_wait(session: Session) -> None:
    a_house(session, on_duty=())
    for number in range(3):
        somebody_waits(session, subject=f"s-{number}")
    alerts.close(session, "s-0", NOW)

    for _ in range(2):
        duty.begin(session, HARBOR, BOB, NOW + minutes(60), NOW)
    session.commit()

    queued = [each for each in says(session, NoticeState.QUEUED) if each[0] == AlertKind.CATCH_UP]
    assert queued == [(AlertKind.CATCH_UP, BOB)]
    assert [each.count for each in alerts.of_subject(session, f"catch-up-{HARBOR}-{BOB}")] == [2]


def test_nothing_to_catch_up_with_is_not_told(session: Session) -> None:
    a_house(session, on_duty=())

    duty.begin(session, HARBOR, BOB, NOW + minutes(60), NOW)

    assert says(session, NoticeState.QUEUED) == []


def test_when_duty_has_ended_the_next_step_starts_at_once(session: Session) -> None:
    a_house(session, on_duty=())
    duty.begin(session, HARBOR, BOB, NOW + minutes(60), NOW)

    assert told(session, somebody_waits(session, now=NOW + minutes(59))) == [(0, BOB)]
    late = somebody_waits(session, now=NOW + minutes(60), subject="8")
    assert told(session, late) == [(1, BOB), (1, CHARLIE)]


@pytest.mark.parametrize(
    ("weekday", "begins", "after", "expected"),
    [
        ("mon", time(9), datetime(2026, 11, 23, 13, 59, tzinfo=UTC), datetime(2026, 11, 23, 14, 0, tzinfo=UTC)),
        ("mon", time(9), datetime(2026, 11, 23, 14, 0, tzinfo=UTC), datetime(2026, 11, 30, 14, 0, tzinfo=UTC)),
        # nine on the wall is one hour later in UTC once summer time is over, and earlier when it has begun
        ("mon", time(9), datetime(2026, 10, 27, 0, 0, tzinfo=UTC), datetime(2026, 11, 2, 14, 0, tzinfo=UTC)),
        ("mon", time(9), datetime(2027, 3, 9, 0, 0, tzinfo=UTC), datetime(2027, 3, 15, 13, 0, tzinfo=UTC)),
        # half past two does not exist on 14 March 2027, and comes twice on 1 November 2026
        ("sun", time(2, 30), datetime(2027, 3, 10, 0, 0, tzinfo=UTC), datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),
        ("sun", time(1, 30), datetime(2026, 10, 28, 0, 0, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("sun", time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 8, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_shift_begins_by_the_clock_on_the_wall(
    weekday: Weekday, begins: time, after: datetime, expected: datetime
) -> None:
    assert duty.next_begin(weekday, begins, "America/New_York", after) == expected


def test_a_schedule_puts_somebody_on_duty_for_the_length_of_the_shift(session: Session) -> None:
    a_house(session, on_duty=())
    duty.set_schedule(session, HARBOR, BOB, [MORNING], SET, NOW)
    session.commit()

    live_through(session, NOW, NINE)

    assert roster.on_duty(session, HARBOR, NINE) == [BOB]
    assert roster.on_duty(session, HARBOR, NINE + timedelta(hours=4)) == []
    assert says(session, NoticeState.QUEUED) == []
    assert session.scalars(select(Timer.due_at)).all() == [NINE + timedelta(days=7)]


def test_a_schedule_can_ask_instead(session: Session) -> None:
    a_house(session, on_duty=())
    duty.set_schedule(session, HARBOR, BOB, [MORNING], ASK, NOW)
    session.commit()

    for week in range(2):
        live_through(session, NOW, NINE + timedelta(days=7 * week))
        assert says(session, NoticeState.QUEUED) == [(AlertKind.SHIFT_BEGINS, BOB)]
        arrive(session, NINE + timedelta(days=7 * week))

    assert roster.on_duty(session, HARBOR, NINE) == []


def test_somebody_who_is_on_duty_is_not_asked(session: Session) -> None:
    a_house(session, on_duty=[BOB])
    duty.set_schedule(session, HARBOR, BOB, [MORNING], ASK, NOW)
    session.commit()

    live_through(session, NOW, NINE)

    assert says(session, NoticeState.QUEUED) == []


def test_a_shift_that_is_over_when_a_worker_is_back_is_left_out(session: Session) -> None:
    a_house(session, on_duty=())
    duty.set_schedule(session, HARBOR, BOB, [MORNING, ShiftTimes("mon", time(12), time(17))], SET, NOW)
    session.commit()

    pass_time(session, NINE + timedelta(hours=6))

    entry = roster.entry(session, HARBOR, BOB)
    assert entry is not None
    assert (entry.on_duty_since, entry.on_duty_until) == (NINE + timedelta(hours=6), FIVE)
    assert sorted(session.scalars(select(Timer.due_at))) == [
        NINE + timedelta(days=7),
        NINE + timedelta(days=7, hours=3),
    ]


def test_a_shift_over_midnight_ends_on_the_next_day(session: Session) -> None:
    a_house(session, on_duty=())
    duty.set_schedule(session, HARBOR, BOB, [ShiftTimes("mon", time(22), time(6))], SET, NOW)
    session.commit()

    live_through(session, NOW, NOW + timedelta(days=1))

    entry = roster.entry(session, HARBOR, BOB)
    assert entry is not None
    assert entry.on_duty_until == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def test_a_new_week_replaces_the_old_one(session: Session) -> None:
    a_house(session)
    duty.set_schedule(session, HARBOR, BOB, [MORNING], SET, NOW)
    duty.set_schedule(session, HARBOR, BOB, [ShiftTimes("tue", time(9), time(13))], ASK, NOW)
    session.commit()

    assert [shift.weekday for shift in duty.schedule(session, HARBOR, BOB)] == ["tue"]
    assert session.scalars(select(Timer.due_at)).all() == [NINE + timedelta(days=1)]


def test_another_time_zone_moves_the_shifts(session: Session) -> None:
    a_house(session)
    duty.set_schedule(session, HARBOR, BOB, [MORNING], SET, NOW)

    sites.keep_site(session, HARBOR, "Harbor House", "America/Los_Angeles")
    duty.clocks_changed(session, HARBOR)
    session.commit()

    assert session.scalars(select(Timer.due_at)).all() == [NINE + timedelta(hours=3)]
    assert session.scalars(select(Shift.begins)).all() == [time(9)]
    assert session.scalars(select(Timer.what)).all() == [timers.SHIFT]
