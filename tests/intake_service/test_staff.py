"""Signing in and staying signed in: one session for one browser, one shift long, an hour without use."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import staff
from intake_service.errors import Conflict, InvalidRequest, SignInNeeded, WrongPassword
from intake_service.tables import Role, Staff, StaffSession
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.people import NOW


def test_a_session_lasts_one_shift(session: Session, center: Center) -> None:
    entered = staff.sign_in(session, "alice", PASSWORD, NOW)
    end = NOW + staff.LONGEST
    session.execute(update(StaffSession).values(last_seen_at=end - timedelta(seconds=1)))  # used until the end

    assert staff.signed_in(session, entered.token, end - timedelta(seconds=1))[0].id == center.alice
    with pytest.raises(SignInNeeded):
        staff.signed_in(session, entered.token, end)


def test_an_unused_session_ends_after_an_hour(session: Session, center: Center) -> None:
    entered = staff.sign_in(session, "alice", PASSWORD, NOW)

    member, browser = staff.signed_in(session, entered.token, NOW + staff.IDLE - timedelta(seconds=1))
    staff.is_seen(session, browser, NOW + staff.IDLE - timedelta(seconds=1))

    assert member.id == center.alice
    staff.signed_in(session, entered.token, NOW + staff.IDLE)
    with pytest.raises(SignInNeeded):
        staff.signed_in(session, entered.token, NOW + 2 * staff.IDLE)


def test_somebody_who_left_is_signed_out_everywhere(session: Session, center: Center) -> None:
    entered = staff.sign_in(session, "alice", PASSWORD, NOW)
    session.get_one(Staff, center.alice).active = False
    session.flush()

    with pytest.raises(SignInNeeded):
        staff.signed_in(session, entered.token, NOW)
    with pytest.raises(WrongPassword):
        staff.sign_in(session, "alice", PASSWORD, NOW)


def test_two_browsers_of_one_person_are_two_sessions(session: Session, center: Center) -> None:
    first, second = (staff.sign_in(session, "ALICE ", PASSWORD, NOW) for _ in range(2))

    staff.sign_out(session, first.token)

    assert staff.signed_in(session, second.token, NOW)[0].id == center.alice
    with pytest.raises(SignInNeeded):
        staff.signed_in(session, first.token, NOW)


def test_neither_token_nor_password_is_stored(session: Session, center: Center) -> None:
    entered = staff.sign_in(session, "alice", PASSWORD, NOW)

    stored = session.scalars(select(StaffSession.token_digest)).one()
    assert entered.token not in stored
    password_hash = session.get_one(Staff, center.alice).password_hash
    assert password_hash.startswith("$argon2id$")
    assert PASSWORD not in password_hash


def test_sessions_that_have_ended_are_forgotten(session: Session, center: Center) -> None:
    staff.sign_in(session, "alice", PASSWORD, NOW)

    staff.sign_in(session, "bob", PASSWORD, NOW + staff.LONGEST)

    assert session.scalars(select(StaffSession.staff_id)).all() == [center.bob]


@pytest.mark.parametrize(
    ("username", "name", "password", "refusal"),
    [
        ("alice", "Another", PASSWORD, Conflict),
        ("", "Nobody", PASSWORD, InvalidRequest),
        ("two words", "Two", PASSWORD, InvalidRequest),
        ("eve", "", PASSWORD, InvalidRequest),
        ("eve", "Eve\nEvil", PASSWORD, InvalidRequest),
        ("eve", "Eve", "too short", InvalidRequest),
    ],
)
def test_who_cannot_be_added(
    session: Session, center: Center, username: str, name: str, password: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        staff.add(session, username, name, Role.VOLUNTEER, [center.site], password)
