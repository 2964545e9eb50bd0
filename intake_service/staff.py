"""Who works here: added, found again, at which sites. How they sign in is in sign_in.py."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import passwords
from intake_service.errors import Conflict, InvalidRequest, NotFound
from intake_service.tables import Role, Site, Staff
from intake_service.telling import tell_staff

_CARRY_A_CASELOAD = {Role.PEER_SPECIALIST, Role.VOLUNTEER}
_MAY_ASSIGN = {Role.ADMINISTRATOR, Role.SUPERVISOR}


def add(
    session: Session,
    username: str,
    name: str,
    role: Role,
    sites: Sequence[Site],
    password: str | None = None,
    languages: Sequence[str] = ("en",),
) -> Staff:
    """A new staff member. Without a password they cannot sign in until they take up an invitation.

    Raises InvalidRequest, Conflict when the username is taken.
    """
    username, name = username.strip().lower(), name.strip()
    if not username.isprintable() or not 0 < len(username) <= 120 or " " in username:
        raise InvalidRequest("A username is one word, such as an e-mail address.")
    if not name.isprintable() or not 0 < len(name) <= 120:
        raise InvalidRequest("A name is one line of 1 to 120 characters.")
    kept = passwords.NO_PASSWORD
    if password is not None:
        kept = passwords.hashed(passwords.checked(password, (username, name, *(site.name for site in sites))))
    if session.scalar(select(Staff.id).where(Staff.username == username)) is not None:
        raise Conflict("There is a staff member with this username already.")
    member = Staff(
        username=username,
        name=name,
        role=role,
        password_hash=kept,
        caseload_eligible=role in _CARRY_A_CASELOAD,
        languages=list(languages),
        sites=list(sites),
    )
    session.add(member)
    session.flush()
    tell_staff(session, member)
    return member


def state(member: Staff) -> dict[str, Any]:
    """What an audit entry says of a staff member before and after a change."""
    columns = (
        "username",
        "name",
        "role",
        "active",
        "caseload_eligible",
        "capacity",
        "languages",
        "gender",
        "strengths",
    )
    return {**{name: getattr(member, name) for name in columns}, "sites": [site.id for site in member.sites]}


def named(session: Session, username: str) -> Staff:
    """The staff member with this username. Raises NotFound."""
    member = session.scalar(select(Staff).where(Staff.username == username.strip().lower()))
    if member is None:
        raise NotFound("There is no staff member with this username. See: staff list")
    return member


def every(session: Session) -> list[Staff]:
    return list(session.scalars(select(Staff).order_by(Staff.username)))


def sites_of(session: Session, member: Staff) -> list[Site]:
    """Every site for an administrator, else one's own."""
    if member.role == Role.ADMINISTRATOR:
        return list(session.scalars(select(Site).order_by(Site.name)))
    return list(member.sites)


def may_assign(member: Staff) -> bool:
    return member.role in _MAY_ASSIGN
