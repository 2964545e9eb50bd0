"""Staying signed in: one session for one browser, one shift long, ended when nobody uses it, listed, revoked."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import sessions, sign_in_rules
from intake_service.errors import NotFound, SignInNeeded
from intake_service.sessions import SignIn
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.tables import Staff, StaffSession
from tests.intake_service.center import Center
from tests.intake_service.people import NOW

IDLE = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


def begin(session: Session, staff_id: int, *, has_second_factor: bool = False) -> SignIn:
    return sessions.begin(session, session.get_one(Staff, staff_id), NOW, has_second_factor=has_second_factor)


def test_a_session_lasts_one_shift(session: Session, center: Center) -> None:
    entered = begin(session, center.alice)
    end = NOW + sessions.LONGEST
    session.execute(update(StaffSession).values(last_seen_at=end - SECOND))  # used until the end

    assert sessions.signed_in(session, entered.token, end - SECOND)[0].id == center.alice
    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, entered.token, end)


def test_an_unused_session_ends_after_a_quarter_of_an_hour(session: Session, center: Center) -> None:
    entered = begin(session, center.alice)

    member, browser = sessions.signed_in(session, entered.token, NOW + IDLE - SECOND)
    sessions.is_seen(session, browser, NOW + IDLE - SECOND)

    assert member.id == center.alice
    sessions.signed_in(session, entered.token, NOW + IDLE)
    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, entered.token, NOW + 2 * IDLE)


def test_the_organization_decides_when_an_unused_session_ends(session: Session, center: Center) -> None:
    before = begin(session, center.alice)
    sign_in_rules.put(session, SignInRules(idle_minutes=5))
    after = begin(session, center.alice)

    later = NOW + timedelta(minutes=5)
    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, after.token, later)
    assert sessions.signed_in(session, before.token, later)[0].id == center.alice  # by the rules that it began with


@pytest.mark.parametrize(
    ("rule", "enrolling"),
    [
        (SecondFactorFor.NOBODY, set()),
        (SecondFactorFor.LEADERS, {"alice", "dana"}),
        (SecondFactorFor.EVERYBODY, {"alice", "bob", "charlie", "dana"}),
    ],
)
def test_who_needs_a_second_factor_and_has_none_is_let_no_further(
    session: Session, center: Center, rule: SecondFactorFor, enrolling: set[str]
) -> None:
    sign_in_rules.put(session, SignInRules(second_factor=rule))

    for name in ("alice", "bob", "charlie", "dana"):
        assert begin(session, getattr(center, name)).enrolling is (name in enrolling)
        assert begin(session, getattr(center, name), has_second_factor=True).enrolling is False


def test_somebody_who_left_is_signed_out_everywhere(session: Session, center: Center) -> None:
    entered = begin(session, center.alice)
    session.get_one(Staff, center.alice).active = False
    session.flush()

    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, entered.token, NOW)


def test_two_browsers_of_one_person_are_two_sessions(session: Session, center: Center) -> None:
    first, second = (begin(session, center.alice) for _ in range(2))

    sessions.sign_out(session, first.token)

    assert sessions.signed_in(session, second.token, NOW)[0].id == center.alice
    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, first.token, NOW)


def test_one_ends_ones_own_sessions_and_nobody_elses(session: Session, center: Center) -> None:
    begin(session, center.alice), begin(session, center.alice), begin(session, center.bob)
    kept, ended = sessions.of_staff(session, center.alice, NOW)
    (bobs,) = sessions.of_staff(session, center.bob, NOW)

    sessions.revoke(session, center.alice, ended.id)
    with pytest.raises(NotFound):
        sessions.revoke(session, center.alice, bobs.id)

    assert [each.id for each in sessions.of_staff(session, center.alice, NOW)] == [kept.id]
    begin(session, center.alice)
    sessions.end_all(session, center.alice, but=kept.id)
    assert [each.id for each in sessions.of_staff(session, center.alice, NOW)] == [kept.id]
    assert len(sessions.of_staff(session, center.bob, NOW)) == 1


def test_a_new_proof_gives_a_new_token_and_no_longer_life(session: Session, center: Center) -> None:
    entered = begin(session, center.alice)
    later = NOW + sessions.FRESH
    _, browser = sessions.signed_in(session, entered.token, later)
    assert sessions.is_fresh(browser, later - SECOND)
    assert not sessions.is_fresh(browser, later)

    again = sessions.prove_again(session, browser, later)

    assert again.expires_at == entered.expires_at
    assert sessions.is_fresh(sessions.signed_in(session, again.token, later)[1], later)
    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, entered.token, later)


def test_a_token_is_not_stored(session: Session, center: Center) -> None:
    entered = begin(session, center.alice)

    assert entered.token not in session.scalars(select(StaffSession.token_digest)).one()


def test_sessions_that_have_ended_are_forgotten(session: Session, center: Center) -> None:
    begin(session, center.alice)

    sessions.begin(session, session.get_one(Staff, center.bob), NOW + sessions.LONGEST)

    assert session.scalars(select(StaffSession.staff_id)).all() == [center.bob]
