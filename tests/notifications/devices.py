"""Made-up phones: they have real keys, and read what was encrypted for them."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from notifications import subscriptions
from notifications.subscriptions import Policy
from notifications.tables import PushSubscription

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LOOPBACK = Policy(hosts=("127.0.0.1", "localhost"), allow_private=True)


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass(frozen=True)
class Device:
    """A browser's push keys (RFC 8291 section 3)."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen made up!"

    @property
    def p256dh(self) -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64url(point)

    @property
    def auth(self) -> str:
        return base64url(self.secret)

    def read(self, body: bytes) -> dict[str, Any]:
        """The notification in an encrypted message."""
        content = http_ece.decrypt(body, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        notification: dict[str, Any] = json.loads(content)["notification"]
        return notification

    def subscribe(self, session: Session, staff_id: int, endpoint: str, now: datetime = NOW) -> PushSubscription:
        """Alerts are on for this person on this device."""
        return subscriptions.register(session, staff_id, endpoint, self.p256dh, self.auth, "Test phone", now, LOOPBACK)
