"""What an administrator can set on a kiosk, by environment variables that begin with WARM_HANDOFF_KIOSK_."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from shared_schema.kiosk_api import KioskSettings


@dataclass(frozen=True)
class Settings:
    """`state`: the folder of pairing and spool. `window`: width and height in pixels, None for the full screen.

    `allow_http`: a service without TLS elsewhere than on this machine; only for trying things out.
    `ca_file`: the center's own certificate authority. `density`: pixels per mm when the panel reports a wrong one.
    `keypad_only`: once it is paired, a keyboard that is plugged in can do what a keypad can, and types nothing.
    `setup`: the handoff.toml that a kiosk which is not paired yet looks for; None for none.
    `wifi`: the folder of wpa_supplicant's control sockets; None: the network is not the kiosk's business.
    `printer`: this kiosk's own receipt printer, "" for none; None: the one that the site has.
    `prompts`, `fonts`: the folders of what is rendered to be said and of the built fonts, when not the usual ones.
    """

    state: Path
    window: tuple[int, int] | None = None
    allow_http: bool = False
    ca_file: str | None = None
    density: float | None = None
    prompts: Path | None = None
    fonts: Path | None = None
    printer: str | None = None
    keypad_only: bool = False
    setup: Path | None = None
    wifi: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises ValueError with the variable to mend."""

        def value(name: str) -> str:
            return environment.get(f"WARM_HANDOFF_KIOSK_{name}", "")

        home = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return cls(
            state=Path(value("STATE") or Path(home) / "warm-handoff-kiosk"),
            window=parse_window(value("WINDOW")) if value("WINDOW") else None,
            allow_http=_is_yes(value("ALLOW_HTTP")),
            ca_file=value("CA_FILE") or None,
            density=_parse_density(value("DENSITY")) if value("DENSITY") else None,
            prompts=Path(value("PROMPTS")) if value("PROMPTS") else None,
            fonts=Path(value("FONTS")) if value("FONTS") else None,
            printer=_parse_printer(value("PRINTER")) if value("PRINTER") else None,
            keypad_only=_is_yes(value("KEYPAD_ONLY")),
            setup=Path(value("SETUP")) if value("SETUP") else None,
            wifi=Path(value("WIFI")) if value("WIFI") else None,
        )


def parse_window(text: str) -> tuple[int, int]:
    """`1280x800` as two numbers. Raises ValueError."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ValueError(f"a window size is written like 1280x800, not {text!r}")
    return int(width), int(height)


def _is_yes(text: str) -> bool:
    return text.lower() in {"1", "true", "yes"}


def _parse_printer(text: str) -> str:
    """`none`, or a place as shared_schema.kiosk_api.Printer takes it. Raises ValueError."""
    try:
        return KioskSettings(printer="" if text == "none" else text).printer
    except ValidationError:
        raise ValueError(
            f"WARM_HANDOFF_KIOSK_PRINTER is none, tcp:192.0.2.7:9100 or /dev/usb/lp0, not {text!r}"
        ) from None


def _parse_density(text: str) -> float:
    try:
        density = float(text)
    except ValueError:
        density = 0
    if not 1 <= density <= 40:
        raise ValueError(f"WARM_HANDOFF_KIOSK_DENSITY is pixels per mm, such as 5.9, not {text!r}")
    return density
