"""The line that the console shows as a QR code and a scanner types."""

import pytest

from shared_schema import pairing_link


@pytest.mark.parametrize("address", ["https://handoff.example.org", "https://192.0.2.7:8443", "http://[::1]:8000"])
def test_what_is_written_is_read(address: str) -> None:
    link = pairing_link.written(address, "K7QM-4XPD")

    assert link == f"{address}/pair#K7QM-4XPD"
    assert pairing_link.read(link) == (address, "K7QM-4XPD")


def test_what_was_typed_before_does_not_matter() -> None:
    line = "https://old.example" + "x" * 500 + "https://handoff.example.org/pair#k7qm-4xpd"

    assert pairing_link.read(line) == ("https://handoff.example.org", "K7QM-4XPD")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "handoff.example.org",
        "https://handoff.example.org",
        "https://handoff.example.org/pair#K7QM-4XP",
        "https://handoff.example.org/pair#K7QM-4XPD ",
        "https://user@handoff.example.org/pair#K7QM-4XPD",
        "ftp://handoff.example.org/pair#K7QM-4XPD",
        "https://handoff.example.org/console#K7QM-4XPD",
    ],
)
def test_anything_else_is_no_link(line: str) -> None:
    assert pairing_link.read(line) is None


def test_the_code_is_where_no_browser_sends_it() -> None:
    sent, _, kept = pairing_link.written("https://handoff.example.org/", "K7QM-4XPD").partition("#")

    assert (sent, kept) == ("https://handoff.example.org/pair", "K7QM-4XPD")
