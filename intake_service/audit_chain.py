"""The chain over the audit: every link's MAC covers the link before, so that a change anywhere shows.

    MAC of link n = HMAC(key, MAC of link n-1, n, id and seal of an entry)

Entries are written in the transactions of what they tell of and linked afterwards, in batches, by whoever holds the
head's row. So nobody who receives an intake waits for the chain (docs/decisions, "The audit is chained after the
commit"). Where the chain is found cut, it goes on with a link that says so for good: audit_verify.py finds it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from intake_service import audit
from intake_service.audit_seal import AuditKeys
from intake_service.audit_tables import AuditEntry, AuditHead, AuditLink
from intake_service.tables import Event, Participant, Staff

BATCH = 100  # entries a transaction: SQLite's other writers wait for so long, some 15 ms
START = "start"
BROKEN = "broken"
"""Instead of the MAC before: of the first link, and of one that goes on where the chain was found cut."""
_SETTLED_BEHIND = 1_000  # ids that are looked through for entries without a link, at most twice as many in quiet hours


def begin(session: Session, *, is_known_to_have_begun: bool = False) -> None:
    """Sign the head of a database that has no audit yet, and write entries for what happened before there was one.

    `is_known_to_have_begun`: this machine has seen its chain. Then nothing is signed, unless the database is new:
    somebody has emptied it. Does nothing when it has begun. Needs a transaction of its own that writes.
    """
    head = session.scalar(select(AuditHead).with_for_update())
    if head is None or head.mac:
        return
    if is_known_to_have_begun and session.scalar(select(Staff.id).limit(1)) is not None:
        return
    _set_head(session, AuditKeys.of(session), 0, START, 0)
    columns = Event.__table__.columns
    earlier = select(Participant.site_id, *columns).join(Participant, Participant.id == Event.participant_id)
    for site_id, *values in session.execute(earlier.order_by(Event.id)).all():
        audit.add_for_event(session, site_id, dict(zip(columns.keys(), values, strict=True)))


def seal(session: Session) -> int:
    """Add links for entries that have none, at most BATCH; returns how many. 0: none waits, or another process does it.

    Needs a transaction of its own that writes.
    """
    head = _taken(session)
    if head is None:
        return 0
    keys = AuditKeys.of(session)
    number, mac = _where_to_go_on(session, keys, head)
    links = []
    for entry_id, entry_seal in session.execute(_waiting(head.settled).limit(BATCH)):
        number += 1
        mac = keys.mac(*link_content(mac, number, entry_id, entry_seal))
        links.append({"number": number, "entry_id": entry_id, "mac": mac})
    if not links:
        return 0
    session.execute(insert(AuditLink), links)
    _set_head(session, keys, number, mac, head.settled)
    return len(links)


def settle(session: Session, behind: int = _SETTLED_BEHIND) -> bool:
    """Move the head's `settled` up, once it is so many ids behind; False when it was not, or not now.

    On PostgreSQL an earlier id may commit later. While we have the table for ourselves no such transaction is open, as
    each holds a lock on it from before it takes an id; when one does, another time will do: nobody is made to wait.
    Needs a transaction of its own that writes.
    """
    head = _taken(session)
    newest = session.scalar(select(func.max(AuditLink.entry_id))) or 0
    if head is None or newest - head.settled < behind or not is_own(session, AuditKeys.of(session), head):
        return False
    if session.get_bind().dialect.name == "postgresql":
        try:
            session.execute(text("LOCK TABLE audit_entry IN SHARE MODE NOWAIT"))
        except OperationalError:
            session.rollback()
            return False
    first_waiting = session.scalar(_waiting(head.settled).limit(1))
    settled = newest if first_waiting is None else min(newest, first_waiting - 1)
    _set_head(session, AuditKeys.of(session), head.number, head.link_mac, settled)
    return True


def is_waiting(session: Session) -> bool:
    """Whether there is anything to link: a cheap look, so that an idle service writes nothing."""
    settled = session.scalar(select(AuditHead.settled)) or 0
    return session.execute(_waiting(settled).limit(1)).first() is not None


def written_down(session: Session) -> str:
    """Where the chain ends, as `number:MAC`, to be kept outside the database; empty before there is a link."""
    last = session.execute(select(AuditLink.number, AuditLink.mac).order_by(AuditLink.number.desc()).limit(1)).first()
    return "" if last is None else f"{last.number}:{last.mac}"


def read_down(written: str) -> tuple[int, str]:
    """The same again; number -1, which no link has, when it cannot be read."""
    number, _, mac = written.strip().partition(":")
    return (int(number), mac) if number.isdecimal() and mac else (-1, mac)


def holds(session: Session, written: str) -> bool:
    """Whether the chain still has the link that was written down."""
    number, mac = read_down(written)
    return session.scalar(select(AuditLink.mac).where(AuditLink.number == number)) == mac


def is_own(session: Session, keys: AuditKeys, head: AuditHead) -> bool:
    """Whether this service has signed the head, and the chain ends where it says."""
    if not keys.has_made(head.mac, *_head_content(head.number, head.link_mac, head.settled)):
        return False
    return (written_down(session) or f"0:{START}") == f"{head.number}:{head.link_mac}"


def link_content(before: str, number: int, entry_id: int, entry_seal: str) -> Sequence[object]:
    """What a link's MAC covers."""
    return ("link", before, number, entry_id, entry_seal)


def _taken(session: Session) -> AuditHead | None:
    """The head, locked; None when another process has it, or it was taken away."""
    return session.scalar(select(AuditHead).with_for_update(skip_locked=True))


def _where_to_go_on(session: Session, keys: AuditKeys, head: AuditHead) -> tuple[int, str]:
    if is_own(session, keys, head):
        return head.number, head.link_mac
    last = session.scalar(select(func.max(AuditLink.number))) or 0
    return max(last, head.number), BROKEN


def _waiting(settled: int) -> Select[*tuple[Any, ...]]:
    return (
        select(AuditEntry.id, AuditEntry.seal)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .where(AuditLink.number.is_(None), AuditEntry.id > settled)
        .order_by(AuditEntry.id)
    )


def _head_content(number: int, link_mac: str, settled: int) -> Sequence[object]:
    return ("head", number, link_mac, settled)


def _set_head(session: Session, keys: AuditKeys, number: int, mac: str, settled: int) -> None:
    head_mac = keys.mac(*_head_content(number, mac, settled))
    session.execute(update(AuditHead).values(number=number, link_mac=mac, settled=settled, mac=head_mac))
