import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notifications.vapid import FILE_NAME, CannotSign, VapidKeyError, load_or_create
from tests.notifications.devices import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / FILE_NAME


def test_the_key_is_made_once_and_kept(path: Path) -> None:
    first = load_or_create(path)

    assert load_or_create(path).public_key == first.public_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_have_one_key(path: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(load_or_create, path)
        ours = load_or_create(path)
    assert ours.public_key == theirs.result(10).public_key


def test_a_key_that_others_can_read_is_not_used(path: Path) -> None:
    load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(VapidKeyError, match="chmod 600"):
        load_or_create(path)


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_a_damaged_key_is_never_replaced(path: Path, content: bytes) -> None:
    load_or_create(path)
    path.write_bytes(content)
    with pytest.raises(VapidKeyError, match="Restore it from its backup"):
        load_or_create(path)
    assert path.read_bytes() == content


def test_no_token_is_made_for_what_is_no_origin(path: Path) -> None:
    with pytest.raises(CannotSign):
        load_or_create(path).sign("nowhere", "mailto:operator@center.example", NOW)
