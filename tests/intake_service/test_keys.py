"""The keys folder: private, complete, or the service does not start; and keys that are changed by number."""

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from intake_service import key_changes
from intake_service.errors import NotReady
from intake_service.keys import Keys, open_keys
from intake_service.tables import Participant
from notifications.db import writing
from notifications.encrypted import Locked, stored_keys, unlock
from notifications.private_files import create_once
from shared_schema.sealing import OpeningKey, open_envelope
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record, sealed

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_new_keys_are_readable_by_their_owner_only(keys_dir: Path, keys: Keys) -> None:
    assert sorted(path.name for path in keys_dir.iterdir()) == [
        "data-1.key",
        "digest.key",
        "opening-1.key",
        "vapid.key",
    ]
    assert {path.stat().st_mode & 0o777 for path in keys_dir.iterdir()} == {0o600}
    assert keys_dir.stat().st_mode & 0o777 == 0o700


def test_the_same_folder_gives_the_same_keys(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    assert open_keys(keys_dir, engine, NOW).ids == keys.ids


def test_no_key_is_told_by_what_a_log_or_a_debugger_shows(keys_dir: Path, keys: Keys) -> None:
    secrets_of_it = [path.read_bytes() for path in keys_dir.iterdir() if path.name != "vapid.key"]
    secrets_of_it.append(keys.data.recognise)
    shown = repr(keys)

    assert "Keys(" in shown
    assert [secret for secret in secrets_of_it if repr(secret)[2:-1] in shown] == []


@pytest.mark.parametrize("name", [".", "opening-1.key", "data-1.key", "digest.key"])
def test_keys_that_others_may_read_keep_the_service_from_starting(
    engine: Engine, keys_dir: Path, keys: Keys, name: str
) -> None:
    (keys_dir / name).chmod(0o755 if name == "." else 0o640)

    with pytest.raises(NotReady, match=r"Run: chmod [67]00 "):
        open_keys(keys_dir, engine, NOW)


@pytest.mark.parametrize("name", ["opening-1.key", "data-1.key", "digest.key", "vapid.key"])
def test_a_missing_key_is_not_made_anew(engine: Engine, keys_dir: Path, keys: Keys, name: str) -> None:
    (keys_dir / name).unlink()

    with pytest.raises(NotReady, match="Restore the folder from its backup"):
        open_keys(keys_dir, engine, NOW)
    assert not (keys_dir / name).exists()


def test_a_lost_folder_is_not_made_anew(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    keys_dir.rename(keys_dir.with_name("elsewhere"))

    with pytest.raises(NotReady, match="Restore the folder"):
        open_keys(keys_dir, engine, NOW)


def test_another_databases_keys_are_refused(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    (keys_dir / "digest.key").write_bytes(secrets.token_bytes(32))

    with pytest.raises(NotReady, match="digest key"):
        open_keys(keys_dir, engine, NOW)


@pytest.mark.parametrize("name", ["opening-1.key", "data-1.key", "digest.key", "vapid.key"])
def test_a_damaged_key_is_named(engine: Engine, keys_dir: Path, keys: Keys, name: str) -> None:
    (keys_dir / name).write_bytes(b"short")

    with pytest.raises(NotReady, match=name):
        open_keys(keys_dir, engine, NOW)


def test_the_highest_number_is_sealed_to_and_every_one_opens(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    earlier = sealed(a_record(), keys.service_key)
    for number in (2, 10):
        create_once(keys_dir / f"opening-{number}.key", OpeningKey.generate().raw)

    rotated = open_keys(keys_dir, engine, NOW)

    assert rotated.service_key == OpeningKey((keys_dir / "opening-10.key").read_bytes()).public()
    later = sealed(a_record(), rotated.service_key)
    for envelope in (earlier, later):
        open_envelope(envelope.envelope, envelope.intake_id, rotated.opening)


def test_what_the_old_data_key_wrote_is_read_beside_the_new_one(
    engine: Engine, keys_dir: Path, keys: Keys, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    create_once(keys_dir / "data-2.key", secrets.token_bytes(32))
    unlock(engine, open_keys(keys_dir, engine, NOW).data)

    somebody_waits(session, center, a_record("Quirin Sample"))

    with Session(engine) as reading:
        names = {participant.name for participant in reading.query(Participant)}
        stored = {bytes(name)[1:9] for (name,) in reading.execute(text("SELECT name FROM participant"))}
    assert names == {"Zuleika Testperson", "Quirin Sample"}
    assert len(stored) == 2

    (keys_dir / "data-1.key").unlink()
    with pytest.raises(NotReady, match="data key"):
        open_keys(keys_dir, engine, NOW)


def test_without_its_key_a_value_is_locked_and_says_nothing(
    engine: Engine, keys: Keys, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    with engine.begin() as connection:
        raw = bytes(connection.execute(text("SELECT name FROM participant")).scalar_one())
    damaged = raw[:-1] + bytes([raw[-1] ^ 1])
    with Session(writing(engine)) as writes, writes.begin():
        writes.execute(text("UPDATE participant SET name = :raw"), {"raw": damaged})

    with Session(engine) as reading, pytest.raises(Locked) as refusal:
        reading.query(Participant).all()
    assert "Zuleika" not in str(refusal.value)


def test_a_value_that_is_copied_into_another_column_does_not_open(
    engine: Engine, keys: Keys, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    session.execute(text("UPDATE participant SET phone = name"))
    session.commit()

    with Session(engine) as reading:
        assert reading.scalars(select(Participant.name)).one() == "Zuleika Testperson"
        with pytest.raises(Locked):
            reading.scalars(select(Participant.phone)).one()


@pytest.fixture
def credentials(keys: Keys, keys_dir: Path, tmp_path: Path) -> Path:
    """The same keys as systemd hands them over with `LoadCredential=keys:...`: root's files, the group's bits set."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    for path in keys_dir.iterdir():
        copy = folder / f"keys_{path.name}"
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o440)
    folder.chmod(0o550)
    return folder


def test_keys_may_be_credentials_of_systemd(
    engine: Engine, keys: Keys, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotReady, match=r"Run: chmod 700 "):
        open_keys(credentials, engine, NOW)

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert open_keys(credentials, engine, NOW).ids == keys.ids

    (credentials / "keys_digest.key").chmod(0o444)
    with pytest.raises(NotReady, match=r"Run: chmod 600 .*keys_digest.key"):
        open_keys(credentials, engine, NOW)


def test_a_file_that_only_looks_like_a_key_is_none(engine: Engine, keys: Keys, keys_dir: Path) -> None:
    for name in ("data_7.key", "metadata.key", "data-x.key", "data-3.key.bak", ".data-4.key.0a1b"):
        (keys_dir / name).write_bytes(b"no key")

    assert open_keys(keys_dir, engine, NOW).ids == keys.ids


def into_the_environment(keys_dir: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """These files are variables from now on."""
    for name in names:
        path = keys_dir / name
        monkeypatch.setenv(variable_of(name), base64.b64encode(path.read_bytes()).decode())
        path.unlink()


def variable_of(name: str) -> str:
    return f"WARM_HANDOFF_KEY_{name.removesuffix('.key').replace('-', '_').upper()}"


def test_keys_may_come_from_the_environment(
    engine: Engine, keys: Keys, keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into_the_environment(keys_dir, monkeypatch, *(path.name for path in keys_dir.glob("*.key")))
    keys_dir.rmdir()

    assert open_keys(keys_dir, engine, NOW).ids == keys.ids
    of_a_worker = stored_keys(keys_dir)
    assert of_a_worker is not None
    assert of_a_worker.current == keys.data.current
    assert not keys_dir.exists()


def test_the_folder_and_the_environment_are_one(
    engine: Engine, keys: Keys, keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into_the_environment(keys_dir, monkeypatch, "data-1.key")
    with Session(writing(engine)) as session, session.begin():
        assert key_changes.rotate_data(session, keys_dir, NOW).name == "data-2.key"

    rotated = open_keys(keys_dir, engine, NOW)
    unlock(engine, rotated.data)
    assert set(rotated.data.ciphers) > set(keys.data.ciphers)
    key_changes.reencrypt(engine, rotated)
    assert key_changes.retire_data(engine, keys_dir, 1, NOW).name == "WARM_HANDOFF_KEY_DATA_1"
    monkeypatch.delenv("WARM_HANDOFF_KEY_DATA_1")
    assert set(open_keys(keys_dir, engine, NOW).data.ciphers) == {rotated.data.current}


@pytest.mark.parametrize("name", ["opening-1.key", "data-1.key", "digest.key", "vapid.key"])
def test_a_damaged_variable_is_named_and_not_shown(
    engine: Engine, keys: Keys, keys_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (keys_dir / name).unlink()
    for damaged in ("*** no base64 ***", "c2hvcnQ="):
        monkeypatch.setenv(variable_of(name), damaged)

        with pytest.raises(NotReady, match=variable_of(name)) as refusal:
            open_keys(keys_dir, engine, NOW)
        assert damaged not in str(refusal.value)


def test_a_key_that_is_in_both_places_is_nobodys_guess(
    engine: Engine, keys: Keys, keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARM_HANDOFF_KEY_DIGEST", "c2hvcnQ=")

    with pytest.raises(NotReady, match="Take one of them away"):
        open_keys(keys_dir, engine, NOW)
