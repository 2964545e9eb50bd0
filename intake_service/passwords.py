"""Passwords: which ones are taken, how they are kept (argon2id), whether one is right."""

import secrets
from base64 import b64encode
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, hash_secret_raw

from intake_service.errors import InvalidRequest
from intake_service.tables import Staff

SHORTEST = 15  # NIST SP 800-63B rev. 4, 3.1.1.2, for a password that may stand alone; docs/decisions says why for all
LONGEST = 200
NO_PASSWORD = "!"  # noqa: S105 (no password is this)
"""What is kept for somebody who has none yet: nothing is the right one."""

_GUESSES = 10**10  # zxcvbn: safe against somebody who guesses offline at 10,000 a second, slow hash
_JUDGED = 72  # characters; the judge's time grows with the square

_hasher = PasswordHasher()


def _hash_of_nothing() -> str:
    """Made of chance alone: checking a password against it takes as long as any other and never succeeds."""
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, _hasher.hash_len))
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


_nobodys_hash = _hash_of_nothing()


def checked(password: str, about: Iterable[str] = ()) -> str:
    """The password, for keeping. `about`: words that a guesser would try first, such as one's own name.

    Raises InvalidRequest for one that is short, among those that are known from breaches, or next to them.
    """
    if len(password) < SHORTEST:
        raise InvalidRequest(f"A password has at least {SHORTEST} characters. A few words in a row are easy to keep.")
    if len(password) > LONGEST:
        raise InvalidRequest(f"A password has at most {LONGEST} characters.")
    # imported here: its word lists take a tenth of a second, and few commands need them

    # imported here: its word lists take a tenth of a second, and few commands need them
    from zxcvbn import zxcvbn  # noqa: PLC0415

    words = [part for each in (*about, "Warm Handoff", "warmhandoff") for part in (each, *each.split())]
    if zxcvbn(password[:_JUDGED], user_inputs=words)["guesses"] < _GUESSES:
        raise InvalidRequest(
            "This password is one of those that are tried first: common, from a breach, or close to one. "
            "Take a few words that do not belong together."
        )
    return password


def hashed(password: str) -> str:
    return _hasher.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """One verification, which takes as long for a person who does not exist (None) or has no password."""
    try:
        return _hasher.verify(_nobodys_hash if kept in {None, NO_PASSWORD} else str(kept), password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError):
        return False


def stretched(secret: str, salt: bytes, size: int) -> bytes:
    """A shorter secret than a token's 256 bits, for keeping: as dear to guess as a password (argon2id)."""
    return hash_secret_raw(
        secret.encode(), salt, _hasher.time_cost, _hasher.memory_cost, _hasher.parallelism, size, _hasher.type
    )


def has_one(member: Staff) -> bool:
    return member.password_hash != NO_PASSWORD


def is_outdated(kept: str) -> bool:
    """Kept by an older rule: worth keeping anew when it has just been typed."""
    return _hasher.check_needs_rehash(kept)
