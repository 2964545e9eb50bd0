"""A site's escalation policy, as data: who is told, after how long, by what, until when. No clock, no database."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from notifications.tables import ChannelKind
from shared_schema.hours import WEEKDAYS, Weekday
from shared_schema.intake import Frozen

_MOST_STEPS = 8
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Audience(StrEnum):
    """Whom a step tells. `supervisors` and `administrators` are those of the site, on duty or not."""

    ON_DUTY = "on_duty"
    DESIGNATED = "designated"
    SUPERVISORS = "supervisors"
    ADMINISTRATORS = "administrators"


class Step(Frozen):
    """`after`: minutes from the beginning. Somebody with none of these channels is told by what they have."""

    after: Annotated[int, Field(ge=0, le=24 * 60)]
    who: Annotated[tuple[Audience, ...], Field(min_length=1)]
    channels: Annotated[tuple[ChannelKind, ...], Field(min_length=1)] = (ChannelKind.WEB_PUSH,)


class Quiet(Frozen):
    """Hours of the site's clock in which only what is urgent is told. Ending before it begins: over midnight."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    begins: time
    ends: time
    spares_urgent: bool = True

    def ends_after(self, now: datetime, time_zone: str) -> datetime | None:
        """When the quiet that `now` (aware) is in ends; None when it is not quiet."""
        local = now.astimezone(ZoneInfo(time_zone))
        for offset in (-1, 0):
            day = (local + timedelta(days=offset)).date()
            if WEEKDAYS[day.weekday()] not in self.days:
                continue
            last = day + timedelta(days=1) if self.ends <= self.begins else day
            begins = datetime.combine(day, self.begins, local.tzinfo)
            ends = datetime.combine(last, self.ends, local.tzinfo)
            if begins <= local < ends:
                return ends
        return None


class Policy(Frozen):
    """Times are minutes. After the last step it is repeated; then a banner says that nobody came, until somebody does.

    `comes_back_after`: acknowledged, but neither assigned nor closed: told again to the one who acknowledged;
    `goes_on_after` that without an effect, the next step is told.
    """

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=_MOST_STEPS)] = (
        Step(after=0, who=(Audience.ON_DUTY,)),
        Step(after=3, who=(Audience.DESIGNATED,)),
        Step(after=6, who=(Audience.SUPERVISORS,)),
        Step(after=10, who=(Audience.ADMINISTRATORS,), channels=tuple(ChannelKind)),
    )
    repeat_every: Minutes = 10
    repeats: Annotated[int, Field(ge=0, le=20)] = 5
    comes_back_after: Minutes = 15
    goes_on_after: Minutes = 5
    quiet: Quiet | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Policy":
        times = [step.after for step in self.steps]
        if times[0] != 0 or any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("the first step is at once, and each one later than the one before")
        return self

    @property
    def last(self) -> int:
        """The number of the last repetition."""
        return len(self.steps) - 1 + self.repeats

    def due(self, number: int) -> timedelta:
        """When the step or repetition of this number is told, from the beginning; also for the one after the last."""
        beyond = max(0, number - len(self.steps) + 1)
        return timedelta(minutes=self.step(number).after + beyond * self.repeat_every)

    def step(self, number: int) -> Step:
        return self.steps[min(number, len(self.steps) - 1)]

    def at(self, elapsed: timedelta) -> int:
        """The number of the step that is due by then, the last one at most."""
        return max((number for number in range(self.last + 1) if self.due(number) <= elapsed), default=0)
