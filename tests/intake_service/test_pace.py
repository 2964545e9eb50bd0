"""How often somebody may ask: so many at once, so many a second, everybody for themselves."""

import pytest

from intake_service import pace
from intake_service.pace import Pace


def let_through(paced: Pace, who: str, tries: int, now: float) -> int:
    return sum(paced.wait(who, now) == 0 for _ in range(tries))


def test_so_many_at_once_and_then_as_time_goes_by() -> None:
    paced = Pace(at_once=300, per_second=5)

    assert let_through(paced, "a", 1000, now=0) == 300
    assert paced.wait("a", 0) == pytest.approx(0.2)
    assert let_through(paced, "a", 1000, now=1) == 5
    assert sum(let_through(paced, "a", 10, now=1 + second / 10) for second in range(1, 601)) == 300
    assert let_through(paced, "a", 1000, now=1000) == 300  # however long it was quiet


def test_everybody_has_their_own() -> None:
    paced = Pace(at_once=2, per_second=1)

    assert [let_through(paced, who, 9, now=0) for who in "abc"] == [2, 2, 2]


def test_who_waits_as_long_as_they_are_told_is_let_through() -> None:
    paced = Pace(at_once=3, per_second=0.7)
    now = 1e6
    for _ in range(100):
        if wait := paced.wait("a", now):
            now += wait
            assert paced.wait("a", now) == 0
    assert now > 1e6 + 60


def test_many_callers_take_no_more_memory_than_a_few_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_MOST", 10)
    paced = Pace(at_once=2, per_second=1)
    for number in range(10):
        paced.wait(number, now=0)

    assert let_through(paced, "one more", 9, now=0) + let_through(paced, "another", 9, now=0) == 2  # they share
    assert len(paced._quiet_at) == 11
    assert let_through(paced, "later", 9, now=60) == 2
    assert len(paced._quiet_at) == 1  # the quiet ones are forgotten
