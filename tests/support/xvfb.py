"""A virtual screen of our own: it picks a free number by itself and is gone at the end."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import ImageGrab


@contextmanager
def virtual_screen(width: int = 1280, height: int = 800, framebuffer: Path | None = None) -> Iterator[str]:
    """The DISPLAY (such as `:3`) of a fresh screen. `framebuffer`: a folder in which its pixels appear as a file."""
    readable, writable = os.pipe()
    options = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable), *options, *(["-fbdir", str(framebuffer)] if framebuffer else [])],
        pass_fds=[writable],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(writable)
    try:
        with os.fdopen(readable) as number:
            display = number.readline().strip()  # ends when the server is ready, or empty when it has died
        if not display:
            raise RuntimeError("Xvfb did not start")
        yield f":{display}"
    finally:
        server.terminate()
        server.wait(10)


def picture_of_screen(display: str, path: Path) -> None:
    """Save what the whole screen shows as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ImageGrab.grab(xdisplay=display).save(path)
