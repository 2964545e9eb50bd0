"""Durable before the ticket, erased after the receipt, and nothing lost in between."""

import random
import resource
import select
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk_client import spool as spool_module
from kiosk_client.spool import Counts, Spool, SpoolError
from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import Call
from shared_schema.sealing import OpeningKey
from tests.kiosk.intakes import NOW, a_record, held, sealed

KEY = OpeningKey.generate().public()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spool.sqlite3"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    spool = Spool(path)
    yield spool
    spool.close()


@contextmanager
def disk_that_takes(size: int) -> Iterator[None]:
    """The kernel lets no file of this process grow beyond so many bytes, as a full disk would not."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def test_what_is_held_is_there_for_another_process_at_once(spool: Spool, path: Path) -> None:
    (record,) = held(spool, KEY)

    with sqlite3.connect(path) as other:
        assert other.execute("SELECT id FROM intake").fetchall() == [(str(record.id),)]
    other.close()


def test_it_is_written_through_to_the_disk(spool: Spool) -> None:
    assert spool._opened().execute("PRAGMA synchronous").fetchone() == (2,)
    assert spool._opened().execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_oldest_comes_first_and_unchanged(spool: Spool) -> None:
    first, second = held(spool, KEY, 2)

    oldest = spool.next()
    assert oldest is not None
    assert (oldest.sealed.intake_id, oldest.proof) == (first.id, first.expected_proof())
    spool.accepted(first.id, NOW)
    following = spool.next()
    assert following is not None
    assert following.sealed.intake_id == second.id


def test_after_the_receipt_no_byte_of_the_content_is_left_in_any_file(spool: Spool, path: Path) -> None:
    record = a_record()
    content = sealed(record, KEY)
    spool.hold(content, record.expected_proof(), record.ticket, NOW)
    pieces = [content.envelope.ciphertext[at : at + 40].encode() for at in range(0, 2000, 40)]
    assert all(piece in on_disk(path) for piece in pieces)

    spool.accepted(record.id, NOW)

    left = on_disk(path)
    assert not any(piece in left for piece in pieces)
    assert record.expected_proof().encode() not in left
    assert str(record.id).encode() in left


def test_it_is_erased_for_good_among_others_as_well(spool: Spool, path: Path) -> None:
    records = held(spool, KEY, 12)
    waiting = spool.next()
    assert waiting is not None
    gone = waiting.sealed.envelope.ciphertext[100:160].encode()

    spool.accepted(records[0].id, NOW)

    assert gone not in on_disk(path)
    assert spool.counts().held == 11


def test_only_its_own_user_can_read_the_files(spool: Spool, path: Path) -> None:
    held(spool, KEY)

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3  # the file, its log and the log's index


def test_a_refused_intake_is_kept_and_no_longer_in_the_way(spool: Spool) -> None:
    first, second = held(spool, KEY, 2)

    spool.refused(first.id, "invalid_record", NOW)

    following = spool.next()
    assert following is not None
    assert following.sealed.intake_id == second.id
    assert spool.counts() == Counts(held=1, refused=1, oldest_held_at=NOW)


def test_what_was_refused_is_tried_again_in_its_order_when_staff_say_so(spool: Spool) -> None:
    first, _ = held(spool, KEY, 2)
    spool.refused(first.id, "unknown_key", NOW)

    spool.try_refused_again()

    oldest = spool.next()
    assert oldest is not None
    assert oldest.sealed.intake_id == first.id
    assert spool.counts() == Counts(held=2, refused=0, oldest_held_at=NOW)


def test_an_empty_spool_holds_nothing(spool: Spool) -> None:
    assert spool.next() is None
    assert spool.next_call() is None
    assert spool.counts() == Counts(held=0, refused=0, oldest_held_at=None)


def test_what_is_held_survives_a_restart(path: Path) -> None:
    spool = Spool(path)
    (record,) = held(spool, KEY)
    spool.close()

    again = Spool(path)

    oldest = again.next()
    assert oldest is not None
    assert oldest.sealed.intake_id == record.id
    again.close()


def test_the_last_tickets_are_remembered_after_their_intakes_are_gone(spool: Spool) -> None:
    for number, ticket in enumerate(("maple-1", "pine-2", "rose-3")):
        record = a_record()
        spool.hold(sealed(record, KEY), record.expected_proof(), ticket, NOW + timedelta(minutes=number))
        spool.accepted(record.id, NOW)

    assert spool.recent_tickets(2) == {"pine-2", "rose-3"}


def test_a_full_disk_keeps_nothing_half_and_goes_on_when_there_is_room(spool: Spool, path: Path) -> None:
    (first,) = held(spool, KEY)
    record = a_record()

    with disk_that_takes(1024):
        for _ in range(3):
            with pytest.raises(SpoolError):
                spool.hold(sealed(record, KEY), record.expected_proof(), record.ticket, NOW)
        assert spool.counts().held == 1
        oldest = spool.next()
        assert oldest is not None
        assert oldest.sealed.intake_id == first.id

    spool.hold(sealed(record, KEY), record.expected_proof(), record.ticket, NOW)
    assert spool.counts().held == 2
    assert spool._opened().execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_receipt_on_a_full_disk_is_an_error_and_not_a_loss(spool: Spool) -> None:
    (record,) = held(spool, KEY)

    with disk_that_takes(1024), pytest.raises(SpoolError):
        spool.accepted(record.id, NOW)

    assert spool.counts().held == 1
    spool.accepted(record.id, NOW)
    assert spool.counts().held == 0


def test_a_folder_that_cannot_be_written_is_said_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    spool = Spool(tmp_path / "state" / "spool.sqlite3")
    for _ in range(2):
        with pytest.raises(SpoolError, match="cannot be opened"):
            spool.counts()

    (tmp_path / "state").unlink()

    held(spool, KEY)
    assert spool.counts().held == 1
    spool.close()


def test_a_spool_that_is_no_database_is_said_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"something else altogether" * 100)
    spool = Spool(path)

    with pytest.raises(SpoolError, match="cannot be opened"):
        held(spool, KEY)

    assert path.read_bytes() == b"something else altogether" * 100


def test_a_kiosk_can_start_on_a_full_disk_and_goes_on_when_there_is_room(path: Path) -> None:
    spool = Spool(path)
    with disk_that_takes(0):
        for _ in range(2):
            with pytest.raises(SpoolError):
                spool.counts()

    held(spool, KEY)

    assert spool.counts().held == 1
    spool.close()


def test_nothing_of_the_content_is_in_an_error(spool: Spool) -> None:
    record = a_record()
    content = sealed(record, KEY)
    with disk_that_takes(1024), pytest.raises(SpoolError) as refusal:
        spool.hold(content, record.expected_proof(), record.ticket, NOW)

    assert content.envelope.ciphertext[:20] not in str(refusal.value)


def test_weeks_without_a_service_do_not_fill_the_disk(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "MOST_HELD", 3)
    held(spool, KEY, 3)

    with pytest.raises(SpoolError, match="full"):
        held(spool, KEY)

    oldest = spool.next()
    assert oldest is not None
    spool.accepted(oldest.sealed.intake_id, NOW)
    held(spool, KEY)


def test_a_year_of_intakes_leaves_a_small_file(spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "_SETTLED_KEPT", 20)
    monkeypatch.setattr(spool_module, "_CALLS_KEPT", 20)
    record = a_record()
    content = sealed(record, KEY)
    for number in range(300):
        each = SealedIntake(intake_id=UUID(int=number), envelope=content.envelope)
        spool.hold(each, record.expected_proof(), "maple-7", NOW)
        spool.call(each.intake_id, NOW)
        spool.answered(each.intake_id, heard=True)
        spool.accepted(each.intake_id, NOW)

    assert len(on_disk(path)) < 200_000
    assert len(spool._read("SELECT id FROM intake")) <= 22


def test_two_threads_hold_and_send_without_losing_any(spool: Spool) -> None:
    sent: list[UUID] = []
    done = threading.Event()

    def send() -> None:
        while not (done.is_set() and spool.next() is None):
            if oldest := spool.next():
                sent.append(oldest.sealed.intake_id)
                spool.accepted(oldest.sealed.intake_id, NOW)

    sender = threading.Thread(target=send)
    sender.start()
    records = held(spool, KEY, 60)
    done.set()
    sender.join(60)

    assert sent == [record.id for record in records]


def test_a_call_for_a_person_is_kept_once_and_answered_once(spool: Spool) -> None:
    first, second = uuid4(), uuid4()
    for intake_id in (first, first, second):
        spool.call(intake_id, NOW)

    assert spool.next_call() == Call(intake_id=first, called_at=NOW)
    spool.answered(first, heard=True)
    assert spool.next_call() == Call(intake_id=second, called_at=NOW)
    spool.answered(second, heard=False)
    assert spool.next_call() is None
    assert (spool.was_heard(first), spool.was_heard(second)) == (True, False)


_HOLDS_UNTIL_KILLED = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from kiosk_client.spool import Spool
from shared_schema.sealing import OpeningKey
from tests.kiosk.intakes import a_record, sealed

spool = Spool(Path(sys.argv[1]))
key = OpeningKey.generate().public()
number = 0
while True:
    record = a_record()
    spool.hold(sealed(record, key), record.expected_proof(), record.ticket, datetime.now(UTC))
    print("held", record.id, flush=True)  # the ticket is on the screen
    number += 1
    if number % 3 == 0:
        oldest = spool.next()
        print("sent", oldest.sealed.intake_id, flush=True)  # the receipt has come in
        spool.accepted(oldest.sealed.intake_id, datetime.now(UTC))
"""


def test_a_kiosk_killed_at_any_moment_keeps_what_it_promised(path: Path) -> None:
    source = random.Random(2026)
    promised: dict[UUID, str] = {}
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", _HOLDS_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 60)[0]  # it has begun
        threading.Event().wait(source.uniform(0, 0.25))
        process.kill()
        said, _ = process.communicate(timeout=30)
        for line in said.decode().split("\n")[:-1]:
            what, _, intake_id = line.partition(" ")
            promised[UUID(intake_id)] = what

    spool = Spool(path)
    assert spool._opened().execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept = {UUID(row[0]) for row in spool._read("SELECT id FROM intake WHERE sealed IS NOT NULL")}
    spool.close()
    assert {intake_id for intake_id, what in promised.items() if what == "held"} <= kept
    assert len(promised) > 12
