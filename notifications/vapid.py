"""The key that push services know us by (RFC 8292), made once and kept: a new one would orphan every device."""

import base64
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException

from notifications.private_files import create_once

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

    def sign(self, origin: str, contact: str, now: datetime) -> str:
        """The Authorization header for a push service's origin, good for LIFETIME. Raises CannotSign."""
        claims = {"aud": origin, "sub": contact, "exp": int((now + LIFETIME).timestamp())}
        try:
            header: str = self.signer.sign(claims)["Authorization"]
        except VapidException:
            raise CannotSign("no token can be signed: the push address or our contact is not usable") from None
        return header


def load_or_create(path: Path) -> VapidKey:
    """The key in a PEM file of mode 600, made if there is none. Raises VapidKeyError."""
    if not path.exists():
        create_once(path, _new_pem())
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VapidKeyError(f"Other users of this machine may read {path}. Run: chmod 600 {path}")
    try:
        return VapidKey(Vapid02.from_pem(path.read_bytes()))
    except ValueError as error:
        raise VapidKeyError(f"{path} is damaged. Restore it from its backup.") from error


def _new_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
