"""Keys that are changed by the command line: the old ones go on opening and reading until nothing needs them."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from intake_service import key_changes, sessions
from intake_service.__main__ import main
from intake_service.audit import Act
from intake_service.audit_tables import AuditEntry
from intake_service.errors import SignInNeeded
from intake_service.keys import Keys, open_keys
from intake_service.settings import Settings
from intake_service.tables import Intake, Participant, Staff
from notifications import subscriptions
from notifications.db import Base
from notifications.encrypted import EncryptedText, unlock
from notifications.vapid import key_id_of
from shared_schema.sealing import open_envelope
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record, sealed
from tests.notifications.devices import Device
from tests.notifications.earlier_format import as_earlier

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
RESTARTED = "--all-restarted"


@pytest.fixture(autouse=True)
def environment(settings: Settings, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARM_HANDOFF_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WARM_HANDOFF_KEYS_DIR", str(settings.keys_dir))


def test_what_was_sealed_before_is_opened_after_a_rotation(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    earlier = sealed(a_record(), keys.service_key)

    assert main(["keys", "rotate", "opening"]) == 0

    rotated = open_keys(keys_dir, engine, NOW)
    assert rotated.service_key != keys.service_key
    later = sealed(a_record(), rotated.service_key)
    for envelope in (earlier, later):
        open_envelope(envelope.envelope, envelope.intake_id, rotated.opening)


@pytest.mark.parametrize("kind", ["opening", "data", "vapid"])
def test_a_new_key_is_private_and_the_database_asks_for_it(
    keys_dir: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keys", "rotate", kind])

    path = keys_dir / f"{kind}-{1 if kind == 'vapid' else 2}.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "restart the service and its workers" in capsys.readouterr().err

    path.unlink()
    assert main(["keys", "list"]) == 1
    assert "Restore the folder from its backup" in capsys.readouterr().err


def test_an_old_data_key_is_retired_once_everything_has_moved(
    engine: Engine, keys_dir: Path, session: Session, center: Center, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    main(["keys", "rotate", "data"])
    assert main(["keys", "retire", "data", "1", RESTARTED]) == 1
    assert "First run: warm-handoff keys reencrypt" in capsys.readouterr().err
    assert (keys_dir / "data-1.key").exists()

    assert main(["keys", "reencrypt", RESTARTED]) == 0
    assert "participant.name\t1" in capsys.readouterr().out
    assert main(["keys", "retire", "data", "1", RESTARTED]) == 0

    assert not (keys_dir / "data-1.key").exists()
    unlock(engine, open_keys(keys_dir, engine, NOW).data)
    with Session(engine) as reading:
        assert reading.scalars(select(Participant.name)).all() == ["Zuleika Testperson"]
        assert reading.scalars(select(Intake.answers)).all()


def test_moving_goes_on_where_it_stopped(
    engine: Engine, keys_dir: Path, session: Session, center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_changes, "_AT_ONCE", 2)
    for name in ("Zuleika", "Quirin", "Ottilie"):
        somebody_waits(session, center, a_record(name))
    main(["keys", "rotate", "data"])
    keys = open_keys(keys_dir, engine, NOW)
    unlock(engine, keys.data)
    somebody_waits(session, center, a_record("Written with the new key"))

    assert key_changes.reencrypt(engine, keys)["participant.name"] == 3
    assert set(key_changes.reencrypt(engine, keys).values()) == {0}


def test_what_an_earlier_release_wrote_is_read_and_moved(
    engine: Engine, keys_dir: Path, keys: Keys, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Overwritten"))
    key = (keys_dir / "data-1.key").read_bytes()
    session.execute(text("UPDATE participant SET name = :stored"), {"stored": as_earlier("Zuleika Testperson", key)})
    session.commit()
    name = select(Participant.name)
    assert session.scalars(name).one() == "Zuleika Testperson"
    session.commit()

    assert key_changes.reencrypt(engine, keys)["participant.name"] == 1

    with Session(engine) as reading:
        assert reading.scalars(name).one() == "Zuleika Testperson"
        assert bytes(reading.execute(text("SELECT name FROM participant")).scalar_one())[0] == 2


def test_every_encrypted_column_is_a_place_of_its_own() -> None:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText):
                assert column.type.place == f"{table.name}.{column.name}"


def test_every_table_with_encrypted_values_is_moved(engine: Engine, keys: Keys) -> None:
    assert set(key_changes.reencrypt(engine, keys)) >= {"participant.phone", "code_app.secret", "channel.address"}


def test_a_value_whose_key_is_lost_stops_the_move_and_is_left_alone(
    engine: Engine, keys: Keys, session: Session, center: Center, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    foreign = b"\x01" + bytes(40)
    session.execute(text("UPDATE participant SET name = :foreign"), {"foreign": foreign})
    session.commit()

    assert main(["keys", "reencrypt", RESTARTED]) == 1

    assert "participant.name was written with a key that is not here" in capsys.readouterr().err
    with engine.begin() as connection:
        assert bytes(connection.execute(text("SELECT name FROM participant")).scalar_one()) == foreign


def test_an_old_vapid_key_is_retired_once_every_browser_has_the_new_one(
    engine: Engine, keys_dir: Path, keys: Keys, session: Session, center: Center, capsys: pytest.CaptureFixture[str]
) -> None:
    old = keys.vapid.public_key
    Device().subscribe(session, center.bob, "http://127.0.0.1/bobs-phone")
    session.commit()
    main(["keys", "rotate", "vapid"])
    rotated = open_keys(keys_dir, engine, NOW).vapid
    assert rotated.public_key != old
    assert rotated.signing_for("") == rotated.signing_for(key_id_of(old))

    for key_id, and_then in (("", key_id_of(old)), (key_id_of(old), key_id_of(rotated.public_key))):
        assert set(subscriptions.vapid_keys_needed(session)) == {key_id}
        session.commit()
        assert main(["keys", "retire", "vapid", "0", RESTARTED]) == 1
        assert "still reaches 1 browsers" in capsys.readouterr().err
        subscriptions.of_staff(session, center.bob)[0].vapid_key_id = and_then
        session.commit()

    assert main(["keys", "retire", "vapid", "0", RESTARTED]) == 0

    assert not (keys_dir / "vapid.key").exists()
    assert open_keys(keys_dir, engine, NOW).vapid.public_key == rotated.public_key


@pytest.mark.parametrize(("number", "sentence"), [("1", "is the newest"), ("7", "There is no data key 7")])
def test_a_key_that_is_written_with_or_is_not_there_cannot_be_retired(
    keys_dir: Path, number: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "retire", "data", number, RESTARTED]) == 1

    assert sentence in capsys.readouterr().err
    assert (keys_dir / "data-1.key").exists()


def test_nothing_is_moved_before_somebody_says_that_all_were_restarted() -> None:
    with pytest.raises(SystemExit):
        main(["keys", "reencrypt"])


def test_everybody_signs_in_again_where_another_service_would_change_its_cookie_key(
    session: Session, center: Center
) -> None:
    bob = session.get_one(Staff, center.bob)
    token = sessions.begin(session, bob, datetime.now(UTC)).token
    session.commit()

    assert main(["keys", "rotate", "sessions"]) == 0

    with pytest.raises(SignInNeeded):
        sessions.signed_in(session, token, datetime.now(UTC))


def test_what_is_done_to_keys_is_in_the_audit(engine: Engine, keys_dir: Path, session: Session, center: Center) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    for words in ("rotate opening", "rotate data", f"reencrypt {RESTARTED}", f"retire data 1 {RESTARTED}"):
        assert main(["keys", *words.split()]) == 0

    unlock(engine, open_keys(keys_dir, engine, NOW).data)
    entries = select(AuditEntry).where(AuditEntry.action == Act.KEYS_CHANGED).order_by(AuditEntry.id)
    found = [entry.after for entry in session.scalars(entries)]

    assert len(found) == 4
    assert "data-1.key" in (found[-1] or "")


def test_keys_are_listed_and_no_secret_is_said(keys_dir: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for words in (
        "rotate opening",
        "rotate data",
        "rotate vapid",
        "list",
        f"reencrypt {RESTARTED}",
        "--help",
        "rotate --help",
    ):
        with suppress(SystemExit):  # of --help
            assert main(["keys", *words.split()]) == 0
    captured = capfdbinary.readouterr()
    said = captured.out + captured.err

    for file in ("opening-2.key", "data-2.key", "digest.key", "vapid.key", "vapid-1.key"):
        assert file.encode() in said
    assert b"written with" in said and b"sealed to" in said
    for path in keys_dir.glob("*.key"):
        secret = path.read_bytes()
        parts = secret.splitlines()[1:-1] if path.name.startswith("vapid") else [secret, secret.hex().encode()]
        assert not any(part in said for part in parts)


def test_a_read_only_keys_folder_is_good_enough_to_start(engine: Engine, keys_dir: Path, keys: Keys) -> None:
    for path in keys_dir.iterdir():
        path.chmod(0o400)
    keys_dir.chmod(0o500)

    assert open_keys(keys_dir, engine, NOW).ids == keys.ids
    keys_dir.chmod(0o700)
