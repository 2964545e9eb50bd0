"""Where two images differ, as `kiosk_image/compare` says it; on files that are no images."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.kiosk_image.tree import IMAGE

COMPARE: dict[str, Any] = runpy.run_path(str(IMAGE / "compare"))


@pytest.mark.parametrize(
    ("one", "other", "at"),
    [(b"same", b"same", None), (b"same", b"sane", 2), (b"same", b"same again", 4), (b"", b"x", 0)],
)
def test_the_first_byte_that_differs_is_found(tmp_path: Path, one: bytes, other: bytes, at: int | None) -> None:
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)

    assert COMPARE["first_difference"](tmp_path / "one", tmp_path / "other") == at


def test_only_the_part_that_is_asked_for_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"a same b")
    (tmp_path / "other").write_bytes(b"x same y")

    assert COMPARE["first_difference"](tmp_path / "one", tmp_path / "other", 2, 4) is None
    assert COMPARE["first_difference"](tmp_path / "one", tmp_path / "other", 2, 6) == 5


def test_files_that_differ_in_anything_are_named(tmp_path: Path) -> None:
    for tree in ("one", "other"):
        for name in ("etc/same", "etc/content", "etc/right", "etc/time"):
            (tmp_path / tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / tree / name).write_text("a")
            os.utime(tmp_path / tree / name, (1, 1))
        os.utime(tmp_path / tree / "etc", (1, 1))
    other = tmp_path / "other" / "etc"
    (other / "content").write_text("b")
    (other / "right").chmod(0o600)
    (other / "more").write_text("a")
    os.utime(other / "content", (1, 1))
    os.utime(other / "time", (2, 2))
    os.utime(other, (1, 1))

    told = [line.partition(":")[0] for line in COMPARE["differences_of_trees"](tmp_path / "one", tmp_path / "other")]

    assert told == ["etc/content", "etc/more", "etc/right", "etc/time"]
