"""Who has every right in the database, and not the keys folder, changes nothing of the audit unseen.

The attacker here takes the guards away, does what they came for, and puts the guards back.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from intake_service import audit, audit_chain, key_changes, participants, sealer
from intake_service.audit import Act, Kind
from intake_service.audit_tables import AuditEntry, AuditHead, AuditLink
from intake_service.audit_verify import GUARDED, Verdict, verify
from intake_service.keys import open_keys
from intake_service.tables import Event, Intake, Staff
from intake_service.workflow import Action
from notifications.db import connect, writing
from notifications.encrypted import unlock
from tests.intake_service.center import Center, somebody_waits

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture
def audited(engine: Engine, session: Session, center: Center, keys_dir: Path) -> Engine:
    """Two intakes have come, one was discharged, and Dana has changed a site: all of it is linked."""
    sealer.begin(engine, keys_dir)
    alice, dana = session.get_one(Staff, center.alice), session.get_one(Staff, center.dana)
    first, second = (somebody_waits(session, center) for _ in range(2))
    participants.review(session, alice, second, NOW)
    of_first = select(Intake.participant_id).where(Intake.id == first)
    participants.discharge(session, session.scalars(of_first).one(), "Moved away", alice, NOW)
    audit.record(session, Act.SITE_CHANGED, NOW, by=dana, to=center.site, before={"name": "A"}, after={"name": "B"})
    session.commit()
    sealer.seal_all(engine, keys_dir)
    return engine


@contextmanager
def attacking(engine: Engine) -> Iterator[Connection]:
    with writing(engine).begin() as connection:
        if engine.dialect.name == "sqlite":
            made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in made:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in made:
                connection.exec_driver_sql(sql)
            return
        for table in GUARDED:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        for table in GUARDED:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verified(engine: Engine, keys_dir: Path | None = None, *written_down: str) -> Verdict:
    known = (sealer.seen_end(keys_dir),) if keys_dir else ()
    with Session(engine) as session:
        return verify(session, (*known, *written_down))


def found(verdict: Verdict) -> str:
    return "\n".join(map(str, verdict.findings))


def numbers(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return list(session.scalars(select(AuditLink.number).order_by(AuditLink.number)))


def test_an_audit_that_nobody_touched_is_whole(audited: Engine, keys_dir: Path) -> None:
    verdict = verified(audited, keys_dir)

    assert found(verdict) == ""
    assert (verdict.linked, verdict.waiting) == (len(numbers(audited)), 0)
    assert verdict.linked >= 5


EDITS = {
    "the action": "UPDATE audit_entry SET action = 'signed in' WHERE id = 1",
    "who": "UPDATE audit_entry SET staff_id = 1 WHERE id = 1",
    "whom": "UPDATE audit_entry SET object_id = 'f' WHERE id = 1",
    "when": "UPDATE audit_entry SET at = '2026-01-01 00:00:00.000000' WHERE id = 1",
    "before": "UPDATE audit_entry SET before = NULL WHERE before IS NOT NULL",
    "after": "UPDATE audit_entry SET after = before WHERE before IS NOT NULL",
    "which event": "UPDATE audit_entry SET event_id = 1 + event_id",
    "an event's status": "UPDATE event SET to_status = 'Active' WHERE id = 1",
    "an event's person": "UPDATE event SET staff_id = 2 WHERE staff_id = 1",
    "a reason": "UPDATE event SET reason = NULL WHERE reason IS NOT NULL",
    "its seal": "UPDATE audit_entry SET seal = (SELECT seal FROM audit_entry WHERE id = 2) WHERE id = 1",
}


def test_every_edit_is_found(audited: Engine) -> None:
    tables = ("audit_entry", "event")
    with attacking(audited) as connection:
        for table in tables:
            connection.exec_driver_sql(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")

    unseen = []
    for what, edit in EDITS.items():
        with attacking(audited) as connection:
            assert connection.exec_driver_sql(edit).rowcount
        if "changed" not in found(verified(audited)):
            unseen.append(what)
        with attacking(audited) as connection:
            for table in tables:
                connection.exec_driver_sql(f"DELETE FROM {table}")
                connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM kept_{table}")

    assert unseen == []
    assert found(verified(audited)) == "", "put back as it was, it is whole"


def test_a_deleted_entry_is_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE id = 2")

    assert "entry 2, link 2: The entry of this link was deleted" in found(verified(audited))


def test_an_entry_that_is_deleted_with_its_link_is_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE id = 2")
        connection.exec_driver_sql("DELETE FROM audit_link WHERE number = 2")
        connection.exec_driver_sql("UPDATE audit_link SET number = number - 1 WHERE number > 2")

    assert "link 2: This link or its place was changed" in found(verified(audited))


def test_a_deleted_event_is_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        connection.exec_driver_sql("DELETE FROM event WHERE id = 1")

    assert "What happened to the participant was deleted" in found(verified(audited))


def test_two_that_changed_places_are_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        connection.exec_driver_sql("UPDATE audit_link SET entry_id = -1 WHERE number = 1")
        connection.exec_driver_sql("UPDATE audit_link SET entry_id = 1 WHERE number = 2")
        connection.exec_driver_sql("UPDATE audit_link SET entry_id = 2 WHERE number = 1")

    assert "link 1: This link or its place was changed" in found(verified(audited))


def test_two_entries_that_changed_numbers_are_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        for old, new in ((1, -1), (2, 1), (-1, 2)):
            connection.exec_driver_sql(f"UPDATE audit_entry SET id = {new} WHERE id = {old}")

    assert "place was changed" in found(verified(audited))


def test_a_tail_that_was_cut_off_is_found(audited: Engine) -> None:
    last = numbers(audited)[-1]
    with attacking(audited) as connection:
        _cut_off(connection, last)

    assert f"The chain ends at {last - 1}; it went to {last}" in found(verified(audited))


def test_a_tail_that_was_cut_off_with_a_head_made_up_for_it_is_found(audited: Engine) -> None:
    last = numbers(audited)[-1]
    with attacking(audited) as connection:
        _cut_off(connection, last)
        connection.exec_driver_sql(
            f"UPDATE audit_head SET number = {last - 1}, "
            f"link_mac = (SELECT mac FROM audit_link WHERE number = {last - 1})"
        )

    assert "its head was made up" in found(verified(audited))


def test_a_head_that_was_kept_from_earlier_does_not_hide_what_came_after(
    audited: Engine, session: Session, center: Center, keys_dir: Path
) -> None:
    with audited.connect() as connection:
        columns = "number, link_mac, settled, mac"
        earlier = connection.exec_driver_sql(f"SELECT {columns} FROM audit_head").mappings().one()
    somebody_waits(session, center)
    sealer.seal_all(audited, keys_dir)
    with attacking(audited) as connection:
        _cut_off(connection, earlier["number"] + 1)
        connection.execute(update(AuditHead).values(**earlier))
        connection.exec_driver_sql(
            "DELETE FROM event WHERE id NOT IN (SELECT event_id FROM audit_entry WHERE event_id > 0)"
        )

    assert "does not have the end that was written down" in found(verified(audited, keys_dir))


def test_an_emptied_chain_is_found_also_after_a_start(audited: Engine, keys_dir: Path) -> None:
    with attacking(audited) as connection:
        for table in ("audit_link", "audit_entry", "event"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("UPDATE audit_head SET number = 0, link_mac = '', settled = 0, mac = ''")

    assert "never begun" in found(verified(audited))
    sealer.begin(audited, keys_dir)
    assert "never begun" in found(verified(audited))


def test_a_head_that_was_taken_away_is_found(audited: Engine) -> None:
    with attacking(audited) as connection:
        connection.exec_driver_sql("DELETE FROM audit_head")

    assert "head was taken away" in found(verified(audited))


def test_what_is_put_in_without_the_key_is_found_although_the_service_links_it(audited: Engine, keys_dir: Path) -> None:
    with audited.begin() as connection:  # the guards have nothing against it
        connection.exec_driver_sql(
            "INSERT INTO audit_entry (id, at, action, staff_id, once, seal) "
            "VALUES (900, '2026-11-25 10:00:00.000000', 'signed in', 1, 'x', 'made up')"
        )
    assert "entry 900: This entry or its event was changed, or put in" in found(verified(audited))

    sealer.seal_all(audited, keys_dir)

    assert "put in by another door" in found(verified(audited, keys_dir))


def test_a_copied_entry_is_found(audited: Engine, keys_dir: Path) -> None:
    columns = "at, action, staff_id, kiosk_id, site_id, kind, object_id, address, event_id, before, after, once, seal"
    with audited.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO audit_entry (id, {columns}) SELECT 900, {columns} FROM audit_entry WHERE id = 1"
        )
    sealer.seal_all(audited, keys_dir)

    assert "entry 900: This entry is a copy" in found(verified(audited))


def test_an_event_that_came_by_another_door_is_found(audited: Engine) -> None:
    with audited.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO event (id, participant_id, at, action) "
            "SELECT 900, participant_id, at, 'intake viewed' FROM event WHERE id = 1"
        )

    assert "Event 900 of a participant has no entry" in found(verified(audited))


def test_an_entry_that_lost_its_link_long_ago_is_found(audited: Engine) -> None:
    with Session(writing(audited)) as session, session.begin():
        assert audit_chain.settle(session, behind=1)
    with attacking(audited) as connection:
        connection.exec_driver_sql("DELETE FROM audit_link WHERE number = 2")

    assert "entry 2: This entry was put in afterwards, or its link was taken away" in found(verified(audited))


def test_guards_that_were_taken_away_are_found(audited: Engine) -> None:
    with writing(audited).begin() as connection:
        if audited.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_entry_stays")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays")

    assert "The database's guard audit_entry_stays is gone" in found(verified(audited))


def test_a_chain_that_was_cut_goes_on_and_says_so_for_good(
    audited: Engine, session: Session, center: Center, keys_dir: Path
) -> None:
    last = numbers(audited)[-1]
    with attacking(audited) as connection:
        _cut_off(connection, last)
    somebody_waits(session, center)

    sealer.seal_all(audited, keys_dir)

    verdict = verified(audited)
    assert "Before this link the service found the chain cut" in found(verdict)
    assert (verdict.waiting, numbers(audited)[-1]) == (0, last + 1)


REFUSED = [
    "UPDATE audit_entry SET action = 'x'",
    "UPDATE audit_entry SET before = after WHERE id = (SELECT max(id) FROM audit_entry)",
    "UPDATE audit_link SET mac = 'x'",
    "UPDATE audit_head SET number = 0",
    "UPDATE audit_head SET mac = ''",
    "UPDATE event SET action = 'x'",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_link",
    "DELETE FROM audit_head",
    "DELETE FROM event",
]
_OF_SQLITE = [
    "INSERT OR REPLACE INTO audit_entry (id, at, action, once, seal) VALUES (1, '2026-01-01', 'x', 'x', 'x')",
    "INSERT OR REPLACE INTO audit_link (number, entry_id, mac) VALUES (1, 99, 'x')",
    "INSERT OR REPLACE INTO audit_link (number, entry_id, mac) VALUES (99, 1, 'x')",
    "INSERT OR REPLACE INTO audit_head (id, number, link_mac, settled, mac) VALUES (1, 0, '', 0, '')",
    "INSERT OR REPLACE INTO event (id, participant_id, at, action) SELECT 1, participant_id, at, 'x' FROM event",
    "UPDATE event SET rowid = 77 WHERE id = 1",
    "UPDATE OR REPLACE audit_link SET entry_id = 2 WHERE number = 1",
]
_OF_POSTGRESQL = [f"TRUNCATE {table}" for table in GUARDED]


def test_the_database_itself_refuses_to_change_or_delete(audited: Engine) -> None:
    own = _OF_SQLITE if audited.dialect.name == "sqlite" else _OF_POSTGRESQL
    for statement in (*REFUSED, *own):
        with writing(audited).connect() as connection, pytest.raises(DBAPIError, match="rows are only ever added"):
            connection.exec_driver_sql(statement)
    assert found(verified(audited)) == ""


def test_moving_to_another_data_key_leaves_it_whole(audited: Engine, database_url: str, keys_dir: Path) -> None:
    with Session(writing(audited)) as session, session.begin():
        key_changes.rotate_data(session, keys_dir, NOW)
    engine = connect(database_url)
    keys = open_keys(keys_dir, engine, NOW)
    unlock(engine, keys.data)

    moved = key_changes.reencrypt(engine, keys)

    assert min(moved["audit_entry.before"], moved["audit_entry.after"], moved["event.reason"]) > 0
    assert found(verified(engine, keys_dir)) == ""
    engine.dispose()


def test_erased_reasons_leave_it_whole_once_their_erasure_is_in_it(
    audited: Engine, session: Session, keys_dir: Path
) -> None:
    told = session.scalars(select(Event).where(Event.action == "discharged")).one()
    told.reason = None
    audit.record(session, Action.ERASE, NOW, kind=Kind.PARTICIPANT, object_id=told.participant_id)
    session.commit()
    sealer.seal_all(audited, keys_dir)

    assert found(verified(audited)) == ""


def test_an_end_written_down_elsewhere_is_asked_for(audited: Engine) -> None:
    end = verified(audited).head

    assert verified(audited, None, end).is_whole
    assert not verified(audited, None, end[:-1] + ("0" if end[-1] != "0" else "1")).is_whole
    assert not verified(audited, None, "nonsense").is_whole


def test_what_happened_before_there_was_an_audit_is_in_it(
    engine: Engine, session: Session, center: Center, keys_dir: Path
) -> None:
    somebody_waits(session, center)
    with attacking(engine) as connection:
        for table in ("audit_link", "audit_entry"):
            connection.exec_driver_sql(f"DELETE FROM {table}")

    sealer.begin(engine, keys_dir)
    sealer.seal_all(engine, keys_dir)

    assert (found(verified(engine)), len(numbers(engine))) == ("", 1)


def test_two_processes_link_every_entry_once(engine: Engine, session: Session, keys_dir: Path) -> None:
    sealer.begin(engine, keys_dir)
    for number in range(30):
        audit.record(session, Act.SEARCHED, NOW + timedelta(seconds=number))
    session.commit()
    with Session(writing(engine)) as one:
        assert audit_chain.seal(one) == 30
        if engine.dialect.name == "postgresql":  # on SQLite the other one cannot even begin
            with Session(engine) as other:
                assert audit_chain.seal(other) == 0
        one.commit()

    assert (sealer.seal_all(engine, keys_dir), len(numbers(engine))) == (0, 30)


def test_an_earlier_number_that_is_committed_late_is_linked_too(
    engine: Engine, session: Session, keys_dir: Path
) -> None:
    if engine.dialect.name == "sqlite":
        return  # one transaction after the other
    sealer.begin(engine, keys_dir)
    with Session(engine) as slow:
        audit.record(slow, Act.SEARCHED, NOW)
        for _ in range(3):
            audit.record(session, Act.SEARCHED, NOW)
        session.commit()
        assert sealer.seal_all(engine, keys_dir) == 3
        with Session(engine) as other:
            assert not audit_chain.settle(other, behind=1), "somebody may still commit an earlier number"
        slow.commit()
    assert sealer.seal_all(engine, keys_dir) == 1

    with Session(engine) as other, other.begin():
        assert audit_chain.settle(other, behind=1)
    with Session(engine) as other:
        assert other.scalars(select(AuditHead.settled)).one() == 4
        assert other.scalars(select(AuditEntry.id)).all() == [1, 2, 3, 4]
    assert found(verified(engine)) == ""


def test_an_intake_does_not_wait_for_whoever_links(
    engine: Engine, session: Session, center: Center, keys_dir: Path
) -> None:
    if engine.dialect.name == "sqlite":
        return  # one writer at a time, whatever it writes
    sealer.begin(engine, keys_dir)
    with Session(engine) as linking:
        assert audit_chain.seal(linking)
        session.execute(text("SET LOCAL lock_timeout = '5s'"))
        somebody_waits(session, center)
        linking.commit()

    sealer.seal_all(engine, keys_dir)
    assert found(verified(engine)) == ""


def test_many_who_write_while_two_link_get_one_whole_chain(engine: Engine, center: Center, keys_dir: Path) -> None:
    sealer.begin(engine, keys_dir)
    sealer.seal_all(engine, keys_dir)
    before = len(numbers(engine))

    def write(worker: int) -> None:
        for number in range(10):
            with Session(writing(engine)) as session, session.begin():
                audit.record(session, Act.SEARCHED, NOW, by=center.dana, after={"found": 10 * worker + number})

    def link(_: int) -> None:
        for _ in range(10):
            sealer.seal_all(engine, keys_dir)

    with ThreadPoolExecutor(6) as threads:
        done = [*(threads.submit(write, each) for each in range(4)), *(threads.submit(link, each) for each in range(2))]
        for each in done:
            each.result()
    sealer.seal_all(engine, keys_dir)

    assert len(numbers(engine)) == before + 40
    assert found(verified(engine, keys_dir)) == ""


def test_the_chains_end_is_kept_in_a_private_file(audited: Engine, keys_dir: Path) -> None:
    assert sealer.seen_end(keys_dir) == verified(audited).head
    assert (keys_dir / sealer.HEAD_FILE).stat().st_mode & 0o777 == 0o600


def _cut_off(connection: Connection, number: int) -> None:
    gone = f"(SELECT entry_id FROM audit_link WHERE number >= {number})"
    connection.exec_driver_sql(f"DELETE FROM audit_entry WHERE id IN {gone}")
    connection.exec_driver_sql(f"DELETE FROM audit_link WHERE number >= {number}")
