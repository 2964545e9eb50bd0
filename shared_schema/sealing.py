"""Seal an intake so that only the service can read it: HPKE (RFC 9180) with the hybrid KEM ML-KEM-768 + X25519.

The hybrid keeps records closed even if one of the two parts is broken some day; they must stay closed for decades.
"""

import base64
import hashlib
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from shared_schema.intake import Envelope
from shared_schema.kiosk_api import ServiceKey

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_SEED = 64  # FIPS 203: d || z
_MLKEM_PUBLIC = 1184  # FIPS 203, ML-KEM-768 encapsulation key
_X25519 = 32
_PADDING = 1024  # all usual intakes look equally long from outside


class SealingError(Exception):
    """What was sealed cannot be opened here, or a key is not one. Says nothing of the content."""


class UnknownKey(SealingError):
    """Sealed to a key that is not in the key ring."""


@dataclass(frozen=True)
class OpeningKey:
    """The service's private key. `raw` (96 bytes: ML-KEM seed, X25519) is what is kept on disk, and is never shown."""

    raw: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "OpeningKey":
        return cls(MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw())

    def public(self) -> ServiceKey:
        """The half that kiosks get."""
        mlkem, x25519 = self._halves()
        raw = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return ServiceKey(key_id=hashlib.sha256(raw).hexdigest()[:16], key=base64.b64encode(raw).decode())

    @cached_property
    def hpke(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(*self._halves())

    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        if len(self.raw) != _MLKEM_SEED + _X25519:
            raise SealingError("an opening key is 96 bytes; restore the key file from its backup")
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.raw[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(self.raw[_MLKEM_SEED:]),
        )


def seal(plaintext: bytes, intake_id: UUID, key: ServiceKey) -> Envelope:
    """The plaintext (JSON) sealed to the service and bound to the intake's id: under another id it does not open."""
    padded = plaintext.ljust(-(-len(plaintext) // _PADDING) * _PADDING)
    sealed = _SUITE.encrypt(padded, _public_key(key), info=_info(intake_id))
    return Envelope(key_id=key.key_id, ciphertext=base64.b64encode(sealed).decode())


def open_envelope(envelope: Envelope, intake_id: UUID, keys: Mapping[str, OpeningKey]) -> bytes:
    """The plaintext, with trailing blanks. Raises UnknownKey, or SealingError when anything was changed."""
    try:
        key = keys[envelope.key_id]
    except KeyError:
        raise UnknownKey("sealed to a key that this service does not hold") from None
    try:
        sealed = base64.b64decode(envelope.ciphertext, validate=True)
        return _SUITE.decrypt(sealed, key.hpke, info=_info(intake_id))
    except (InvalidTag, Base64Error, ValueError):
        raise SealingError("the envelope was damaged or changed on its way") from None


def _public_key(key: ServiceKey) -> MLKEM768X25519PublicKey:
    try:
        raw = base64.b64decode(key.key, validate=True)
        if len(raw) != _MLKEM_PUBLIC + _X25519:
            raise ValueError
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:]),
        )
    except (Base64Error, ValueError):
        raise SealingError("the service's public key is damaged; enroll this kiosk again") from None


def _info(intake_id: UUID) -> bytes:
    return b"warm-handoff intake 1 " + intake_id.bytes
