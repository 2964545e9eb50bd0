"""A center with as many made-up participants as are asked for, written to the database in bulk."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service.keys import Keys
from intake_service.names import Tokens
from intake_service.tables import Assignment, Intake, NameToken, Participant, Role
from notifications.db import Base, writing
from shared_schema.intake import PathwayType, Status
from tests.intake_service.people import a_record, a_site, a_staff_member, an_enrolled_kiosk

SUPERVISORS, PEERS = 8, 12
RARE, RARE_TICKET = "Zuleika Testperson", "rose-3"
COMMON = "Maria"
RARE_LANGUAGE, RARE_PATHWAY = "ht", PathwayType.RCC_MEMBER
_RARE = 20  # of them, however many there are: a search's answer is as long in every crowd
_COMMONLY = 0.1
_CARRIED = PEERS * 12  # a caseload does not grow with the center's history
_SYLLABLES = [consonant + vowel for consonant in "bdfklmnrst" for vowel in "aeio"]
_BATCH = 20_000


@dataclass(frozen=True)
class Crowd:
    """`supervisors`, `peers`: their ids."""

    site_id: int
    supervisors: Sequence[int]
    peers: Sequence[int]


def fill(engine: Engine, keys: Keys, participants: int) -> Crowd:
    """One site; half of its participants wait, most others are discharged. Everybody is found by their intake."""
    with Session(writing(engine)) as session, session.begin():
        site = a_site(session)
        kiosk = an_enrolled_kiosk(session, site, keys)
        supervisors = [a_staff_member(session, f"Supervisor {n}", Role.SUPERVISOR, site).id for n in range(SUPERVISORS)]
        peers = [a_staff_member(session, f"Peer {n}", Role.PEER_SPECIALIST, site).id for n in range(PEERS)]
        crowd = Crowd(site.id, supervisors, peers)
        answers = _an_answer()
        tokens = Tokens.of(session)
    for batch in _batches(participants):
        rows = [_Somebody(sequence, participants - sequence < _RARE, random.Random(sequence)) for sequence in batch]
        _copy(engine, Participant, (each.participant(crowd) for each in rows))
        _copy(engine, Intake, (each.intake(crowd, kiosk.id, answers) for each in rows))
        _copy(engine, Assignment, (each.assignment(crowd) for each in rows if each.is_carried))
        found_by = sorted(
            (token, crowd.site_id, each.sequence)
            for each in rows
            for token in tokens.of_intake(each.name, each.ticket, None)
        )
        _copy(engine, NameToken, ({"token": t, "site_id": s, "sequence": n} for t, s, n in found_by))
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return crowd


class _Somebody:
    def __init__(self, sequence: int, is_rare: bool, chance: random.Random) -> None:
        self.sequence = sequence
        self.id: UUID = uuid7()
        uncarried = Status.NEEDS_ASSIGNMENT if sequence % 2 else Status.DISCHARGED
        self.status = Status.ACTIVE if sequence <= _CARRIED else uncarried
        self.ticket = RARE_TICKET if is_rare else f"maple-{chance.randint(1, 99)}"
        self.peer = chance.randrange(PEERS)
        first, last = (self._made_up(chance) for _ in range(2))
        self.language = RARE_LANGUAGE if is_rare else "en"
        self.pathway = RARE_PATHWAY if is_rare else PathwayType.COMPREHENSIVE
        self.name = RARE if is_rare else f"{COMMON if chance.random() < _COMMONLY else first} {last}"
        self.at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=sequence)

    @property
    def is_carried(self) -> bool:
        return self.status is Status.ACTIVE

    def participant(self, crowd: Crowd) -> dict[str, Any]:
        return {
            "id": self.id,
            "site_id": crowd.site_id,
            "status": self.status.value,
            "held_status": None,
            "pathway": self.pathway.value,
            "tier": None,
            "name": self.name,
            "phone": None,
            "language": self.language,
            "urgent": self.sequence // 2 % 10 == 0,
            "queue_number": self.sequence,
            "intake_sequence": self.sequence,
            "waiting_since": self.at,
            "revision": 1,
            "joined_into": None,
        }

    def intake(self, crowd: Crowd, kiosk_id: UUID, answers: str) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "id": uuid7(),
            "participant_id": self.id,
            "site_id": crowd.site_id,
            "kiosk_id": kiosk_id,
            "staff_id": None,
            "form_name": "brief-intake",
            "form_version": 1,
            "language": "en",
            "express": False,
            "urgent": self.sequence // 2 % 10 == 0,
            "ticket": self.ticket,
            "answers": answers,
            "finished_at": self.at,
            "received_at": self.at,
            "proof": "0" * 64,
            "content_mac": "0" * 64,
        }

    def assignment(self, crowd: Crowd) -> dict[str, Any]:
        return {
            "participant_id": self.id,
            "staff_id": crowd.peers[self.peer],
            "assigned_by": crowd.supervisors[0],
            "assigned_at": self.at,
        }

    @staticmethod
    def _made_up(chance: random.Random) -> str:
        return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()


def _an_answer() -> str:
    return a_record().model_dump_json(include={"answers"})[len('{"answers":') : -1]


def _batches(participants: int) -> Iterator[range]:
    for first in range(1, participants + 1, _BATCH):
        yield range(first, min(first + _BATCH, participants + 1))


def _copy(engine: Engine, cls: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """The rows into the table by the driver's fastest way, with the columns' own types."""
    table = Base.metadata.tables[cls.__tablename__]
    listed = list(rows)
    if not listed:
        return
    names = list(listed[0])
    binds = [table.c[name].type.dialect_impl(engine.dialect).bind_processor(engine.dialect) for name in names]
    values = [
        tuple(bind(row[name]) if bind else row[name] for name, bind in zip(names, binds, strict=True)) for row in listed
    ]
    if engine.dialect.name == "sqlite":
        _insert(engine, table, names, values)
    else:
        _copy_from(engine, table, names, values)


def _insert(engine: Engine, table: Table, names: Sequence[str], values: Sequence[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(names))
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)


def _copy_from(engine: Engine, table: Table, names: Sequence[str], values: Sequence[tuple[Any, ...]]) -> None:
    with engine.connect() as connection:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        with driver.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # references are right by the bench's own care
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
            with cursor.copy(into) as copy:
                for row in values:
                    copy.write_row(row)
            cursor.execute("SET session_replication_role = origin")
        driver.commit()
