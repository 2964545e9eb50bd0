"""The accessibility report names what shows it, leaves no criterion out and is the page that people read."""

import re
from pathlib import Path

from tests.accessibility.report import CHAPTERS, COMPONENTS, FILE, page, read

ROOT = Path(__file__).parents[2]
LEVELS = {"supports", "partially-supports", "does-not-support", "not-applicable", "not-evaluated"}
NAMED = re.compile(r"\b(?:tests|docs)/[\w/-]+\.(?:py|md)\b")
HOW_MANY = {"success_criteria_level_a": 31, "success_criteria_level_aa": 24, "functional_performance_criteria": 9}
"""WCAG 2.2 without the obsolete 4.1.1; 36 CFR 1194 App. C 302."""

REPORT = read()
ROWS = [
    (chapter, criterion["num"], component["name"], component["adherence"])
    for chapter in CHAPTERS
    for criterion in REPORT["chapters"][chapter]["criteria"]
    for component in criterion["components"]
]


def test_every_criterion_is_there_once_for_each_thing_it_is_about() -> None:
    assert set(REPORT["chapters"]) == set(CHAPTERS)
    assert len({row[:3] for row in ROWS}) == len(ROWS)
    for chapter, count in HOW_MANY.items():
        assert len(REPORT["chapters"][chapter]["criteria"]) == count
    of_wcag = {(name, num) for chapter, num, name, _ in ROWS if chapter.startswith("success")}
    assert {num for name, num in of_wcag if name == "web"} == {num for name, num in of_wcag if name == "software"}


def test_every_row_says_how_far_and_why() -> None:
    for chapter, number, name, adherence in ROWS:
        assert name in COMPONENTS, (chapter, number)
        assert adherence["level"] in LEVELS, (chapter, number)
        assert adherence["notes"].strip(), (chapter, number)


def test_what_it_names_is_there() -> None:
    named = {path for *_, adherence in ROWS for path in NAMED.findall(adherence["notes"])}

    assert len(named) >= 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_page_that_people_read_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == page(REPORT), "run: make docs"
