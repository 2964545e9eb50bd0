"""docs/accessibility/openacr.yaml as a page to read: `make docs` writes docs/accessibility/report.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "accessibility"
FILE = FOLDER / "report.md"
CHAPTERS = {
    "success_criteria_level_a": "WCAG 2.2, level A",
    "success_criteria_level_aa": "WCAG 2.2, level AA",
    "functional_performance_criteria": "Section 508, chapter 3: functional performance",
    "hardware": "Section 508, chapter 4: the kiosk as a closed product",
    "software": "Section 508, chapter 5: software",
    "support_documentation_and_services": "Section 508, chapter 6: documentation and support",
}
COMPONENTS = {"web": "console", "software": "kiosk", "none": ""}


def read() -> dict[str, Any]:
    report: dict[str, Any] = yaml.safe_load((FOLDER / "openacr.yaml").read_text(encoding="utf-8"))
    return report


def page(report: dict[str, Any]) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"# {report['title']}"
    yield ""
    yield f"Of {report['report_date']}, version {report['product']['version']}. {report['product']['description']}"
    yield ""
    yield report["notes"].strip()
    yield ""
    yield f"**How it was found out.** {report['evaluation_methods_used'].strip()}"
    for chapter, title in CHAPTERS.items():
        yield from ("", f"## {title}", "", "| criterion | of | level | remarks |", "|---|---|---|---|")
        for criterion in report["chapters"][chapter]["criteria"]:
            for component in criterion["components"]:
                its = component["adherence"]
                of = COMPONENTS[component["name"]]
                yield f"| {criterion['num']} | {of} | {its['level'].replace('-', ' ')} | {its['notes']} |"


if __name__ == "__main__":
    FILE.write_text(page(read()), encoding="utf-8")
