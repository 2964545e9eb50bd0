"""docs/security/asvs.yaml as a page to read: `make docs` writes docs/security/asvs.md."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[3] / "docs" / "security"
FILE = FOLDER / "asvs.md"
CHAPTERS = {
    1: "Encoding and sanitization",
    2: "Validation and business logic",
    3: "Web frontend",
    4: "API and web service",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Self-contained tokens",
    10: "OAuth and OpenID Connect",
    11: "Cryptography",
    12: "Communication",
    13: "Configuration",
    14: "Data protection",
    15: "Coding and architecture",
    16: "Logging and errors",
    17: "WebRTC",
}
STATUSES = ("met", "not met", "not applicable")

Row = dict[str, Any]


def read() -> dict[str, Any]:
    report: dict[str, Any] = yaml.safe_load((FOLDER / "asvs.yaml").read_text(encoding="utf-8"))
    return report


def chapter_of(row: Row) -> int:
    return int(row["id"].partition(".")[0])


def page(report: dict[str, Any]) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = report["requirements"]
    yield f"# {report['standard']}"
    yield ""
    yield f"Of {report['date']}. {report['notes'].strip()}"
    yield from ("", "| | " + " | ".join(STATUSES) + " | together |", "|---|---|---|---|---|")
    for level in (1, 2):
        counts = Counter(row["status"] for row in rows if row["level"] == level)
        numbers = [counts[status] for status in STATUSES]
        yield f"| level {level} | {' | '.join(map(str, numbers))} | {sum(numbers)} |"
    yield from ("", "## What is not met", "")
    yield from (f"- **{row['id']}** {row['asks']}: {row['note']}" for row in rows if row["status"] == "not met")
    for number, name in CHAPTERS.items():
        yield from ("", f"## {number}. {name}", "")
        yield "| requirement | level | asks | status | how or why | shown by |"
        yield "|---|---|---|---|---|---|"
        yield from (_line(row) for row in rows if chapter_of(row) == number)


def _line(row: Row) -> str:
    shown_by = "<br>".join(f"`{each}`" for each in row.get("shown_by", ()))
    return f"| {row['id']} | {row['level']} | {row['asks']} | {row['status']} | {row.get('note', '')} | {shown_by} |"


if __name__ == "__main__":
    FILE.write_text(page(read()), encoding="utf-8")
