"""The fonts of the form's languages, built as on a kiosk, and kept under build/ until what makes them changes."""

import hashlib
from pathlib import Path

from kiosk_client import font_building
from kiosk_client.fonts import INDEX
from shared_schema.form import load_form
from tests.support.taking_turns import alone

_ROOT = Path(__file__).parents[2]
_SOURCES = ("font_building.py", "fonts.py", "fonts.yaml")


def built_fonts() -> Path:
    """The folder. Building takes some ten seconds."""
    texts = load_form().texts
    made_from = hashlib.sha256("".join(texts).encode())
    for name in _SOURCES:
        made_from.update((_ROOT / "kiosk_client" / name).read_bytes())
    folder = _ROOT / "build" / "fonts" / made_from.hexdigest()[:16]
    with alone(folder):
        if not (folder / INDEX).exists():
            font_building.build(texts.values(), folder)
    return folder
