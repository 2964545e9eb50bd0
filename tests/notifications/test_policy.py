from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import ValidationError

from notifications.policy import Audience, Policy, Quiet, Step
from shared_schema.hours import WEEKDAYS


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def test_the_default_is_the_one_of_the_manual() -> None:
    steps = [(step.after, *step.who, len(step.channels)) for step in Policy().steps]

    assert steps == [(0, "on_duty", 1), (3, "designated", 1), (6, "supervisors", 1), (10, "administrators", 4)]


def test_the_last_step_is_repeated_and_then_it_ends() -> None:
    policy = Policy()

    assert [policy.due(number) for number in range(5)] == [minutes(each) for each in (0, 3, 6, 10, 20)]
    assert policy.last == 8
    assert policy.due(policy.last + 1) == minutes(70)
    assert policy.step(8).who == (Audience.ADMINISTRATORS,)


@pytest.mark.parametrize(("elapsed", "number"), [(0, 0), (2, 0), (3, 1), (9, 2), (19, 3), (20, 4), (60, 8), (6000, 8)])
def test_the_step_of_a_moment_is_the_latest_that_is_due(elapsed: int, number: int) -> None:
    assert Policy().at(minutes(elapsed)) == number


@pytest.mark.parametrize("times", [(1, 3), (0, 3, 3), (0, 6, 3)])
def test_steps_out_of_order_are_refused(times: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="at once"):
        Policy(steps=tuple(Step(after=after, who=(Audience.ON_DUTY,)) for after in times))


def test_quiet_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    quiet = Quiet(days=("fri",), begins=time(22), ends=time(7))
    friday_evening = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)  # 22:30 in New York
    saturday_morning = datetime(2026, 11, 28, 11, 59, tzinfo=UTC)
    end = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

    assert quiet.ends_after(friday_evening, "America/New_York") == end
    assert quiet.ends_after(saturday_morning, "America/New_York") == end
    assert quiet.ends_after(end, "America/New_York") is None
    assert quiet.ends_after(friday_evening - timedelta(days=1), "America/New_York") is None


def test_quiet_that_the_clocks_change_in_ends_by_the_clock_on_the_wall() -> None:
    quiet = Quiet(days=WEEKDAYS, begins=time(22), ends=time(7))
    night_of_the_change = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # the night in which New York's clocks go back

    assert quiet.ends_after(night_of_the_change, "America/New_York") == datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
