"""A stolen database tells nothing: whatever was said is neither in its files, nor in its logs, nor in its dump."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, LargeBinary, bindparam, select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import assignments, callbacks, concerns, disclosures, participants, removals, second_factors
from intake_service.disclosures import Told
from intake_service.errors import NotReady
from intake_service.keys import Keys, open_keys
from intake_service.tables import Intake, Participant, Staff
from notifications import channels, subscriptions
from notifications.db import connect
from notifications.encrypted import DataKeys, Locked, unlock
from notifications.other_channels import OtherChannels
from notifications.subscriptions import Policy
from shared_schema.intake import Answer
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.center import Center
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, sealed
from tests.intake_service.stored_bytes import found, stored_bytes, ways_to_write
from tests.notifications.devices import Device

NAMES = ("Zuleika Testperson", "Ñandúlia Querida", "Quirinus Sample")
SAID = ("Quasimodina", "self-harm", "someone-i-love", "5550101234", "5550105678")
WRITTEN = (
    "moved to the morning group",
    "line was busy, will ring again",
    "bruise on the left arm",
    "talked with the coordinator",
    "has found a flat upstate",
    "retires to the seaside",
    "Dr. Made-up at the county clinic",
    "that a bed is needed tonight",
    "to keep a place at the shelter",
)
PLANTED = 40  # times, more than 20 kB of them
REACHED = ("made-up-endpoint-of-bob", "made-up-endpoint-of-alice", "bob-at-home@center.example", "chat-hook-secret")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def told(service: Service, session: Session, center: Center, keys: Keys) -> list[str]:
    """A center's day, with something personal in every place that there is for it; all of these words. Committed."""
    for name, phone in zip(NAMES, (*SAID[-2:], SAID[-1]), strict=True):
        hand_in(service, center, keys, name, phone)
    people = list(session.scalars(select(Intake.participant_id).order_by(Intake.sequence)))
    alice, dana = session.get_one(Staff, center.alice), session.get_one(Staff, center.dana)
    assignments.assign(session, people[0], center.charlie, alice, now())
    assignments.transfer(session, people[0], center.bob, WRITTEN[0], alice, now())
    callbacks.set_for(session, people[0], now(), alice, now())
    callbacks.called(session, people[0], WRITTEN[1], alice, now())
    concern_id = uuid7()
    concerns.write(session, concern_id, people[1], WRITTEN[2], alice, now())
    concerns.close(session, concern_id, WRITTEN[3], dana, now())
    disclosures.write_down(session, people[1], Told(*WRITTEN[6:]), alice, now())
    participants.discharge(session, people[2], WRITTEN[4], alice, now())
    session.commit()
    reached = reach(session, center)
    removals.remove_staff(session, center.charlie, dana, now(), WRITTEN[5])
    session.commit()
    return [*NAMES, *SAID, *WRITTEN, *REACHED, *reached]


def hand_in(service: Service, center: Center, keys: Keys, name: str, phone: str) -> None:
    """Through the kiosk's own door."""
    record = a_record(
        name,
        reach=Answer.of("phone"),
        phone=Answer.of(text=phone),
        talk_with=Answer.of("someone-i-know"),
        who_i_know=Answer.of(text=SAID[0]),
        brings_you=Answer.of(SAID[2]),
    )
    record = record.model_copy(update={"answers": {**record.answers, "urgent": Answer.of(SAID[1])}})
    body = sealed(record, keys.service_key).model_dump(mode="json")
    assert service.client.post(INTAKES_PATH, json=body, headers=center.kiosk.headers).status_code == 201


def reach(session: Session, center: Center) -> list[str]:
    """Bob and Alice turn alerts on, Alice turns them off again: her device is in a freed page. What reached them."""
    phones = Device(secret=b"secret of bob 16"), Device(secret=b"secret of alice!")
    for member, phone, name in zip((center.bob, center.alice), phones, REACHED[:2], strict=True):
        endpoint = f"https://updates.push.services.mozilla.com/wpush/v2/{name}"
        subscriptions.register(session, member, endpoint, phone.p256dh, phone.auth, "Phone", now(), Policy())
    session.commit()
    subscriptions.remove_all(session, center.alice)
    door = OtherChannels("mailto://127.0.0.1:25?from=alerts@center.example", allow_private=True)
    for address in (REACHED[2], f"json://127.0.0.1/{REACHED[3]}"):
        channels.add(session, door, address, "", now(), staff_id=center.bob)
    secret = second_factors.begin_code_app(session, session.get_one(Staff, center.bob), now())
    session.commit()
    return [secret, *(each for phone in phones for each in (phone.p256dh, phone.auth, phone.secret.decode()))]


def test_nothing_that_was_said_is_in_the_stored_bytes(
    told: Sequence[str], engine: Engine, database_url: str, session: Session
) -> None:
    places = stored_bytes(engine, database_url)

    assert {word: hits for word in told if (hits := found(word, places))} == {}
    assert [place for place in places if not found("Harbor House", {place: places[place]})] == []
    assert sorted(session.scalars(select(Participant.name))) == sorted(NAMES)


@pytest.mark.parametrize("word", ["Zuleika Testperson", "Ñandúlia"])
def test_a_word_that_is_planted_is_found_however_it_is_written(
    engine: Engine, database_url: str, session: Session, center: Center, word: str
) -> None:
    """Planted so often that some of it goes over the end of a page of the log."""
    ways = dict(ways_to_write(word))
    plant = text(
        "INSERT INTO passkey (id, staff_id, credential_id, public_key, sign_count, name, added_at) "
        "VALUES (:number, :bob, :number, :written, 0, :word, :now)"
    ).bindparams(bindparam("written", type_=LargeBinary))
    written = b" between ".join([b"", *ways.values(), b""])
    row = {"bob": center.bob, "written": written, "word": word, "now": now()}
    session.execute(plant, [{"number": number, **row} for number in range(PLANTED)])
    session.commit()

    places = stored_bytes(engine, database_url)

    assert "utf-8 in dump" in found(word, places) or engine.dialect.name == "sqlite"
    for place in ("files", "log"):
        assert found(word, {place: places[place]}) == [f"{way} in {place}" for way in ways]
        for way, each in ways.items():
            assert places[place].count(each) >= PLANTED, (way, place)


def test_a_copy_without_the_keys_is_locked(
    told: Sequence[str], engine: Engine, database_url: str, keys_dir: Path, tmp_path: Path
) -> None:
    copy = connect(a_copy(engine, database_url, tmp_path))

    for keys in (None, DataKeys.of([b"the data key of another database"])):
        if keys is not None:
            unlock(copy, keys)
        for column in (Participant.name, Participant.phone, Intake.answers):
            with Session(copy) as session, pytest.raises(Locked):
                session.scalars(select(column)).all()
    with pytest.raises(NotReady, match="Restore the folder from its backup"):
        open_keys(tmp_path / "an empty folder", copy, now())
    copy.dispose()


def a_copy(engine: Engine, database_url: str, folder: Path) -> str:
    """On SQLite of the file and its log; a PostgreSQL is opened by another process, which is as good."""
    if engine.dialect.name != "sqlite":
        return database_url
    (folder / "copy").mkdir()
    for file in folder.glob("test.sqlite3*"):
        shutil.copy(file, folder / "copy" / file.name)
    return f"sqlite:///{folder / 'copy' / 'test.sqlite3'}"
