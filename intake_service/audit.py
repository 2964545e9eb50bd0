"""The one door to the audit: who did what to whom, when. What is recorded is never changed; audit_chain.py seals it.

Nothing that a participant said, and nothing that was searched for, may be handed in here.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from intake_service.audit_seal import AuditKeys, address_digest
from intake_service.audit_tables import AuditEntry
from intake_service.tables import Event, Kiosk, Participant, Site, Staff
from notifications.db import Base

# Built once and of plain tables, as in intakes.py: a received intake passes here.
_EVENT, _ENTRY = (Base.metadata.tables[each.__tablename__] for each in (Event, AuditEntry))
_ADD_EVENT = insert(_EVENT).returning(_EVENT.c.id)
_ADD_ENTRY = insert(_ENTRY)

ADDRESS = "address"
"""Where a request's session keeps, in its `info`, the network address that the request came from."""


class Act(StrEnum):
    """What is recorded beside changes to participants (workflow.Action) and signing in (sign_in_log.AtTheDoor).

    Values are what people read.
    """

    SEARCHED = "participants searched"
    SUSPECTED = "two records compared"
    TURNED_AWAY = "turned away"
    """Somebody who is signed in asked for what is not theirs, or not there."""
    ASKED_CONTACT_PERMISSION = "contact permission asked"
    FOLLOWED_CONTACT_PERMISSION = "contact permission followed"
    CONCERN_WRITTEN = "concern written"
    CONCERN_READ = "concern read"
    CONCERN_ACKNOWLEDGED = "concern acknowledged"
    CONCERN_CLOSED = "concern closed"
    CALL_CLOSED = "urgent call closed"

    STAFF_ADDED = "staff member added"
    STAFF_CHANGED = "staff member changed"
    STAFF_REMOVED = "staff member taken off"
    STAFF_BACK = "staff member brought back"
    SITE_ADDED = "site added"
    SITE_CHANGED = "site changed"
    QUEUE_SETTINGS_CHANGED = "queue settings changed"
    ALERT_POLICY_CHANGED = "alert policy changed"
    ROSTER_CHANGED = "roster changed"
    DUTY_CHANGED = "duty changed"
    WEEK_CHANGED = "weekly schedule changed"
    ADDRESS_ADDED = "address for alerts added"
    ADDRESS_CONFIRMED = "address for alerts confirmed"
    ADDRESS_REMOVED = "address for alerts removed"
    KIOSK_ADDED = "kiosk added"
    KIOSK_ENROLLED = "kiosk enrolled"
    KIOSK_REVOKED = "kiosk revoked"
    KEYS_CHANGED = "keys changed"

    RECORDS_VIEWED = "disclosures viewed"
    HANDOFF_SHEET = "handoff sheet made"
    RECORDS_SETTINGS_CHANGED = "record settings changed"
    RETENTION_RUN = "retention run"

    AUDIT_SEARCHED = "audit searched"
    AUDIT_EXPORTED = "audit exported"
    AUDIT_VERIFIED = "audit verified"


class Kind(StrEnum):
    """What something was done to."""

    PARTICIPANT = "participant"
    STAFF = "staff member"
    SITE = "site"
    KIOSK = "kiosk"
    KEY = "key"
    CALL = "urgent call"
    CONCERN = "concern"


def record(
    session: Session,
    action: str,
    now: datetime,
    *,
    by: Staff | int | None = None,
    kiosk_id: UUID | None = None,
    to: Participant | Staff | Site | Kiosk | None = None,
    kind: Kind | None = None,
    object_id: UUID | int | str | None = None,
    site_id: int | None = None,
    address: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry in the caller's transaction: what is rolled back has not happened.

    `by`: the staff member; nobody and no `kiosk_id` is the service itself. `to`: what it was done to; where there is no
    row at hand, `kind` and `object_id` say it. `address`: where the request came from, of which a keyed digest is kept;
    a request's own session knows it. `before`, `after`: what JSON can hold, kept encrypted. A failure that is to be
    kept although the request is refused needs a session of its own. Raises Locked.
    """
    if to is not None:
        kind, object_id = _named(to)
        site_id = site_id if site_id is not None else _site_of(to)
    _add(
        session,
        {
            "at": now,
            "action": str(action),
            "staff_id": by.id if isinstance(by, Staff) else by,
            "kiosk_id": kiosk_id,
            "site_id": site_id,
            "kind": kind,
            "object_id": None if object_id is None else as_object_id(object_id),
            "address": address_digest(session, address or session.info.get(ADDRESS)),
            "before": _json(before),
            "after": _json(after),
        },
    )


def event(session: Session, site_id: int, values: Mapping[str, Any], after: Mapping[str, Any] | None = None) -> None:
    """Something happened to a participant: the event with these columns, and the entry that seals it. Raises Locked."""
    event_id = session.connection().execute(_ADD_EVENT, values).scalar_one()
    add_for_event(session, site_id, {**values, "id": event_id}, session.info.get(ADDRESS), after)


def add_for_event(
    session: Session,
    site_id: int,
    event: Mapping[str, Any],
    address: str | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """The entry of an event that is in the database. Raises Locked."""
    _add(
        session,
        {
            "at": event["at"],
            "action": str(event["action"]),
            "staff_id": event.get("staff_id"),
            "kiosk_id": event.get("kiosk_id"),
            "site_id": site_id,
            "kind": Kind.PARTICIPANT,
            "object_id": event["participant_id"].hex,
            "address": address_digest(session, address),
            "event_id": event["id"],
            "before": None,
            "after": _json(after),
        },
        event,
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of two states to hand in: only what is not the same in both."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def as_object_id(given: UUID | int | str) -> str:
    """As entries hold it, so that it can be searched for."""
    return given.hex if isinstance(given, UUID) else str(given)


def _add(session: Session, entry: dict[str, Any], event: Mapping[str, Any] | None = None) -> None:
    keys = AuditKeys.of(session)
    once = secrets.token_hex(8)
    reason = event.get("reason") if event else None
    entry |= {"once": once, "reason_mac": None if reason is None else keys.mac("reason", once, reason)}
    session.connection().execute(_ADD_ENTRY, entry | {"seal": keys.seal(entry, event)})


def _json(state: Mapping[str, Any] | None) -> str | None:
    return None if state is None else json.dumps(state, ensure_ascii=False)


def _named(to: Participant | Staff | Site | Kiosk) -> tuple[Kind, UUID | int]:
    match to:
        case Participant():
            return Kind.PARTICIPANT, to.id
        case Staff():
            return Kind.STAFF, to.id
        case Site():
            return Kind.SITE, to.id
        case Kiosk():
            return Kind.KIOSK, to.id


def _site_of(to: Participant | Staff | Site | Kiosk) -> int | None:
    match to:
        case Participant() | Kiosk():
            return to.site_id
        case Site():
            return to.id
        case Staff():
            return None
