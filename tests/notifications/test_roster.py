from datetime import timedelta

from sqlalchemy.orm import Session

from notifications import roster
from tests.notifications.devices import NOW

HARBOR, LANTERN = 1, 2
ALICE, BOB, CHARLIE = 1, 2, 3


def test_designated_staff_on_duty_are_told(session: Session) -> None:
    for staff in (ALICE, BOB):
        roster.designate(session, HARBOR, staff, True)
    roster.set_duty(session, HARBOR, BOB, True, NOW)
    roster.set_duty(session, HARBOR, CHARLIE, True, NOW)

    assert roster.to_be_told(session, HARBOR) == [BOB]
    assert roster.on_duty(session, HARBOR) == [BOB, CHARLIE]


def test_with_nobody_on_duty_all_designated_are_told(session: Session) -> None:
    for staff in (ALICE, BOB):
        roster.designate(session, HARBOR, staff, True)
    roster.designate(session, LANTERN, CHARLIE, True)

    assert roster.to_be_told(session, HARBOR) == [ALICE, BOB]


def test_who_is_not_designated_any_more_is_told_nothing(session: Session) -> None:
    roster.designate(session, HARBOR, BOB, True)
    roster.designate(session, HARBOR, BOB, False)

    assert roster.to_be_told(session, HARBOR) == []


def test_beginning_duty_twice_keeps_the_first_time(session: Session) -> None:
    roster.set_duty(session, HARBOR, BOB, True, NOW)
    roster.set_duty(session, HARBOR, BOB, True, NOW + timedelta(hours=1))
    assert [entry.on_duty_since for entry in roster.of_staff(session, BOB)] == [NOW]

    roster.set_duty(session, HARBOR, BOB, False, NOW)
    assert roster.on_duty(session, HARBOR) == []
