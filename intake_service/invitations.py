"""One-time links: an invitation for somebody new, a reset for who cannot sign in. An administrator's to make."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.orm import Session, joinedload

from intake_service import audit, passwords, rights, second_factors, sessions, sign_in, staff
from intake_service.audit import Act
from intake_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from intake_service.sessions import digest
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import LinkPurpose, OneTimeLink, Passkey
from intake_service.tables import Role, Site, Staff
from notifications import subscriptions

VALID = timedelta(days=7)
PATH = "/invitation"
_OVER = "This link does not work any more: it was used, is too old, or a newer one was made. Ask an administrator."


@dataclass(frozen=True)
class NewLink:
    """`token` is in the link and is kept nowhere."""

    token: str
    staff: Staff
    expires_at: datetime

    def address(self, public_url: str) -> str:
        """What is handed over. The token is in the query, which our logs leave out."""
        return f"{public_url.rstrip('/')}{PATH}?link={self.token}"


def invite(
    session: Session,
    username: str,
    name: str,
    role: Role,
    sites: Sequence[Site],
    languages: Sequence[str],
    now: datetime,
    by: Staff | None = None,
) -> NewLink:
    """A new staff member, who chooses a password themselves. `by`: None for the command line.

    Raises NotAllowed, InvalidRequest, Conflict when the username is taken.
    """
    _require_administrator(by)
    if role != Role.ADMINISTRATOR and not sites:
        raise InvalidRequest("Choose at least one site. Only an administrator works at every site.")
    member = staff.add(session, username, name, role, sites, None, languages)
    audit.record(session, Act.STAFF_ADDED, now, by=by, to=member, after=staff.state(member))
    happened(session, AtTheDoor.INVITED, now, member, by)
    return _new(session, member, LinkPurpose.INVITATION, now, by)


def invite_again(session: Session, staff_id: int, now: datetime, by: Staff | None = None) -> NewLink:
    """A new link for who has not taken theirs up; the old one is void. Raises NotAllowed, NotFound, Conflict."""
    _require_administrator(by)
    member = _working(session, staff_id)
    if member.id not in newcomers(session):
        raise Conflict(f"{member.name} has signed in already. Reset their sign-in instead.")
    happened(session, AtTheDoor.INVITED, now, member, by)
    return _new(session, member, LinkPurpose.INVITATION, now, by)


def reset(
    session: Session, staff_id: int, now: datetime, by: Staff | None = None, *, clear_second_factor: bool = False
) -> NewLink:
    """The person is signed out everywhere and their password is void; the link lets them choose another one.

    `clear_second_factor`: their phone is lost, and with it the app, passkeys, recovery codes and where alerts go.
    Raises NotAllowed, also for one's own, and NotFound.
    """
    _require_administrator(by)
    member = _working(session, staff_id)
    if by is not None and by.id == member.id:
        raise NotAllowed("Change your own password on your account page. Another administrator can reset your sign-in.")
    member.password_hash = passwords.NO_PASSWORD
    sessions.end_all(session, member.id)
    sign_in.forget_browsers(session, member.id)
    if clear_second_factor:
        second_factors.remove_everything(session, member.id)
        subscriptions.remove_all(session, member.id)
    happened(session, AtTheDoor.RESET, now, member, by, "with second factors" if clear_second_factor else "")
    return _new(session, member, LinkPurpose.RESET, now, by)


def opened(session: Session, token: str, now: datetime) -> OneTimeLink:
    """Whose link this is; looking uses nothing up. Raises NotFound."""
    link = session.scalar(
        select(OneTimeLink).where(OneTimeLink.digest == digest(token)).options(joinedload(OneTimeLink.staff))
    )
    if link is None or link.used_at is not None or link.expires_at <= now or not link.staff.active:
        raise NotFound(_OVER)
    return link


def take_up(session: Session, token: str, password: str, now: datetime) -> Staff:
    """The person has chosen a password; the link is used up. Raises NotFound, InvalidRequest for the password."""
    link = opened(session, token, now)
    member = link.staff
    kept = passwords.hashed(
        passwords.checked(password, (member.username, member.name, *(site.name for site in member.sites)))
    )
    used = session.execute(
        update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None)).values(used_at=now)
    )
    if cast("CursorResult[Any]", used).rowcount != 1:
        raise NotFound(_OVER)
    member.password_hash = kept
    sessions.end_all(session, member.id)
    session.flush()
    happened(session, AtTheDoor.LINK_USED, now, member, how=link.purpose)
    return member


def newcomers(session: Session) -> set[int]:
    """Who has no way in yet, or has been given a new start that they have not taken up."""
    has_passkey = exists().where(Passkey.staff_id == Staff.id)
    without = select(Staff.id).where(
        Staff.password_hash == passwords.NO_PASSWORD, Staff.directory_subject.is_(None), ~has_passkey
    )
    return set(session.scalars(without))


def open_for(session: Session, now: datetime) -> dict[int, OneTimeLink]:
    """The links that can still be used, by staff member."""
    links = session.scalars(select(OneTimeLink).where(OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now))
    return {link.staff_id: link for link in links}


def void(session: Session, staff_id: int) -> None:
    """No link of this person's works any more."""
    session.execute(delete(OneTimeLink).where(OneTimeLink.staff_id == staff_id, OneTimeLink.used_at.is_(None)))


def _new(session: Session, member: Staff, purpose: LinkPurpose, now: datetime, by: Staff | None) -> NewLink:
    void(session, member.id)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            staff_id=member.id,
            purpose=purpose,
            digest=digest(token),
            made_by=by.id if by else None,
            made_at=now,
            expires_at=now + VALID,
        )
    )
    session.flush()
    return NewLink(token, member, now + VALID)


def _require_administrator(by: Staff | None) -> None:
    if by is not None:
        rights.require_every_policy(by)


def _working(session: Session, staff_id: int) -> Staff:
    member = session.get(Staff, staff_id)
    if member is None or not member.active:
        raise NotFound("There is no such staff member.")
    return member
