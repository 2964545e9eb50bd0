from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from notifications import roster, sites
from notifications.policy import Audience
from tests.notifications.devices import NOW

HARBOR, LANTERN = 1, 2
ALICE, BOB, CHARLIE = 1, 2, 3


def told(session: Session, *who: Audience) -> list[int]:
    return roster.audience(session, HARBOR, who, NOW)


def test_designated_staff_on_duty_are_told(session: Session) -> None:
    for staff in (ALICE, BOB):
        roster.designate(session, HARBOR, staff, True)
    roster.set_duty(session, HARBOR, BOB, True, NOW)
    roster.set_duty(session, HARBOR, CHARLIE, True, NOW)

    assert told(session, Audience.ON_DUTY) == [BOB]
    assert told(session, Audience.DESIGNATED) == [ALICE, BOB]
    assert roster.on_duty(session, HARBOR, NOW) == [BOB, CHARLIE]


def test_who_is_not_designated_any_more_is_told_nothing(session: Session) -> None:
    roster.designate(session, HARBOR, BOB, True)
    roster.designate(session, LANTERN, BOB, True)
    roster.designate(session, HARBOR, BOB, False)

    assert told(session, Audience.DESIGNATED) == []


def test_a_role_puts_people_in_a_step_and_an_administrator_may_decide_otherwise(session: Session) -> None:
    sites.keep_staff(session, ALICE, "en", {HARBOR: Audience.SUPERVISORS})
    sites.keep_staff(session, BOB, "en", {HARBOR: ""})
    assert told(session, Audience.SUPERVISORS) == [ALICE]

    roster.put_in_step(session, HARBOR, ALICE, "")
    roster.put_in_step(session, HARBOR, BOB, Audience.SUPERVISORS)
    assert told(session, Audience.SUPERVISORS) == [BOB]

    roster.put_in_step(session, HARBOR, ALICE, None)
    assert told(session, Audience.SUPERVISORS, Audience.ADMINISTRATORS) == [ALICE, BOB]
    with pytest.raises(ValueError, match="no such step"):
        roster.put_in_step(session, HARBOR, BOB, "everybody")


def test_somebody_who_left_a_site_is_told_nothing_of_it(session: Session) -> None:
    sites.keep_staff(session, BOB, "en", {HARBOR: Audience.SUPERVISORS, LANTERN: ""})
    roster.designate(session, HARBOR, BOB, True)
    roster.set_duty(session, HARBOR, BOB, True, NOW)

    sites.keep_staff(session, BOB, "en", {LANTERN: ""})

    assert told(session, *Audience) == []


def test_beginning_duty_twice_keeps_the_first_time(session: Session) -> None:
    assert roster.set_duty(session, HARBOR, BOB, True, NOW)
    assert not roster.set_duty(session, HARBOR, BOB, True, NOW + timedelta(hours=1))
    assert [entry.on_duty_since for entry in roster.of_staff(session, BOB)] == [NOW]

    roster.set_duty(session, HARBOR, BOB, False, NOW)
    assert roster.on_duty(session, HARBOR, NOW) == []


def test_duty_ends_by_itself(session: Session) -> None:
    roster.designate(session, HARBOR, BOB, True)
    until = NOW + timedelta(hours=8)
    roster.set_duty(session, HARBOR, BOB, True, NOW, until)

    assert roster.audience(session, HARBOR, [Audience.ON_DUTY], until - timedelta(seconds=1)) == [BOB]
    assert roster.audience(session, HARBOR, [Audience.ON_DUTY], until) == []
    assert roster.set_duty(session, HARBOR, BOB, True, until)  # a new duty, since the first one had ended
