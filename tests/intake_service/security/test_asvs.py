"""The account of ASVS 5.0 leaves no requirement out, names what shows it, and is the page that people read."""

import re
from pathlib import Path

from tests.intake_service.security.asvs import CHAPTERS, FILE, STATUSES, Row, chapter_of, page, read

ROOT = Path(__file__).parents[3]
REPORT = read()
ROWS: list[Row] = REPORT["requirements"]

LEVELS = {
    "1.1": "22", "1.2": "111112222", "1.3": "11222222222", "1.4": "222", "1.5": "12",
    "2.1": "122", "2.2": "112", "2.3": "1222", "2.4": "2",
    "3.2": "11", "3.3": "1222", "3.4": "112222", "3.5": "11122", "3.7": "22",
    "4.1": "122", "4.2": "2", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112", "5.3": "11", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "1122", "6.4": "1122", "6.5": "22222", "6.6": "222", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "22", "7.6": "22",
    "8.1": "12", "8.2": "112", "8.3": "1", "8.4": "2",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "22", "10.3": "2222", "10.4": "11111222222", "10.5": "22222", "10.6": "22", "10.7": "222",
    "11.1": "22", "11.2": "222", "11.3": "112", "11.4": "1222", "11.5": "2", "11.6": "2",
    "12.1": "122", "12.2": "11", "12.3": "2222",
    "13.1": "2", "13.2": "22222", "13.3": "22", "13.4": "12222",
    "14.1": "22", "14.2": "1222", "14.3": "122",
    "15.1": "122", "15.2": "122", "15.3": "1222222",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "222",
    "17.1": "2", "17.2": "2222", "17.3": "22",
}  # fmt: skip
"""By section of the standard, the levels of its requirements in their order; those of level 3 come last everywhere."""


def test_every_requirement_of_both_levels_is_there_once() -> None:
    expected = [
        (f"{section}.{number}", int(level))
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, start=1)
    ]

    assert [(row["id"], row["level"]) for row in ROWS] == expected
    assert len(ROWS) == 253  # 70 of level 1, 183 of level 2
    assert {chapter_of(row) for row in ROWS} == set(CHAPTERS)


def test_what_is_met_is_shown_and_what_is_not_says_why() -> None:
    for row in ROWS:
        assert row["status"] in STATUSES, row["id"]
        assert row["shown_by"] if row["status"] == "met" else row["note"].strip(), row["id"]


def test_what_it_names_is_there() -> None:
    missing = [named for row in ROWS for named in row.get("shown_by", ()) if not _is_there(named)]

    assert missing == []


def test_the_page_that_people_read_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == page(REPORT), "run: make docs"


def _is_there(named: str) -> bool:
    """A file or folder, or after `::` a test in it."""
    path, _, test = named.partition("::")
    if not test:
        return (ROOT / path).exists()
    return re.search(rf"^def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE) is not None
