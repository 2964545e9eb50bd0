"""How large the panel really is: sizes on the kiosk are millimetres, since fingers and eyes are."""

import math
from pathlib import Path

_DRM = Path("/sys/class/drm")
_EDID_CENTIMETRES = 21  # VESA E-EDID 1.4, table 3.1: bytes 21 and 22 are the screen's width and height
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


def _size(edid: Path) -> tuple[int, int] | None:
    """Width and height in mm; None for an empty connector or a panel that does not say."""
    try:
        content = edid.read_bytes()
    except OSError:
        return None
    if len(content) < 128 or not content[_EDID_CENTIMETRES] or not content[_EDID_CENTIMETRES + 1]:
        return None
    return content[_EDID_CENTIMETRES] * 10, content[_EDID_CENTIMETRES + 1] * 10
