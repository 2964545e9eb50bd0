"""A database with the service's tables and keys, and the service itself on a loopback port."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import migrations
from intake_service.app import create_app
from intake_service.keys import Keys, open_keys
from intake_service.settings import Settings
from notifications.db import connect, writing
from notifications.encrypted import unlock
from tests.intake_service.center import Center, a_center
from tests.intake_service.live import Service, running_service


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def engine(database_url: str, keys_dir: Path) -> Iterator[Engine]:
    """Migrated and unlocked."""
    engine = connect(database_url)
    migrations.migrate(engine)
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
def settings(engine: Engine, database_url: str, keys_dir: Path) -> Settings:
    """For processes and apps on this test's database, which `engine` has migrated."""
    return Settings(database_url=database_url, keys_dir=keys_dir, worker_inside=False)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """The real service behind a real uvicorn on loopback: `service.url`, `service.client`, `service.app`."""
    with running_service(create_app(settings)) as service:
        yield service
