"""Who can be added, and with which password."""

import pytest
from sqlalchemy.orm import Session

from intake_service import passwords, staff
from intake_service.errors import Conflict, InvalidRequest
from intake_service.tables import Role, Staff
from tests.intake_service.center import PASSWORD, Center


@pytest.mark.parametrize(
    ("username", "name", "password", "refusal"),
    [
        ("alice", "Another", PASSWORD, Conflict),
        ("", "Nobody", PASSWORD, InvalidRequest),
        ("two words", "Two", PASSWORD, InvalidRequest),
        ("eve", "", PASSWORD, InvalidRequest),
        ("eve", "Eve\nEvil", PASSWORD, InvalidRequest),
        ("eve", "Eve", "too short", InvalidRequest),
        ("evelina.example", "Eve", "evelina.example1", InvalidRequest),
        ("eve", "Eve", "Harbor House 2026", InvalidRequest),
    ],
)
def test_who_cannot_be_added(
    session: Session, center: Center, username: str, name: str, password: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        staff.add(session, username, name, Role.VOLUNTEER, [center.site], password)


def test_a_password_is_kept_as_argon2id(session: Session, center: Center) -> None:
    kept = session.get_one(Staff, center.alice).password_hash

    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert passwords.is_right(kept, PASSWORD)
    assert not passwords.is_right(kept, PASSWORD.upper())


@pytest.mark.parametrize(
    "password", ["one day at a time", "a bridge under blue snow", "nine    blanks    here", "пять слов подряд здесь"]
)
def test_any_letters_make_a_password_when_there_are_enough(password: str) -> None:
    assert passwords.checked(password) == password


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "123456789987654321",
        "1qaz2wsx3edc4rfv",
        "passwordpassword",
        "iloveyouiloveyou",
        "aaaaaaaaaaaaaaaaaaaa",
        "qwertyuiopasdfgh",
        "warmhandoff2026",
        "a" * 201,
    ],
)
def test_short_breached_and_near_ones_are_refused(password: str) -> None:
    with pytest.raises(InvalidRequest):
        passwords.checked(password)


def test_nobody_has_a_password_that_was_never_chosen(session: Session, center: Center) -> None:
    invited = staff.add(session, "eve", "Eve", Role.VOLUNTEER, [center.site])

    assert not passwords.is_right(invited.password_hash, passwords.NO_PASSWORD)
    assert not passwords.is_right(None, "")
