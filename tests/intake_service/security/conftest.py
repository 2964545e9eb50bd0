"""Counts what was tried, over all tests and processes, and prints it at the end."""

from collections import Counter
from collections.abc import Callable

import pytest

Tally = Callable[..., None]
"""`tally("requests", 12)`: twelve more of them."""

_COUNTED = "counted"


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    counts: dict[str, int] = {}
    record_property(_COUNTED, counts)  # before the test: what is recorded after it is in no report of a passed one

    def count(what: str, number: int = 1) -> None:
        counts[what] = counts.get(what, 0) + number

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in getattr(report, "user_properties", ()):
            if name == _COUNTED:
                totals.update(value)
    if not totals:
        return
    terminalreporter.write_sep("=", "what was tried")
    width = max(map(len, totals))
    for what, number in sorted(totals.items()):
        terminalreporter.write_line(f"{what:<{width}}  {number:>9,}")
