"""Signed-in browsers: begun with a proof of who it is, one shift long, ended when unused, listed, revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from intake_service import sign_in_rules
from intake_service.errors import NotFound, SignInNeeded
from intake_service.tables import Staff, StaffSession

LONGEST = timedelta(hours=12)  # one shift
FRESH = timedelta(minutes=5)
"""How long a proof of who it is opens what needs one."""

_SEEN_AGAIN = timedelta(minutes=1)  # between two writes of "last seen"


@dataclass(frozen=True)
class SignIn:
    """`token` goes into the browser's cookie and is kept nowhere else. `enrolling`: a second factor is to be added."""

    token: str
    expires_at: datetime
    enrolling: bool = False


def begin(
    session: Session, member: Staff, now: datetime, *, browser: str = "", has_second_factor: bool = False
) -> SignIn:
    """The person has just proved who they are: a session by the organization's rules."""
    rules = sign_in_rules.current(session)
    enrolling = rules.need_second_factor(member) and not has_second_factor
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_digest=digest(token),
            staff_id=member.id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
            proved_at=now,
            idle_minutes=rules.idle_minutes,
            enrolling=enrolling,
            browser=browser[:80],
        )
    )
    session.flush()
    return SignIn(token, now + LONGEST, enrolling)


def signed_in(session: Session, token: str, now: datetime) -> tuple[Staff, StaffSession]:
    """Whose browser this is. Raises SignInNeeded."""
    found = session.execute(
        select(Staff, StaffSession)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(StaffSession.token_digest == digest(token), StaffSession.expires_at > now, Staff.active)
    ).one_or_none()
    if found is None or _is_idle(found.StaffSession, now):
        raise SignInNeeded("Please sign in.")
    return found.Staff, found.StaffSession


def is_seen(session: Session, browser: StaffSession, now: datetime) -> None:
    """Somebody uses this browser: keep its session from idling out. Needs a writing session."""
    session.execute(update(StaffSession).where(StaffSession.id == browser.id).values(last_seen_at=now))


def is_due(browser: StaffSession, now: datetime) -> bool:
    """Whether it is worth a write to call `is_seen`."""
    return browser.last_seen_at <= now - _SEEN_AGAIN


def is_fresh(browser: StaffSession, now: datetime) -> bool:
    """Whether the person proved who they are within the last minutes."""
    return browser.proved_at > now - FRESH


def ends_at(browser: StaffSession, last_used: datetime) -> datetime:
    """When the session is over if nobody uses it after `last_used`."""
    return min(browser.expires_at, last_used + timedelta(minutes=browser.idle_minutes))


def prove_again(session: Session, browser: StaffSession, now: datetime) -> SignIn:
    """The person has just proved who they are once more: the session goes on under a new token."""
    token = secrets.token_urlsafe(32)
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == browser.id)
        .values(token_digest=digest(token), proved_at=now, last_seen_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return SignIn(token, browser.expires_at, browser.enrolling)


def has_enrolled(session: Session, staff_id: int) -> None:
    """A second factor was added: this person's sessions open everything that is theirs."""
    session.execute(update(StaffSession).where(StaffSession.staff_id == staff_id).values(enrolling=False))


def of_staff(session: Session, staff_id: int, now: datetime) -> Sequence[StaffSession]:
    """A person's sessions that still open something, the last used first."""
    kept = session.scalars(
        select(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.expires_at > now)
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id)
    )
    return [browser for browser in kept if not _is_idle(browser, now)]


def revoke(session: Session, staff_id: int, session_id: int) -> None:
    """End one of one's own sessions. Raises NotFound for anybody else's and for one that has ended."""
    own = select(StaffSession.id).where(StaffSession.id == session_id, StaffSession.staff_id == staff_id)
    if session.scalar(own) is None:
        raise NotFound("That browser is signed out already.")
    session.execute(delete(StaffSession).where(StaffSession.id == session_id))


def end_all(session: Session, staff_id: int, *, but: int | None = None) -> None:
    """Sign a person out everywhere, or everywhere `but` in one session."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id != (but or 0)))


def sign_out(session: Session, token: str) -> None:
    """Forget a session; one that is unknown is fine."""
    session.execute(delete(StaffSession).where(StaffSession.token_digest == digest(token)))


def digest(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _is_idle(browser: StaffSession, now: datetime) -> bool:
    return browser.last_seen_at <= now - timedelta(minutes=browser.idle_minutes)
