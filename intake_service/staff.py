"""Who works here: added, signed in with a password, allowed what their role allows at their sites."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from intake_service.errors import Conflict, InvalidRequest, NotFound, SignInNeeded, WrongPassword
from intake_service.tables import Role, Site, Staff, StaffSession
from intake_service.telling import tell_staff

SHORTEST_PASSWORD = 12  # NIST SP 800-63B rev. 4 asks for 15 alone, 8 beside a second factor; passkeys are to come
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)  # one shift
_SEEN_AGAIN = timedelta(minutes=1)  # between two writes of "last seen"
_CARRY_A_CASELOAD = {Role.PEER_SPECIALIST, Role.VOLUNTEER}
_MAY_ASSIGN = {Role.ADMINISTRATOR, Role.SUPERVISOR}

_hasher = PasswordHasher()
_nobodys_hash = _hasher.hash(secrets.token_hex())


@dataclass(frozen=True)
class SignIn:
    """`token` goes into the browser's cookie and is kept nowhere else."""

    token: str
    expires_at: datetime


def add(
    session: Session,
    username: str,
    name: str,
    role: Role,
    sites: Sequence[Site],
    password: str,
    languages: Sequence[str] = ("en",),
) -> Staff:
    """A new staff member. Raises InvalidRequest, Conflict when the username is taken."""
    username, name = username.strip().lower(), name.strip()
    if not username.isprintable() or not 0 < len(username) <= 120 or " " in username:
        raise InvalidRequest("A username is one word, such as an e-mail address.")
    if not name.isprintable() or not 0 < len(name) <= 120:
        raise InvalidRequest("A name is one line of 1 to 120 characters.")
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidRequest(f"A password has at least {SHORTEST_PASSWORD} characters; a few words are best.")
    if session.scalar(select(Staff.id).where(Staff.username == username)) is not None:
        raise Conflict("There is a staff member with this username already.")
    member = Staff(
        username=username,
        name=name,
        role=role,
        password_hash=_hasher.hash(password),
        caseload_eligible=role in _CARRY_A_CASELOAD,
        languages=list(languages),
        sites=list(sites),
    )
    session.add(member)
    session.flush()
    tell_staff(session, member)
    return member


def named(session: Session, username: str) -> Staff:
    """The staff member with this username. Raises NotFound."""
    member = session.scalar(select(Staff).where(Staff.username == username.strip().lower()))
    if member is None:
        raise NotFound("There is no staff member with this username. See: staff list")
    return member


def every(session: Session) -> list[Staff]:
    return list(session.scalars(select(Staff).order_by(Staff.username)))


def sign_in(session: Session, username: str, password: str, now: datetime) -> SignIn:
    """A new session for the right password. Raises WrongPassword, the same and as late for an unknown username."""
    member = session.scalar(select(Staff).where(Staff.username == username.strip().lower(), Staff.active))
    try:
        _hasher.verify(member.password_hash if member else _nobodys_hash, password)
    except VerifyMismatchError:
        member = None
    if member is None:
        raise WrongPassword("The username or the password is not right. Try again, or ask an administrator.")
    if _hasher.check_needs_rehash(member.password_hash):
        member.password_hash = _hasher.hash(password)
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_digest=_digest(token),
            staff_id=member.id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    return SignIn(token, now + LONGEST)


def signed_in(session: Session, token: str, now: datetime) -> tuple[Staff, StaffSession]:
    """Whose browser this is. Raises SignInNeeded."""
    found = session.execute(
        select(Staff, StaffSession)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(StaffSession.token_digest == _digest(token), StaffSession.expires_at > now, Staff.active)
    ).one_or_none()
    if found is None or found.StaffSession.last_seen_at <= now - IDLE:
        raise SignInNeeded("Please sign in.")
    return found.Staff, found.StaffSession


def is_seen(session: Session, browser: StaffSession, now: datetime) -> None:
    """Somebody uses this browser: keep its session from idling out. Needs a writing session."""
    this = StaffSession.token_digest == browser.token_digest
    session.execute(update(StaffSession).where(this).values(last_seen_at=now))


def is_due(browser: StaffSession, now: datetime) -> bool:
    """Whether it is worth a write to call `is_seen`."""
    return browser.last_seen_at <= now - _SEEN_AGAIN


def sign_out(session: Session, token: str) -> None:
    """Forget a session; one that is unknown is fine."""
    session.execute(delete(StaffSession).where(StaffSession.token_digest == _digest(token)))


def sites_of(session: Session, member: Staff) -> list[Site]:
    """Every site for an administrator, else one's own."""
    if member.role == Role.ADMINISTRATOR:
        return list(session.scalars(select(Site).order_by(Site.name)))
    return list(member.sites)


def may_assign(member: Staff) -> bool:
    return member.role in _MAY_ASSIGN


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
