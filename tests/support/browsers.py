"""What the browsers have in common: where a fresh profile may lie."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def profile_folder(binary: str) -> Iterator[Path]:
    """A fresh folder that this browser may use, removed at the end.

    A snap (Ubuntu's browsers are snaps) has a /tmp of its own and sees of the home folder only its own corner.
    """
    snap = _snap_of(binary)
    parent = None
    if snap is not None:
        parent = Path.home() / "snap" / snap / "common"
        parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="warm-handoff-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _snap_of(binary: str) -> str | None:
    """The snap's name when the command is one, or Debian's shell script that starts one."""
    path = Path(binary)
    if path.is_relative_to("/snap/bin"):
        return path.name
    target = path.resolve()
    if target.name == "snap":
        return path.name
    with target.open("rb") as file:
        script = file.read(4096)
    if script.startswith(b"#!") and b"/snap/bin/" in script:
        return script.split(b"/snap/bin/")[1].split()[0].strip(b'"').decode()
    return None
