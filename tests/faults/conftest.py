import pytest

from kiosk_client import sender


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kiosk that tries again every second at the latest, so that the tests need not wait a minute."""
    monkeypatch.setattr(sender, "_LONGEST_RETRY", 1.0)
