"""What proves that an entry was written by this service: a MAC over all of it, made while it is written.

The key comes from the keys folder, so whoever can write to the database alone can break a seal and make none. The words
of a reason, which are erased with their participant, have a MAC of their own: the seal covers that one, and holds on
without the words.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from intake_service.audit_tables import AuditEntry
from intake_service.tables import Event
from notifications.encrypted import recognising_key

_KEY_ID_DIGITS = 16
_ADDRESS_DIGITS = 16
_NOT_COVERED = {"id", "seal"}  # the id is not known before the row is written; the link covers it

ENTRY_COLUMNS = tuple(name for name in AuditEntry.__table__.columns.keys() if name not in _NOT_COVERED)  # noqa: SIM118
EVENT_COLUMNS = tuple(name for name in Event.__table__.columns.keys() if name != "reason")  # noqa: SIM118
"""What a seal covers of an entry, and of the event that it refers to."""


@dataclass(frozen=True)
class AuditKeys:
    """The keys that MACs were made with, by id; `current` is the one for new ones."""

    current: str
    by_id: Mapping[str, bytes]

    @classmethod
    def of(cls, session: Session) -> "AuditKeys":
        """From what the session's engine was unlocked with. Raises Locked."""
        key = hmac.digest(recognising_key(session.get_bind().dialect), b"audit chain", "sha256")
        key_id = hashlib.sha256(key).hexdigest()[:_KEY_ID_DIGITS]
        return cls(key_id, {key_id: key})

    def mac(self, *parts: object) -> str:
        """The key's id, a dot and 64 hex digits."""
        return f"{self.current}.{_digest(self.by_id[self.current], parts)}"

    def has_made(self, mac: str, *parts: object) -> bool:
        """Whether one of the keys made this MAC of these parts."""
        key_id, _, digits = mac.partition(".")
        key = self.by_id.get(key_id)
        return key is not None and hmac.compare_digest(_digest(key, parts), digits)

    def seal(self, entry: Mapping[str, Any], event: Mapping[str, Any] | None) -> str:
        return self.mac(*_content(entry, event))

    def has_sealed(self, seal: str, entry: Mapping[str, Any], event: Mapping[str, Any] | None) -> bool:
        return self.has_made(seal, *_content(entry, event))


def address_digest(session: Session, address: str | None) -> str | None:
    """Tells two network addresses apart, and nothing else to who lacks the keys folder. Raises Locked."""
    if not address:
        return None
    key = recognising_key(session.get_bind().dialect)
    return hmac.new(key, b"address\0" + address.encode(), "sha256").hexdigest()[:_ADDRESS_DIGITS]


def _content(entry: Mapping[str, Any], event: Mapping[str, Any] | None) -> tuple[object, ...]:
    told = None if event is None else [event.get(name) for name in EVENT_COLUMNS]
    return ("entry", *(entry.get(name) for name in ENTRY_COLUMNS), told)


def _digest(key: bytes, parts: tuple[object, ...]) -> str:
    content = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
