"""QR codes, drawn as SVG that stands in a page by itself: no script, no picture from elsewhere."""

import segno


def drawn(content: str) -> str:
    """For a camera, or a scanner before a screen. Always dark on light, whatever colours the page has."""
    return segno.make(content, micro=False, error="m").svg_inline(
        scale=5, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
