"""How large the panel really is: sizes on the kiosk are millimetres, since fingers and eyes are."""

import math
from pathlib import Path

_DRM = Path("/sys/class/drm")
_EDID_CENTIMETRES = 21  # VESA E-EDID 1.4, table 3.1: bytes 21 and 22 are the screen's width and height
_MEASURED = "picture-width-mm"
_DIAGONAL = 10.1 * 25.4  # mm: the smallest panel we are made for


def pixels_per_mm(width: int, height: int, drm: Path = _DRM) -> float:
    """Of a full screen of so many pixels, from what the panel says of itself.

    A panel that says nothing, or two of them, count as one of 10.1 inches: there everything fits.
    """
    sizes = [size for edid in sorted(drm.glob("*/edid")) if (size := _size(edid))]
    if len(sizes) == 1:
        return max(width, height) / max(sizes[0])
    return assumed_pixels_per_mm(width, height)


def assumed_pixels_per_mm(width: int, height: int) -> float:
    """As if a picture of so many pixels filled a panel of 10.1 inches."""
    return math.hypot(width, height) / _DIAGONAL


def keep_width(folder: Path, millimetres: int) -> None:
    """Staff measured the lit picture; it counts more than what the panel says. Raises OSError."""
    (folder / _MEASURED).write_text(f"{millimetres}\n", encoding="ascii")


def measured_pixels_per_mm(folder: Path, width: int) -> float | None:
    """By what staff measured; None when nobody did, or what is kept cannot be."""
    try:
        millimetres = int((folder / _MEASURED).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return width / millimetres if millimetres > 0 else None


def _size(edid: Path) -> tuple[int, int] | None:
    """Width and height in mm; None for an empty connector or a panel that does not say."""
    try:
        content = edid.read_bytes()
    except OSError:
        return None
    if len(content) < 128 or not content[_EDID_CENTIMETRES] or not content[_EDID_CENTIMETRES + 1]:
        return None
    return content[_EDID_CENTIMETRES] * 10, content[_EDID_CENTIMETRES + 1] * 10
