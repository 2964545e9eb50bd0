"""docs/security/access.md as data: which caller gets through which door."""

from pathlib import Path

ACCESS = Path(__file__).parents[3] / "docs" / "security" / "access.md"
_ROW = "| `"
_HEAD = "| route |"

Door = tuple[str, str]
"""Method and pattern of a route."""


def access_table() -> dict[Door, dict[str, str]]:
    """By route and caller, the word that the document gives. A route that has two rows is an error."""
    lines = ACCESS.read_text().splitlines()
    callers = _cells(next(line for line in lines if line.startswith(_HEAD)))[1:]
    table: dict[Door, dict[str, str]] = {}
    for line in lines:
        if not line.startswith(_ROW):
            continue
        route, *words = _cells(line)
        method, pattern = route.strip("`").split(" ")
        if (method, pattern) in table:
            raise ValueError(f"{route} has two rows")
        table[method, pattern] = dict(zip(callers, words, strict=True))
    return table


def rows(table: dict[Door, dict[str, str]]) -> str:
    """The same as the document has it, for whoever writes it."""
    return "\n".join(
        f"| `{method} {pattern}` | {' | '.join(words.values())} |" for (method, pattern), words in table.items()
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n ").split("|")]
