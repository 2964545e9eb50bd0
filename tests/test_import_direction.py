"""Who may lean on whom, and through which door each outside library comes in."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_LEAN_ON = {
    "shared_schema": set[str](),
    "kiosk_client": {"shared_schema"},
    "notifications": {"shared_schema"},
    "intake_service": {"shared_schema", "notifications"},
}
DOORS = {
    "bidi": {"kiosk_client/screens/text.py"},
    "escpos": {"kiosk_client/printer.py"},
    "fontTools": {"kiosk_client/font_building.py"},
    "kivy": {"kiosk_client/app.py", "kiosk_client/screens/*"},
    "requests": {"kiosk_client/service_api.py"},
    "pywebpush": {"notifications/webpush.py"},
    "aiohttp": {"notifications/webpush.py"},
    "apprise": {"notifications/other_channels.py"},
    "argon2": {"intake_service/passwords.py"},
    "zxcvbn": {"intake_service/passwords.py"},
    "pyotp": {"intake_service/second_factors.py"},
    "segno": {"intake_service/qr.py"},
    "webauthn": {"intake_service/passkeys.py"},
    "authlib": {"intake_service/directory.py"},
    "joserfc": {"intake_service/directory.py"},
    "httpx2": {"intake_service/directory.py"},
    "fastapi": {"intake_service/app.py", "intake_service/db.py", "intake_service/routes/*"},
    "cryptography": {
        "shared_schema/sealing.py",
        "notifications/vapid.py",
        "notifications/encrypted.py",
        "intake_service/keys.py",
    },
}


def modules(room: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imported(module: ast.Module) -> Iterator[str]:
    """The top names of everything that is imported, wherever in the file."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the room they come from"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("room", MAY_LEAN_ON)
def test_a_room_leans_only_on_those_below_it(room: str) -> None:
    for name, module in modules(room):
        other_rooms = set(imported(module)) & {*MAY_LEAN_ON, "tests", "bench", "kiosk_image"} - {room}
        assert other_rooms <= MAY_LEAN_ON[room], name


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_has_one_door(library: str) -> None:
    through = {name for room in MAY_LEAN_ON for name, module in modules(room) if library in set(imported(module))}

    assert {name for name in through if not any(fnmatch(name, door) for door in DOORS[library])} == set()
