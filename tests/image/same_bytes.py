"""Two builds of the same sources: by name only, as root, after `make image`. As long as two builds take.

They are made in two folders, so that a path of the machine that builds would be found as well.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.machine import ROOT

pytestmark = pytest.mark.timeout(7200)


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = ROOT / "build" / "image-test" / "same-bytes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def test_two_builds_are_the_same_to_the_byte(folder: Path) -> None:
    one, other = (built(folder / name) for name in ("one", "other"))

    compared = subprocess.run(
        [ROOT / "kiosk_image" / "compare", one, other], capture_output=True, text=True, check=False
    )

    assert compared.stdout == "the same to the byte\n"


def built(top: Path) -> Path:
    """An image of what is committed, made there. The tools and the packages that were fetched are this machine's."""
    (top / "build").mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "--extract", "--directory", top], input=archive.stdout, check=True)
    (top / ".venv").symlink_to(ROOT / ".venv")
    (top / "build" / "kiosk-tools").symlink_to(ROOT / "build" / "kiosk-tools")
    shutil.copytree(ROOT / "build" / "kiosk-packages", top / "build" / "kiosk-packages", symlinks=True)
    date = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": date.stdout.strip()}
    subprocess.run([top / "kiosk_image" / "build"], env=environment, check=True, timeout=3600, capture_output=True)
    (image,) = (top / "build" / "kiosk-image").glob("*.raw")
    return image
