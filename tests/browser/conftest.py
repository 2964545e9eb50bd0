"""What Chromium's push messages come by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import chromium_profile
from tests.support.google_push import GooglePush, running_google_push


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GooglePush]:
    with running_google_push(tmp_path) as service:
        yield service


@pytest.fixture
def chromium() -> Iterator[Path]:
    """A profile."""
    with chromium_profile() as profile:
        yield profile
