"""What the console makes for a kiosk is what the kiosk understands."""

from pathlib import Path
from urllib.parse import unquote

import segno

from intake_service import kiosk_handoff
from kiosk_client.handoff_file import Handoff, Wifi, read

ADDRESS, CODE = "https://handoff.example.org", "K7QM-4XPD"


def test_the_file_is_read_as_it_was_meant(tmp_path: Path) -> None:
    file = tmp_path / kiosk_handoff.FILE_NAME
    file.write_text(kiosk_handoff.file("Front door # 2", ADDRESS, CODE, "Tuesday, 9:30 AM"))

    assert read(file) == Handoff(ADDRESS, CODE)


def test_its_lines_about_a_network_only_wait_for_their_hash_to_go(tmp_path: Path) -> None:
    file = tmp_path / kiosk_handoff.FILE_NAME
    written = kiosk_handoff.file("Front door", ADDRESS, CODE, "Tuesday, 9:30 AM")
    for line in ("[wifi]", "name", "passphrase", "country"):
        written = written.replace(f"\n#{line}", f"\n{line}")
    file.write_text(written)

    assert read(file).wifi == Wifi(name="the name of the network", passphrase="its passphrase", country="US")


def test_the_link_has_the_whole_file_in_itself() -> None:
    content = kiosk_handoff.file("Eingang <\"&'> ü", ADDRESS, CODE, "Tuesday")

    kind, _, escaped = kiosk_handoff.link(content).partition(",")

    assert kind == "data:application/toml;charset=utf-8"
    assert unquote(escaped) == content
    assert not set(escaped) & set("<>\"'& ")


def test_the_picture_holds_the_line_that_a_scanner_types() -> None:
    picture = kiosk_handoff.picture(ADDRESS, CODE)

    drawn = segno.make(f"{ADDRESS}/pair#{CODE}", micro=False, error="m")
    width = drawn.symbol_size(scale=5, border=3)[0]
    assert picture.startswith("<svg")
    assert f'viewBox="0 0 {width} {width}"' in picture  # so that it can be shown in any size
    assert "script" not in picture
