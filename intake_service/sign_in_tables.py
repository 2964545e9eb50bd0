"""What signing in keeps beside sessions: second factors, links, wrong tries. No secret as it is typed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from intake_service.tables import Staff, one_of
from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText

LONGEST_NAME = 80


class Organization(Base):
    """The one whose database this is: a single row, or none while it goes by the defaults. See sign_in_rules.py."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    sign_in_rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Purpose(StrEnum):
    """What somebody at the door is in the middle of."""

    SECOND_FACTOR = "second factor"
    PASSKEY = "passkey"
    NEW_PASSKEY = "new passkey"
    DIRECTORY = "directory"


class SignInStep(Base):
    """Between two steps at the door, a few minutes long and good once. The browser holds the token, as a cookie.

    `staff_id`: who has given the right password, or adds a passkey. `data`: a challenge, a verifier, where to go on to.
    """

    __tablename__ = "sign_in_step"
    __table_args__ = (one_of("purpose", Purpose),)

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    data: Mapped[dict[str, str]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class KnownBrowser(Base):
    """A browser in which this person has signed in before: a guesser elsewhere cannot slow it down."""

    __tablename__ = "known_browser"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    browser_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WrongTry(Base):
    """How often somebody was wrong lately, and when the next is taken. `who`: a keyed digest; see wrong_tries.py."""

    __tablename__ = "wrong_try"

    who: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    allowed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CodeApp(Base):
    """The secret that a person's authenticator app shares with us (TOTP, RFC 6238). It counts once it is confirmed.

    `last_step`: the time step of the last code that was taken; none is taken twice.
    """

    __tablename__ = "code_app"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(EncryptedText("code_app.secret"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class Passkey(Base):
    """A WebAuthn credential: the public half of a key that never leaves the person's device or its keychain."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """base64url; 1023 bytes at most (WebAuthn, 6.1)."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One of the codes on paper that stand in for a lost phone, each once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    """Salt and argon2id hash; see second_factors.py."""
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkPurpose(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


class OneTimeLink(Base):
    """Whoever opens it in time sets the password of `staff_id`. `made_by` is None for the command line."""

    __tablename__ = "one_time_link"
    __table_args__ = (one_of("purpose", LinkPurpose),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
