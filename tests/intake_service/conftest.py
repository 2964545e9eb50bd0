"""A database with the service's tables and keys, and the service itself on a loopback port."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import migrations, passwords
from intake_service.app import create_app
from intake_service.keys import Keys, open_keys
from intake_service.settings import Settings
from notifications.db import connect, writing
from notifications.encrypted import unlock
from tests.intake_service.center import Center, a_center
from tests.intake_service.live import Service, running_service
from tests.support.postgres import Postgres


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash function with the least work, for tests that are not about it."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with this release's tables, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "migrated.sqlite3"
    engine = connect(f"sqlite:///{file}")
    migrations.migrate(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> Iterator[str]:
    """The name of such a database on PostgreSQL."""
    with postgres.database() as url:
        engine = connect(url)
        migrations.migrate(engine)
        engine.dispose()
        database = engine.url.database
        assert database is not None
        yield database


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with this release's tables."""
    if database_kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.sqlite3")
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    with cluster.database(request.getfixturevalue("migrated_template")) as url:
        yield url


@pytest.fixture
def engine(database_url: str, keys_dir: Path) -> Iterator[Engine]:
    """Unlocked."""
    engine = connect(database_url)
    unlock(engine, open_keys(keys_dir, engine, datetime.now(UTC)).data)
    yield engine
    engine.dispose()


@pytest.fixture
def keys(engine: Engine, keys_dir: Path) -> Keys:
    return open_keys(keys_dir, engine, datetime.now(UTC))


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session; what it has not committed when the test ends is gone."""
    with Session(writing(engine), expire_on_commit=False) as session:
        yield session


@pytest.fixture
def center(session: Session, keys: Keys) -> Center:
    """A site with a kiosk and people who can sign in."""
    return a_center(session, keys)


@pytest.fixture
def kiosk_updates(tmp_path: Path) -> Path:
    """A folder as for releases of the kiosk image; all that is in it is a list of nothing."""
    folder = tmp_path / "kiosk-updates"
    folder.mkdir()
    (folder / "SHA256SUMS").touch()
    return folder


@pytest.fixture
def settings(engine: Engine, database_url: str, keys_dir: Path, kiosk_updates: Path) -> Settings:
    """For processes and apps on this test's database, which `engine` has migrated."""
    return Settings(database_url=database_url, keys_dir=keys_dir, kiosk_updates=kiosk_updates, worker_inside=False)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """The real service behind a real uvicorn on loopback: `service.url`, `service.client`, `service.app`."""
    with running_service(create_app(settings)) as service:
        yield service
