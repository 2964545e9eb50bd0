from pathlib import Path

import pytest

from kiosk_client.panel import assumed_pixels_per_mm, keep_width, measured_pixels_per_mm, pixels_per_mm


def a_panel(drm: Path, name: str, centimetres: tuple[int, int], size: int = 128) -> None:
    edid = bytearray(size)
    edid[21:23] = bytes(centimetres)
    (drm / name).mkdir(parents=True)
    (drm / name / "edid").write_bytes(bytes(edid))


def test_a_panel_that_says_its_size_is_believed(tmp_path: Path) -> None:
    a_panel(tmp_path, "card0-HDMI-A-1", (48, 27))

    assert pixels_per_mm(1920, 1080, tmp_path) == pytest.approx(4.0)
    assert pixels_per_mm(1080, 1920, tmp_path) == pytest.approx(4.0)  # turned on its side


@pytest.mark.parametrize("size", [0, 22, 127])
def test_an_empty_connector_or_a_broken_answer_is_a_small_panel(tmp_path: Path, size: int) -> None:
    (tmp_path / "card0-DP-1").mkdir()
    (tmp_path / "card0-DP-1" / "edid").write_bytes(bytes(size))

    assert pixels_per_mm(1280, 800, tmp_path) == assumed_pixels_per_mm(1280, 800)


def test_a_panel_without_a_size_and_two_panels_are_a_small_panel(tmp_path: Path) -> None:
    a_panel(tmp_path, "card0-DP-1", (0, 27))
    assert pixels_per_mm(1280, 800, tmp_path) == assumed_pixels_per_mm(1280, 800)
    a_panel(tmp_path, "card0-DP-2", (48, 27))
    a_panel(tmp_path, "card0-DP-3", (52, 29))
    assert pixels_per_mm(1280, 800, tmp_path) == assumed_pixels_per_mm(1280, 800)


def test_on_the_smallest_panel_a_capital_letter_is_about_40_pixels() -> None:
    assert assumed_pixels_per_mm(1280, 800) * 25.4 * 10.1 == pytest.approx(1509.4, abs=1)


def test_a_machine_without_panels_is_fine(tmp_path: Path) -> None:
    assert pixels_per_mm(1280, 800, tmp_path / "nothing") == assumed_pixels_per_mm(1280, 800)


def test_what_staff_measured_counts_most(tmp_path: Path) -> None:
    assert measured_pixels_per_mm(tmp_path, 1280) is None

    keep_width(tmp_path, 217)

    assert measured_pixels_per_mm(tmp_path, 1280) == pytest.approx(5.9, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"wide", b"0", b"-5", b"\xff"])
def test_a_measure_that_cannot_be_is_as_if_there_were_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture-width-mm").write_bytes(content)

    assert measured_pixels_per_mm(tmp_path, 1280) is None
