"""The keys that push services know us by (RFC 8292).

A browser's subscription takes messages of the key that it was made with and of no other. So an earlier key goes on
signing for its own subscriptions, while new ones are made with the newest.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException

from notifications.kept_keys import KeptKey, kept
from notifications.private_files import PrivateFileError, create_once

FILE_NAME = "vapid.key"
LIFETIME = timedelta(hours=12)  # RFC 8292 allows 24 h at most


class VapidKeyError(Exception):
    """The key file cannot be used; says what to do."""


class CannotSign(Exception):
    """A push service's origin or our contact is not one that a token can be made for."""


@dataclass(frozen=True)
class VapidKey:
    """An application server key. `public_key` (base64url) is what a browser's subscribe() takes."""

    signer: Vapid02

    @property
    def public_key(self) -> str:
        point = self.signer.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    @cached_property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def sign(self, origin: str, contact: str, now: datetime) -> str:
        """The Authorization header for a push service's origin, good for LIFETIME. Raises CannotSign."""
        claims = {"aud": origin, "sub": contact, "exp": int((now + LIFETIME).timestamp())}
        try:
            header: str = self.signer.sign(claims)["Authorization"]
        except VapidException:
            raise CannotSign("no token can be signed: the push address or our contact is not usable") from None
        return header


@dataclass(frozen=True)
class VapidKeys:
    """Every key by its id, oldest first. `public_key`: the newest one's, which new subscriptions are made with."""

    by_id: Mapping[str, VapidKey]

    @classmethod
    def of(cls, keys: Sequence[VapidKey]) -> "VapidKeys":
        """Oldest first; at least one."""
        return cls({key.key_id: key for key in keys})

    @property
    def public_key(self) -> str:
        return list(self.by_id.values())[-1].public_key

    def signing_for(self, key_id: str) -> VapidKey | None:
        """The key of this id; empty is the first one, since earlier releases had one and did not write down which."""
        return self.by_id.get(key_id or next(iter(self.by_id)))


def key_id_of(public_key: str) -> str:
    """What a subscription and the database remember a key by."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:16]


def load_all(folder: Path) -> VapidKeys:
    """The keys of a keys folder and of the environment; the first is made if there is none. Raises VapidKeyError."""
    try:
        found = kept(folder, "vapid")
        return VapidKeys.of([_opened(key) for key in found] or [load_or_create(folder / FILE_NAME)])
    except PrivateFileError as error:
        raise VapidKeyError(str(error)) from None


def load_or_create(path: Path) -> VapidKey:
    """The key in a PEM file of mode 600, made if there is none. Raises VapidKeyError."""
    if not path.exists():
        create_once(path, new_pem())
    try:
        return _opened(KeptKey(0, str(path), path))
    except PrivateFileError as error:
        raise VapidKeyError(str(error)) from None


def _opened(key: KeptKey) -> VapidKey:
    try:
        return VapidKey(Vapid02.from_pem(key.read()))
    except ValueError as error:
        raise VapidKeyError(f"{key.path or key.name} is damaged. Restore it from its backup.") from error


def new_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
