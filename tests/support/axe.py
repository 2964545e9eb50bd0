"""axe-core, which finds what keeps people out of a page. npm installs it into build/, as the lock file says."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.taking_turns import alone

_LOCKED = Path(__file__).parents[1] / "browser" / "axe"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WITHIN = 300.0  # seconds


@dataclass(frozen=True)
class Axe:
    """The script, to be run in a page."""

    script: str

    def faults(self, page: Page) -> list[str]:
        """What is wrong on the page, as `rule: where`; empty when nothing is."""
        page.evaluate(self.script)  # not by a script element: the page's own policy forbids it
        found: dict[str, Any] = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", _RULES
        )
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]


def installed(build: Path) -> Axe:
    """The locked release, installed once for each lock file."""
    folder = build / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    lock = folder / "package-lock.json"
    with alone(folder):
        if not script.exists() or lock.read_bytes() != (_LOCKED / "package-lock.json").read_bytes():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_LOCKED / name, folder / name)
            npm = shutil.which("npm")
            if npm is None:
                raise RuntimeError("no npm on this machine: run scripts/debian-packages test")
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, timeout=_WITHIN, capture_output=True)
    return Axe(script.read_text(encoding="utf-8"))
