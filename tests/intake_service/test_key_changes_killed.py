"""A change of keys that is killed at any moment leaves everything readable, and goes on when it is run again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, undefer_group

from intake_service.keys import Keys, open_keys
from intake_service.settings import Settings
from intake_service.tables import Intake, Participant
from notifications import subscriptions
from notifications.encrypted import unlock
from notifications.private_files import number_of, numbered
from notifications.tables import PushSubscription
from shared_schema.sealing import open_envelope
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record, sealed
from tests.notifications.devices import Device
from tests.support.dying import Run, dying

NAMES = ["Ottilie Made-up", "Quirin Sample", "Zuleika Testperson"]
_MOST_MOMENTS = 200
NEVER = 10_000
RESTARTED = "--all-restarted"


@pytest.fixture
def run(settings: Settings) -> Iterator[Run]:
    environment = {
        "WARM_HANDOFF_DATABASE_URL": settings.database_url,
        "WARM_HANDOFF_KEYS_DIR": str(settings.keys_dir),
    }
    with dying(environment) as run:
        yield run


@pytest.fixture
def people(session: Session, center: Center) -> None:
    """Three intakes, and Bob's phone. Committed."""
    for name in NAMES:
        somebody_waits(session, center, a_record(name))
    Device().subscribe(session, center.bob, "http://127.0.0.1/bobs-phone")
    session.commit()


def everything_is_readable(engine: Engine, keys_dir: Path) -> Keys:
    keys = open_keys(keys_dir, engine, datetime.now(UTC))
    unlock(engine, keys.data)
    with Session(engine) as session:
        assert sorted(session.scalars(select(Participant.name))) == NAMES
        assert all(session.scalars(select(Intake.answers)))
        for phone in session.scalars(select(PushSubscription).options(undefer_group("reach"))):
            assert keys.vapid.signing_for(phone.vapid_key_id) is not None
    return keys


def killed_at_every_moment(run: Run, engine: Engine, keys_dir: Path, *command: str, every: int = 1) -> int:
    """How often it was killed before it came through, or before it had nothing left to do."""
    for kills, moment in enumerate(range(1, _MOST_MOMENTS, every)):
        code = run(moment, *command)
        everything_is_readable(engine, keys_dir)
        if code != -9:
            assert code == (1 if is_gone(keys_dir, *command) and kills else 0)
            return kills
    raise AssertionError("it never came through")


def is_gone(keys_dir: Path, _keys: str, action: str, *of: str) -> bool:
    """The command was to delete a file, which it had done when it was killed."""
    return action == "retire" and int(of[1]) not in [number_of(path, of[0]) for path in numbered(keys_dir, of[0])]


@pytest.mark.parametrize("kind", ["opening", "data", "vapid"])
def test_a_rotation(run: Run, people: None, engine: Engine, keys_dir: Path, keys: Keys, kind: str) -> None:
    before = numbered(keys_dir, kind)
    on_its_way = sealed(a_record(), keys.service_key)

    every = 1 if kind == "data" else 3  # the others go the same way
    assert killed_at_every_moment(run, engine, keys_dir, "keys", "rotate", kind, every=every) > 2

    now = everything_is_readable(engine, keys_dir)
    assert numbered(keys_dir, kind)[: len(before)] == before
    assert now.ids > keys.ids
    open_envelope(on_its_way.envelope, on_its_way.intake_id, now.opening)


def test_moving_to_a_new_data_key_and_letting_the_old_one_go(
    run: Run, people: None, engine: Engine, keys_dir: Path, keys: Keys
) -> None:
    assert run(NEVER, "keys", "rotate", "data") == 0

    assert killed_at_every_moment(run, engine, keys_dir, "keys", "reencrypt", RESTARTED, every=3) > 5
    assert killed_at_every_moment(run, engine, keys_dir, "keys", "retire", "data", "1", RESTARTED) > 3

    now = everything_is_readable(engine, keys_dir)
    assert set(now.data.ciphers) == {now.data.current}
    assert [path for path in keys_dir.iterdir() if path.name.startswith((".data-1", "data-1"))] == []


def test_letting_a_vapid_key_go(
    run: Run, people: None, engine: Engine, keys_dir: Path, session: Session, center: Center
) -> None:
    assert run(NEVER, "keys", "rotate", "vapid") == 0
    subscriptions.remove_all(session, center.bob)
    session.commit()

    assert killed_at_every_moment(run, engine, keys_dir, "keys", "retire", "vapid", "0", RESTARTED) > 3

    assert [path.name for path in numbered(keys_dir, "vapid")] == ["vapid-1.key"]
