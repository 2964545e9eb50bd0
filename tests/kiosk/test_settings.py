from pathlib import Path

import pytest

from kiosk_client.settings import Settings, parse_window


def test_without_anything_it_is_a_full_screen_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kiosk")

    assert Settings.from_environment({}) == Settings(state=Path("/home/kiosk/.local/state/warm-handoff-kiosk"))
    assert Settings.from_environment({"XDG_STATE_HOME": "/var/lib"}).state == Path("/var/lib/warm-handoff-kiosk")


def test_everything_can_be_set() -> None:
    environment = {
        "STATE": "/srv/kiosk",
        "WINDOW": "1080x1920",
        "ALLOW_HTTP": "yes",
        "CA_FILE": "/etc/center-ca.pem",
        "DENSITY": "5.9",
        "KEYPAD_ONLY": "1",
        "SETUP": "/run/kiosk-setup/handoff.toml",
        "WIFI": "/run/kiosk-wifi",
    }

    assert Settings.from_environment({f"WARM_HANDOFF_KIOSK_{name}": value for name, value in environment.items()}) == (
        Settings(
            Path("/srv/kiosk"),
            (1080, 1920),
            allow_http=True,
            ca_file="/etc/center-ca.pem",
            density=5.9,
            keypad_only=True,
            setup=Path("/run/kiosk-setup/handoff.toml"),
            wifi=Path("/run/kiosk-wifi"),
        )
    )


@pytest.mark.parametrize("text", ["", "1280", "1280x", "x800", "1280x0", "-1x5", "1280x800x2", "1280×800"])
def test_a_window_that_is_none_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="1280x800"):
        parse_window(text)


@pytest.mark.parametrize("text", ["wide", "0", "nan", "400"])
def test_a_density_that_cannot_be_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="pixels per mm"):
        Settings.from_environment({"WARM_HANDOFF_KIOSK_DENSITY": text})


@pytest.mark.parametrize("text", ["", "0", "no", "false"])
def test_http_elsewhere_needs_a_clear_yes(text: str) -> None:
    assert not Settings.from_environment({"WARM_HANDOFF_KIOSK_ALLOW_HTTP": text}).allow_http


@pytest.mark.parametrize(("text", "printer"), [("", None), ("none", ""), ("tcp:192.0.2.7:9100", "tcp:192.0.2.7:9100")])
def test_a_kiosk_may_have_its_own_printer_or_none(text: str, printer: str | None) -> None:
    assert Settings.from_environment({"WARM_HANDOFF_KIOSK_PRINTER": text}).printer == printer


def test_a_printer_that_cannot_be_is_said_so() -> None:
    with pytest.raises(ValueError, match="/dev/usb/lp0"):
        Settings.from_environment({"WARM_HANDOFF_KIOSK_PRINTER": "lp0"})
