"""Goes through the whole audit and says what is wrong with it, as one view of the database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Row, bindparam, func, select, text, type_coerce
from sqlalchemy.orm import Session

from intake_service.audit_chain import BROKEN, START, is_own, link_content, read_down
from intake_service.audit_seal import EVENT_COLUMNS, AuditKeys
from intake_service.audit_tables import AuditEntry, AuditHead, AuditLink
from intake_service.tables import Event
from intake_service.workflow import Action
from notifications.encrypted import EncryptedText, Locked

_PAGE = 1_000
_MOST_FINDINGS = 100  # nobody reads more, and the first one says that something happened
_ENCRYPTED = ("before", "after")
_UNREADABLE = "\0unreadable"

GUARDS = ("is_never_changed", "stays")
GUARDED = ("audit_entry", "audit_link", "audit_head", "event")
_GUARDS_OF = {"sqlite": (*GUARDS, "is_never_replaced"), "postgresql": (*GUARDS, "is_never_emptied")}
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
}


@dataclass(frozen=True)
class Finding:
    """What is wrong, in words, and at which entry or link, if at one."""

    words: str
    entry_id: int | None = None
    number: int | None = None

    def __str__(self) -> str:
        places = ((f"entry {self.entry_id}", self.entry_id), (f"link {self.number}", self.number))
        where = ", ".join(words for words, number in places if number is not None)
        return f"{where}: {self.words}" if where else self.words


@dataclass
class Verdict:
    """`head`: what to write down and to ask for again, see `verify`. `waiting`: entries that have no link yet."""

    linked: int = 0
    waiting: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)
    more_findings: int = 0

    @property
    def last(self) -> int:
        return max(0, read_down(self.head)[0])

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def add(self, words: str, entry_id: int | None = None, number: int | None = None) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(Finding(words, entry_id, number))
        else:
            self.more_findings += 1


def verify(session: Session, written_down: Sequence[str] = ()) -> Verdict:
    """Finds what was edited, deleted, put in, reordered or cut off at the end, and guards that were taken away.

    `written_down`: heads (`Verdict.head`) of earlier, kept outside the database. With one from outside this machine
    even who has the keys folder cannot have rewritten what came before without being found. The session is new: its
    transaction begins here and sees one moment.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    keys, verdict = AuditKeys.of(session), Verdict()
    erased = set(session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == Action.ERASE)))
    _follow(session, keys, verdict, dict(map(read_down, filter(None, written_down))), erased)
    _judge_head(session, keys, verdict)
    _judge_waiting(session, keys, verdict, erased)
    _judge_copies(session, verdict)
    _judge_events(session, verdict)
    _judge_guards(session, verdict)
    return verdict


def _follow(
    session: Session, keys: AuditKeys, verdict: Verdict, wanted: Mapping[int, str], erased: set[str | None]
) -> None:
    """Along the links, from the first to the last."""
    number, mac, held = 0, START, set()
    for row in _links(session):
        if row.number != number + 1:
            verdict.add("The links before this one are missing.", number=row.number)
        if row.entry_id is None:
            verdict.add("The entry of this link was deleted.", row.linked_id, row.number)
        else:
            _judge_link(keys, verdict, row, mac)
            _judge_entry(session, keys, verdict, row, erased)
        number, mac = row.number, row.link_mac
        verdict.linked += 1
        if wanted.get(number) == mac:
            held.add(number)
    verdict.head = f"{number}:{mac}" if number else ""
    for missing in sorted(set(wanted) - held):
        verdict.add("The chain does not have the end that was written down earlier.", number=missing)


def _judge_link(keys: AuditKeys, verdict: Verdict, row: Row[Any], before: str) -> None:
    if keys.has_made(row.link_mac, *link_content(BROKEN, row.number, row.entry_id, row.seal)):
        verdict.add("Before this link the service found the chain cut, and went on.", row.entry_id, row.number)
    elif not keys.has_made(row.link_mac, *link_content(before, row.number, row.entry_id, row.seal)):
        verdict.add("This link or its place was changed, or the one before it.", row.entry_id, row.number)


def _judge_entry(session: Session, keys: AuditKeys, verdict: Verdict, row: Row[Any], erased: set[str | None]) -> None:
    number = getattr(row, "number", None)
    if row.event_id is not None and row.event_there is None:
        verdict.add("What happened to the participant was deleted.", row.entry_id, number)
        return
    entry = {**row._mapping, **{name: _opened(session, AuditEntry, name, row) for name in _ENCRYPTED}}
    event = None
    if row.event_id is not None:
        event = {name: row._mapping[f"event_{name}"] for name in EVENT_COLUMNS}
    if not keys.has_sealed(row.seal, entry, event):
        verdict.add("This entry or its event was changed, or put in by another door.", row.entry_id, number)
        return
    reason = _opened(session, Event, "reason", row)
    is_gone = reason is None and (row.reason_mac is None or row.object_id in erased)
    if not is_gone and not (reason and keys.has_made(row.reason_mac or "", "reason", row.once, reason)):
        verdict.add("The reason of this entry's event was changed.", row.entry_id, number)


def _judge_head(session: Session, keys: AuditKeys, verdict: Verdict) -> None:
    head = session.scalar(select(AuditHead))
    if head is None:
        verdict.add("The chain's head was taken away.")
    elif not head.mac:
        verdict.add("The chain was never begun, or its head was set back to the beginning. Start the service once.")
    elif not is_own(session, keys, head):
        verdict.add(f"The chain ends at {verdict.last}; it went to {head.number}, or its head was made up.")


def _judge_waiting(session: Session, keys: AuditKeys, verdict: Verdict, erased: set[str | None]) -> None:
    settled = session.scalar(select(AuditHead.settled)) or 0
    waiting = select(*_COLUMNS).outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id).outerjoin(*_EVENT_OF_ENTRY)
    for row in session.execute(waiting.where(AuditLink.number.is_(None)).order_by(AuditEntry.id)):
        if row.entry_id <= settled:
            verdict.add("This entry was put in afterwards, or its link was taken away.", row.entry_id)
        else:
            verdict.waiting += 1
            _judge_entry(session, keys, verdict, row, erased)


def _judge_copies(session: Session, verdict: Verdict) -> None:
    copied = select(func.max(AuditEntry.id)).group_by(AuditEntry.once).having(func.count() > 1)
    for entry_id in session.scalars(copied):
        verdict.add("This entry is a copy of an earlier one.", entry_id)


def _judge_events(session: Session, verdict: Verdict) -> None:
    alone = select(Event.id).outerjoin(AuditEntry, AuditEntry.event_id == Event.id).where(AuditEntry.id.is_(None))
    for event_id in session.scalars(alone.order_by(Event.id)):
        verdict.add(f"Event {event_id} of a participant has no entry: it came by another door, or its entry is gone.")


def _judge_guards(session: Session, verdict: Verdict) -> None:
    kind = session.get_bind().dialect.name
    there = set(session.scalars(text(_TRIGGERS[kind])))
    for name in (f"{table}_{guard}" for table in GUARDED for guard in _GUARDS_OF[kind]):
        if name not in there:
            verdict.add(f"The database's guard {name} is gone. Find out who took it away; migrations made it.")


def _links(session: Session) -> Iterator[Row[Any]]:
    """Every link in order with its entry, if that is there, and the entry's event, if that is."""
    after = 0
    page_of = (
        select(AuditLink.number, AuditLink.entry_id.label("linked_id"), AuditLink.mac.label("link_mac"), *_COLUMNS)
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .outerjoin(*_EVENT_OF_ENTRY)
        .where(AuditLink.number > bindparam("after"))
        .order_by(AuditLink.number)
        .limit(_PAGE)
    )
    while True:
        page = session.execute(page_of, {"after": after}).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].number


def _raw(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """An encrypted column as it is stored: one value that does not open must not keep us from the others."""
    return type_coerce(column, LargeBinary).label(name)


_EVENT_OF_ENTRY = (Event, Event.id == AuditEntry.event_id)
_COLUMNS = (
    AuditEntry.id.label("entry_id"),
    *(
        _raw(column, name) if name in _ENCRYPTED else column
        for name, column in AuditEntry.__table__.columns.items()
        if name != "id"
    ),
    Event.id.label("event_there"),
    *(Event.__table__.columns[name].label(f"event_{name}") for name in EVENT_COLUMNS),
    _raw(Event.__table__.columns["reason"], "reason"),
)


def _opened(session: Session, table: type[AuditEntry] | type[Event], name: str, row: Row[Any]) -> str | None:
    stored = row._mapping[name]
    kind = table.__table__.columns[name].type
    if stored is None or not isinstance(kind, EncryptedText):
        return None
    try:
        return kind.process_result_value(bytes(stored), session.get_bind().dialect)
    except (Locked, UnicodeDecodeError):
        return _UNREADABLE
