"""When a site is open: weekly hours in the site's own time zone."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from shared_schema.intake import Frozen

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("a time zone is named like America/New_York")
    return zone


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known)]


class Span(Frozen):
    """Open from `opens` until just before `closes`, on one day. Midnight as `closes` is written 23:59."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _forward(self) -> "Span":
        if self.opens >= self.closes:
            raise ValueError("a site closes after it opens; hours past midnight are two spans on two days")
        return self


class Hours(Frozen):
    """`spans` by weekday, in order and apart; a day without any is closed. No days at all: always open."""

    time_zone: TimeZone = "UTC"
    spans: dict[Weekday, tuple[Span, ...]] = {}

    @model_validator(mode="after")
    def _apart(self) -> "Hours":
        for spans in self.spans.values():
            if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
                raise ValueError("the hours of a day overlap or are out of order")
        return self

    def is_open(self, now: datetime) -> bool:
        """`now`: aware."""
        return not any(self.spans.values()) or self.closes_at(now) is not None

    def closes_at(self, now: datetime) -> datetime | None:
        """The end of the span that `now` (aware) is in, as an aware time of the site; None when closed or always open.

        A span that the next one continues at once ends with that one, also over midnight (23:59).
        """
        local = now.astimezone(ZoneInfo(self.time_zone))
        for opens, closes in self._around(local):
            if opens <= local < closes:
                return closes
        return None

    def opens_next(self, now: datetime) -> datetime | None:
        """When it opens after `now` (aware); None when it is open, or never closes."""
        if self.is_open(now):
            return None
        local = now.astimezone(ZoneInfo(self.time_zone))
        return next((opens for opens, _ in self._around(local) if opens > local), None)

    def _around(self, local: datetime) -> list[tuple[datetime, datetime]]:
        """The spans from yesterday until this day next week, those without a gap between them joined."""
        joined: list[tuple[datetime, datetime]] = []
        for offset in range(-1, 8):
            day = (local + timedelta(days=offset)).date()
            for span in self.spans.get(WEEKDAYS[day.weekday()], ()):
                opens, closes = (datetime.combine(day, at, local.tzinfo) for at in (span.opens, span.closes))
                if span.closes == time(23, 59):
                    closes += timedelta(minutes=1)
                if joined and joined[-1][1] == opens:
                    joined[-1] = joined[-1][0], closes
                else:
                    joined.append((opens, closes))
        return joined
