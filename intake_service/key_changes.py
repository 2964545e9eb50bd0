"""Changing keys: a new one beside the old ones, values moved to it, and an old one let go once nothing needs it.

A process reads the keys folder when it starts. Nothing may be moved to a key before every process has it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    LargeBinary,
    Table,
    delete,
    func,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

# A table that is not imported is not in the metadata, and a key that it needs would be retired.
import intake_service.audit_tables
import intake_service.records_tables  # noqa: F401
import notifications.tables  # noqa: F401
from intake_service import audit
from intake_service.audit import Act, Kind
from intake_service.errors import Conflict, NotFound
from intake_service.keys import Keys
from intake_service.sign_in_tables import KnownBrowser, SignInStep
from intake_service.tables import KeyInUse, StaffSession
from notifications import subscriptions
from notifications.db import Base, writing
from notifications.encrypted import (
    KEY_BYTES,
    DataKeys,
    EncryptedText,
    Locked,
    data_key_id,
    under_current_key,
    value_header,
)
from notifications.kept_keys import KeptKey, kept, next_file
from notifications.private_files import create_once, delete_durably
from notifications.vapid import load_all, load_or_create, new_pem
from shared_schema.sealing import OpeningKey

_AT_ONCE = 200


@dataclass(frozen=True)
class KnownKey:
    """A key without its secret. `is_newest`: what is sealed to, or written with."""

    kind: str
    file: str
    key_id: str
    since: datetime | None
    is_newest: bool


def every(session: Session, folder: Path, keys: Keys) -> list[KnownKey]:
    """Every key, oldest of each kind first."""
    since = {(key.kind, key.key_id): key.since for key in session.scalars(select(KeyInUse))}
    ids = {
        "opening": list(keys.opening),
        "data": [key_id.hex() for key_id in keys.data.ciphers],
        "digest": [key_id for kind, key_id in keys.ids if kind == "digest"],
        "vapid": list(keys.vapid.by_id),
    }
    return [
        KnownKey(kind, key.name, key_id, since.get((kind, key_id)), key == found[-1])
        for kind in ("opening", "data", "digest", "vapid")
        for found in [kept(folder, kind)]
        for key, key_id in zip(found, ids[kind], strict=False)
    ]


def rotate_opening(session: Session, folder: Path, now: datetime) -> Path:
    """The file of a new key that kiosks seal to; every earlier one still opens."""
    path = next_file(folder, "opening")
    create_once(path, OpeningKey.generate().raw)
    _in_use(session, "opening", OpeningKey(path.read_bytes()).public().key_id, now)
    return path


def rotate_data(session: Session, folder: Path, now: datetime) -> Path:
    """The file of a new key that values are written with; every earlier one still reads."""
    path = next_file(folder, "data")
    create_once(path, secrets.token_bytes(KEY_BYTES))
    _in_use(session, "data", data_key_id(path.read_bytes()).hex(), now)
    return path


def rotate_vapid(session: Session, folder: Path, now: datetime) -> Path:
    """The file of a new key that browsers subscribe with; every earlier one still signs for its own subscriptions."""
    path = next_file(folder, "vapid")
    create_once(path, new_pem())
    _in_use(session, "vapid", load_or_create(path).key_id, now)
    return path


def end_every_session(session: Session, now: datetime) -> int:
    """Everybody is to sign in again, everywhere; how many browsers were signed in.

    That is what another cookie key would do. There is none: each cookie is a random secret of its own, of which the
    database has the digest.
    """
    ended = session.scalar(select(func.count()).select_from(StaffSession)) or 0
    for kind in (StaffSession, SignInStep, KnownBrowser):
        session.execute(delete(kind))
    audit.record(session, Act.KEYS_CHANGED, now, after={"sessions ended": ended})
    return ended


def reencrypt(engine: Engine, keys: Keys) -> dict[str, int]:
    """Moves every value to the newest data key; how many, by table and column. Stopped midway, it goes on when called.

    No text is read: the key of each value is wrapped anew. Only what an earlier release wrote in its format is
    written anew. Each transaction is small, so that the center works meanwhile.
    Raises Conflict for a value that none of the keys opens.
    """
    moved = {}
    for table, column, place in _encrypted():
        count = 0
        while some := _move_some(engine, table, column, place, keys.data):
            count += some
        moved[f"{table.name}.{column.name}"] = count
    return moved


def retire_data(engine: Engine, folder: Path, number: int, now: datetime) -> KeptKey:
    """Forgets a data key that nothing is written with and deletes its file; one of the environment is left to people.

    Raises NotFound for a number that there is not, Conflict for the newest key or one that a value still needs.
    """
    key = _earlier(folder, "data", number)
    key_id = data_key_id(key.read())
    with Session(writing(engine)) as session, session.begin():
        _forget(session, "data", key_id.hex(), key, now)
        if needing := sum(_needing(session, table, column, key_id) for table, column, _ in _encrypted()):
            raise Conflict(
                f"Data key {number} still reads {needing} values. First run: "
                "warm-handoff keys reencrypt --all-restarted"
            )
    # Only after the commit: a key that the database asks for and that is gone would keep the service from starting.
    _delete(key)
    return key


def retire_vapid(engine: Engine, folder: Path, number: int, now: datetime) -> KeptKey:
    """The same for a VAPID key that no browser's subscription was made with any more. `vapid.key` is number 0."""
    key, keys = _earlier(folder, "vapid", number), load_all(folder)
    position = [each.number for each in kept(folder, "vapid")].index(number)
    key_id = list(keys.by_id)[position]
    with Session(writing(engine)) as session, session.begin():
        _forget(session, "vapid", key_id, key, now)
        needed = subscriptions.vapid_keys_needed(session)
        if needing := needed.get(key_id, 0) + (needed.get("", 0) if position == 0 else 0):
            raise Conflict(
                f"VAPID key {number} still reaches {needing} browsers. Each takes the new key when its owner opens the "
                "console there; one that nobody uses any more can be removed on the Alerts page."
            )
    _delete(key)
    return key


def _earlier(folder: Path, kind: str, number: int) -> KeptKey:
    """A key that is not the newest of its kind."""
    by_number = {key.number: key for key in kept(folder, kind)}
    if number not in by_number:
        raise NotFound(f"There is no {kind} key {number}.")
    if number == max(by_number):
        raise Conflict(f"The {kind} key {number} is the newest: it is the one in use.")
    return by_number[number]


def _delete(key: KeptKey) -> None:
    if key.path is not None:
        delete_durably(key.path)


def _forget(session: Session, kind: str, key_id: str, key: KeptKey, now: datetime) -> None:
    session.execute(delete(KeyInUse).where(KeyInUse.kind == kind, KeyInUse.key_id == key_id))
    audit.record(session, Act.KEYS_CHANGED, now, kind=Kind.KEY, object_id=key_id, after={"retired": key.name})


def _in_use(session: Session, kind: str, key_id: str, now: datetime) -> None:
    # The file comes first: if we stop here, the next start finds it and writes this row.
    session.merge(KeyInUse(kind=kind, key_id=key_id, since=now))
    audit.record(session, Act.KEYS_CHANGED, now, kind=Kind.KEY, object_id=key_id, after={"made": kind})


def _encrypted() -> Iterator[tuple[Table, Column[Any], str]]:
    """Every encrypted column, and the place that its values are bound to."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText):
                yield table, column, column.type.place


def _bytes(column: Column[Any], begin: int, length: int) -> ColumnElement[bytes]:
    """Some of a value's stored bytes, counted from 1."""
    return func.substr(type_coerce(column, LargeBinary), begin, length, type_=LargeBinary)


def _needing(session: Session, table: Table, column: Column[Any], key_id: bytes) -> int:
    """In whatever format: the key's id follows the format's byte."""
    counted = select(func.count()).select_from(table).where(_bytes(column, 2, len(key_id)) == key_id)
    return session.execute(counted).scalar_one()


def _move_some(engine: Engine, table: Table, column: Column[Any], place: str, keys: DataKeys) -> int:
    """How many values one transaction moved; 0 when none is left. It locks the rows that it moves."""
    own, current = list(table.primary_key.columns), value_header(keys.current)
    old = select(*own, type_coerce(column, LargeBinary)).where(_bytes(column, 1, len(current)) != current)
    with Session(writing(engine)) as session, session.begin():
        rows = session.execute(old.limit(_AT_ONCE).with_for_update()).all()
        for *row_id, stored in rows:
            this = [part == value for part, value in zip(own, row_id, strict=True)]
            try:
                moved = under_current_key(bytes(stored), place, keys)
            except Locked:
                raise Conflict(f"A value in {place} was written with a key that is not here.") from None
            session.execute(update(table).where(*this).values({column: literal(moved, LargeBinary)}))
    return len(rows)
