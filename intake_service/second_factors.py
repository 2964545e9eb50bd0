"""What somebody proves beside a password: a code from an app on their phone (TOTP), or a recovery code from paper."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pyotp
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from intake_service import passwords, qr, sessions
from intake_service.errors import Conflict, InvalidRequest, WrongCode
from intake_service.sign_in_tables import CodeApp, Passkey, RecoveryCode
from intake_service.tables import Staff

RECOVERY_CODES = 10
FROM_APP, FROM_PAPER = "authenticator app", "recovery code"
"""What a code was taken from."""

_STEP = 30  # seconds (RFC 6238, section 5.2)
_DIGITS = 6
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that are taken for each other
_LENGTH = 12  # 59 bits
_SALT, _HASH = 16, 16  # bytes


@dataclass(frozen=True)
class Factors:
    """What a person has. `recovery_codes`: how many are left."""

    code_app: bool
    passkeys: Sequence[Passkey]
    recovery_codes: int

    @property
    def has_any(self) -> bool:
        return self.code_app or bool(self.passkeys)


def of_staff(session: Session, staff_id: int) -> Factors:
    app = session.get(CodeApp, staff_id)
    passkeys = session.scalars(select(Passkey).where(Passkey.staff_id == staff_id).order_by(Passkey.id)).all()
    left = select(func.count()).where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    return Factors(app is not None and app.confirmed_at is not None, passkeys, session.scalar(left) or 0)


def begin_code_app(session: Session, member: Staff, now: datetime) -> str:
    """The secret for the person's app. It counts once a code of it has come back; until then it stays the same.

    Raises Conflict while another app counts: that one is taken away first.
    """
    app = session.get(CodeApp, member.id)
    if app is not None and app.confirmed_at is not None:
        raise Conflict("There is an authenticator app already. Take it away first, then add another one.")
    if app is None:
        app = CodeApp(staff_id=member.id, secret=pyotp.random_base32(), added_at=now, last_step=0)
        session.add(app)
        session.flush()
    return app.secret


def picture(member: Staff, secret: str) -> str:
    """What the app's camera reads, as SVG."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=member.username, issuer_name="Warm Handoff")
    return qr.drawn(uri)


def confirm_code_app(session: Session, member: Staff, code: str, now: datetime) -> None:
    """The app counts from now on. Raises WrongCode."""
    app = session.get(CodeApp, member.id)
    if app is None or app.confirmed_at is not None or not is_taken(session, member, code, now):
        raise WrongCode("That code is not right. Is your phone's clock right? Type the one that is shown now.")
    app.confirmed_at = now
    session.flush()
    sessions.has_enrolled(session, member.id)


def remove_code_app(session: Session, member: Staff) -> None:
    session.execute(delete(CodeApp).where(CodeApp.staff_id == member.id))
    session.expire_all()
    forget_useless_codes(session, member.id)


def new_recovery_codes(session: Session, member: Staff) -> list[str]:
    """New codes for paper, shown now and never again; earlier ones are good for nothing any more.

    Raises InvalidRequest without a second factor that they could stand in for.
    """
    if not of_staff(session, member.id).has_any:
        raise InvalidRequest("Add an authenticator app or a passkey first.")
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == member.id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    salt = secrets.token_bytes(_SALT)
    session.add_all(RecoveryCode(staff_id=member.id, digest=_digest(salt, code)) for code in codes)
    session.flush()
    return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]


def take(session: Session, member: Staff, typed: str, now: datetime) -> str | None:
    """A code of the app or of the paper was typed; it is good no second time. What it was, in words; None: wrong."""
    typed = "".join(letter for letter in typed.lower() if letter.isalnum())
    app = session.get(CodeApp, member.id)
    if app is not None and app.confirmed_at is not None and is_taken(session, member, typed, now):
        return FROM_APP
    if len(typed) == _LENGTH and _is_used_up(session, member.id, typed, now):
        return FROM_PAPER
    return None


def is_taken(session: Session, member: Staff, code: str, now: datetime) -> bool:
    """Whether it is the code of this moment, the one before or the one after, and later than any that was taken."""
    app = session.get(CodeApp, member.id)
    if app is None or len(code) != _DIGITS or not code.isascii() or not code.isdecimal():
        return False
    totp = pyotp.TOTP(app.secret)
    here = int(now.timestamp()) // _STEP
    for step in (here, here - 1, here + 1):
        if pyotp.utils.strings_equal(totp.at(step * _STEP), code):
            swapped = session.execute(
                update(CodeApp)
                .where(CodeApp.staff_id == app.staff_id, CodeApp.last_step < step)
                .values(last_step=step)
                .execution_options(synchronize_session="fetch")
            )
            return cast("CursorResult[Any]", swapped).rowcount == 1
    return False


def remove_everything(session: Session, staff_id: int) -> None:
    """App, passkeys and recovery codes: the person begins anew."""
    remove_all_but_passkeys(session, staff_id)
    session.execute(delete(Passkey).where(Passkey.staff_id == staff_id))


def remove_all_but_passkeys(session: Session, staff_id: int) -> None:
    """What stands beside a password."""
    for kind in (CodeApp, RecoveryCode):
        session.execute(delete(kind).where(kind.staff_id == staff_id))
    session.expire_all()


def forget_useless_codes(session: Session, staff_id: int) -> None:
    """Recovery codes go with the last second factor."""
    if not of_staff(session, staff_id).has_any:
        session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))


def _is_used_up(session: Session, staff_id: int, code: str, now: datetime) -> bool:
    own = (RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    one = session.scalars(select(RecoveryCode.digest).where(*own)).first()
    if one is None:
        return False
    digest = _digest(bytes.fromhex(one)[:_SALT], code)
    used = session.execute(update(RecoveryCode).where(*own, RecoveryCode.digest == digest).values(used_at=now))
    return cast("CursorResult[Any]", used).rowcount == 1


def _digest(salt: bytes, code: str) -> str:
    """The salt, which a person's codes share so that looking for one costs one hash, and the hash."""
    return (salt + passwords.stretched(code, salt, _HASH)).hex()
