"""The push server and the Firefox that browser tests share; each test opens its own pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.firefox import Firefox, firefox_profile, running_firefox
from tests.support.push_server import PushServer, running_push_server


@pytest.fixture
def push_server() -> Iterator[PushServer]:
    with running_push_server() as server:
        yield server


@pytest.fixture
def profile(push_server: PushServer) -> Iterator[Path]:
    """A Firefox profile for `push_server`; a test that closes and reopens the browser starts it itself."""
    with firefox_profile(push_server.websocket_url) as folder:
        yield folder


@pytest.fixture
def firefox(profile: Path) -> Iterator[Firefox]:
    with running_firefox(profile) as browser:
        yield browser
