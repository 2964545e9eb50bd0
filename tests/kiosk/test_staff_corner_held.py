"""Real touches on the corner that is the staff's."""

import pytest

from tests.kiosk.offscreen import OffscreenKiosk


def test_a_corner_that_is_only_touched_stays_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    with OffscreenKiosk() as offscreen:
        assert offscreen.surface is not None
        opened: list[str] = []
        monkeypatch.setattr(offscreen.surface, "_on_corner", lambda: opened.append("corner"))
        monkeypatch.setattr("kiosk_client.screens.surface.HELD", 0.3)
        right, top = offscreen.surface.width - 5, offscreen.surface.height - 5
        for (x, y), seconds in (((right, top), 0.0), ((5, top), 0.4), ((right, 5), 0.4)):
            offscreen.rest(x, y, seconds)
        assert opened == []

        offscreen.rest(right, top, 0.4)

        assert opened == ["corner"]
