"""What every room's tests stand on: a fresh, empty database for each test, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright
from sqlalchemy import Engine

from notifications.db import connect
from tests.support.desktop import Desktop, running_desktop
from tests.support.firefox import Firefox, firefox_profile, running_firefox
from tests.support.postgres import Postgres, running_postgres
from tests.support.push_server import PushServer, running_push_server

expect.set_options(timeout=30_000)  # milliseconds; several browsers may share a processor


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own; it starts when the first test asks for it."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, for `connect()` and for processes. No tables: create_all or migrate first."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    with cluster.database() as url:
        yield url


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """An empty database, unless the room's own tests begin with another one."""
    return empty_database_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on `database_url`, closed at the end."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """What drives Chromium; tests/support/chromium.py starts browsers with it.

    Not for the whole session: while it runs, its event loop counts as the main thread's, and `asyncio.run` refuses.
    """
    with sync_playwright() as running:
        yield running


@pytest.fixture
def push_server() -> Iterator[PushServer]:
    """A push service of our own, that Firefox connects to."""
    with running_push_server() as server:
        yield server


@pytest.fixture
def profile(push_server: PushServer) -> Iterator[Path]:
    """A Firefox profile for `push_server`; a test that closes and reopens the browser starts it itself."""
    with firefox_profile(push_server.websocket_url) as folder:
        yield folder


@pytest.fixture
def firefox(profile: Path) -> Iterator[Firefox]:
    """A Firefox whose pushes come by `push_server`."""
    with running_firefox(profile) as browser:
        yield browser


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    """Where a Chromium shows its notifications, and the test clicks them."""
    with running_desktop() as desktop:
        yield desktop
