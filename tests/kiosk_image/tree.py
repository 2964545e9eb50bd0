"""Where the image's files are, and how its settings are read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "kiosk_image"
EXTRA = IMAGE / "mkosi.extra"
"""Laid out as on the device."""


def settings(file: Path) -> dict[str, dict[str, list[str]]]:
    """Sections, keys and every value given to a key, also those on lines of their own."""
    found: dict[str, dict[str, list[str]]] = {}
    section, key = "", ""
    for line in file.read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif line[0].isspace():
            found[section][key].append(line.strip())
        else:
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key, []).extend([value] if value else [])
    return found
