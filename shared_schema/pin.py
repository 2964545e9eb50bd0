"""The PIN of the kiosk's staff corner, kept only as a slow hash: a disk or a database shows it to nobody."""

import base64
import hashlib
import hmac
import secrets
from binascii import Error as Base64Error

DIGITS = range(4, 9)
"""How many digits a PIN may have."""

_COST, _BLOCK, _LANES = 2**14, 8, 1  # 16 MiB and about 50 ms a try (RFC 7914, section 2)


def hashed(pin: str) -> str:
    """What is kept of a PIN. Raises ValueError with a sentence for whoever chooses it."""
    if not (pin.isascii() and pin.isdecimal() and len(pin) in DIGITS):
        raise ValueError(f"A PIN has {DIGITS[0]} to {DIGITS[-1]} digits.")
    salt = secrets.token_bytes(16)
    return f"scrypt:{_text(salt)}:{_text(_slow(pin, salt))}"


def fits(pin: str, kept: str) -> bool:
    """Whether this is the PIN. False for anything that is not a hash of ours."""
    try:
        scheme, salt, expected = kept.split(":")
        found = _slow(pin, base64.b64decode(salt, validate=True))
        return scheme == "scrypt" and hmac.compare_digest(found, base64.b64decode(expected, validate=True))
    except (ValueError, Base64Error):
        return False


def _slow(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
