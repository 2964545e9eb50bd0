"""The one door to WebAuthn: a passkey added, and a passkey instead of password and code.

A passkey is asked to know its person (user verification) and to name them (discoverable), so that it is enough alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from intake_service import passwords, second_factors, sessions
from intake_service.errors import Conflict, InvalidRequest, NotFound, WrongCode
from intake_service.keys import Keys
from intake_service.sign_in_tables import LONGEST_NAME, Passkey
from intake_service.tables import Staff

_MOST = 10
_NAME = "Warm Handoff"
_REFUSED = "That passkey did not work here. Try once more, or sign in another way."


@dataclass(frozen=True)
class Place:
    """Where passkeys are good: the console's public address and no other."""

    origin: str
    host: str

    @classmethod
    def of(cls, public_url: str) -> "Place":
        parts = urlsplit(public_url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")


@dataclass(frozen=True)
class Asked:
    """`options`: for the browser, as JSON. `challenge`: what its answer must hold."""

    options: Mapping[str, Any]
    challenge: str


def ask_for_new(session: Session, place: Place, member: Staff, keys: Keys) -> Asked:
    """Raises InvalidRequest when there are many already."""
    own = _of(session, member.id)
    if len(own) >= _MOST:
        raise InvalidRequest(f"There are {_MOST} passkeys already. Take one away first.")
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=_NAME,
        user_id=bytes.fromhex(keys.mac(f"passkey user {member.id}".encode())),
        user_name=member.username,
        user_display_name=member.name,
        exclude_credentials=_described(own),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return Asked(options_to_json_dict(options), bytes_to_base64url(options.challenge))


def add(
    session: Session,
    place: Place,
    member: Staff,
    credential: Mapping[str, Any],
    challenge: str,
    name: str,
    now: datetime,
) -> Passkey:
    """The browser's answer to `ask_for_new`. Raises WrongCode."""
    try:
        made = verify_registration_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise WrongCode(_REFUSED) from None
    credential_id = bytes_to_base64url(made.credential_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None:
        raise WrongCode("This passkey is here already.")
    passkey = Passkey(
        staff_id=member.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=" ".join(name.split())[:LONGEST_NAME] or "Passkey",
        added_at=now,
    )
    session.add(passkey)
    session.flush()
    sessions.has_enrolled(session, member.id)
    return passkey


def ask(session: Session, place: Place, staff_id: int | None) -> Asked:
    """For a passkey of this person; of anybody, when it is not known yet who it is."""
    options = generate_authentication_options(
        rp_id=place.host,
        allow_credentials=_described(_of(session, staff_id)) if staff_id is not None else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(options_to_json_dict(options), bytes_to_base64url(options.challenge))


def whose(session: Session, place: Place, credential: Mapping[str, Any], challenge: str, now: datetime) -> Staff:
    """Who answered `ask`. Raises WrongCode, also for who does not work here any more and for a copied passkey."""
    found = session.execute(
        select(Passkey, Staff)
        .join(Staff, Staff.id == Passkey.staff_id)
        .where(Passkey.credential_id == str(credential.get("id", "")), Staff.active)
    ).one_or_none()
    if found is None:
        raise WrongCode(_REFUSED)
    passkey: Passkey = found.Passkey
    member: Staff = found.Staff
    try:
        proved = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise WrongCode(_REFUSED) from None
    _count_up(session, passkey.id, proved.new_sign_count, now)
    return member


def remove(session: Session, member: Staff, passkey_id: int) -> str:
    """Take one's own passkey away; its name. Raises NotFound, Conflict for the only way in that is left."""
    if not passwords.has_one(member) and member.directory_subject is None and len(_of(session, member.id)) == 1:
        raise Conflict("You sign in by this passkey alone. Choose a password or add another passkey first.")
    name = session.scalar(select(Passkey.name).where(Passkey.id == passkey_id, Passkey.staff_id == member.id))
    if name is None:
        raise NotFound("That passkey is not on your list any more.")
    session.execute(delete(Passkey).where(Passkey.id == passkey_id))
    second_factors.forget_useless_codes(session, member.id)
    return name


def be_enough(session: Session, member: Staff) -> None:
    """Take the password away: a passkey alone opens from now on. What stood beside the password goes with it.

    Raises Conflict without a passkey.
    """
    if not _of(session, member.id):
        raise Conflict("Add a passkey first.")
    member.password_hash = passwords.NO_PASSWORD
    session.flush()
    second_factors.remove_all_but_passkeys(session, member.id)


def _of(session: Session, staff_id: int) -> Sequence[Passkey]:
    return session.scalars(select(Passkey).where(Passkey.staff_id == staff_id)).all()


def _described(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in passkeys]


def _count_up(session: Session, passkey_id: int, count: int, now: datetime) -> None:
    """Many passkeys always say 0. One that counts must count on, also when two answers come at once."""
    lower = or_(Passkey.sign_count < count, Passkey.sign_count == 0)
    counted = session.execute(
        update(Passkey).where(Passkey.id == passkey_id, lower).values(sign_count=count, last_used_at=now)
    )
    if cast("CursorResult[Any]", counted).rowcount != 1:
        raise WrongCode(_REFUSED)
