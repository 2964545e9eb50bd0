"""Opening hours: weekly, in the site's own time."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from shared_schema.hours import Hours, Span

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = Hours(
    time_zone="America/New_York",
    spans={"mon": (Span(opens=time(9), closes=time(12)), Span(opens=time(13), closes=time(17)))},
)


def monday(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=NEW_YORK)


def test_a_site_is_open_within_its_spans_and_closed_between_them() -> None:
    assert [OFFICE.is_open(monday(hour)) for hour in (8, 9, 11, 12, 13, 17)] == [False, True, True, False, True, False]


def test_hours_are_the_sites_and_not_the_servers() -> None:
    assert OFFICE.is_open(datetime(2026, 11, 23, 14, 30, tzinfo=UTC))
    assert not OFFICE.is_open(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


def test_it_says_when_it_closes_and_when_it_opens_next() -> None:
    assert OFFICE.closes_at(monday(10)) == monday(12)
    assert OFFICE.opens_next(monday(12, 30)) == monday(13)
    assert OFFICE.opens_next(monday(18)) == datetime(2026, 11, 30, 9, tzinfo=NEW_YORK)
    assert OFFICE.closes_at(monday(18)) is None


def test_a_site_without_hours_is_always_open() -> None:
    assert Hours().is_open(monday(3))
    assert Hours().closes_at(monday(3)) is None
    assert Hours().opens_next(monday(3)) is None


def test_a_night_goes_on_over_midnight() -> None:
    evening, morning = Span(opens=time(20), closes=time(23, 59)), Span(opens=time(0), closes=time(2))
    night = Hours(time_zone="America/New_York", spans={"mon": (evening,), "tue": (morning,)})

    assert night.closes_at(monday(21)) == datetime(2026, 11, 24, 2, tzinfo=NEW_YORK)
    assert night.is_open(datetime(2026, 11, 24, 1, tzinfo=NEW_YORK))
    assert night.is_open(monday(23, 59))


def test_opening_times_stay_on_the_clock_when_the_clocks_change() -> None:
    sunday = Hours(time_zone="America/New_York", spans={"sun": (Span(opens=time(9), closes=time(10)),)})

    before, after = datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)

    opens = [sunday.opens_next(day) for day in (before, after)]
    assert [each and each.astimezone(UTC).hour for each in opens] == [14, 14]
    assert sunday.opens_next(datetime(2026, 10, 20, tzinfo=UTC)) == datetime(2026, 10, 25, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "spans",
    [
        {"mon": [{"opens": "17:00", "closes": "09:00"}]},
        {"mon": [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]},
        {"monday": []},
    ],
)
def test_hours_that_make_no_sense_are_refused(spans: object) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({"spans": spans})


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="America/New_York"):
        Hours(time_zone="Mars/Olympus")
