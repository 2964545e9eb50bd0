"""axe-core, which finds what keeps people out of a page. npm installs it into build/, as the lock file says."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from tests.support.taking_turns import alone

_LOCKED = Path(__file__).parents[1] / "browser" / "axe"
_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_COLORS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_SCHEMES: Mapping[Literal["light", "dark"], Mapping[str, object]] = {"light": _ALL, "dark": _COLORS}
_WITHIN = 300.0  # seconds


@dataclass(frozen=True)
class Axe:
    """The script, to be run in a page."""

    script: str

    def faults(self, page: Page, only: Mapping[str, object] = _ALL) -> list[str]:
        """What is wrong on the page, as `rule: where`; empty when nothing is."""
        page.evaluate(self.script)  # not by a script element: the page's own policy forbids it
        found: dict[str, Any] = page.evaluate(
            "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
        )
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def faults_in_light_and_dark(self, page: Page, pictures: Path, name: str) -> dict[str, list[str]]:
        """What is wrong, by the name of the picture that shows it. Leaves `<name>-light.png` and `<name>-dark.png`.

        Every rule is tried on the light page; nothing but its colors differs in the dark.
        """
        page.wait_for_load_state()
        found = {}
        for scheme, only in _SCHEMES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=pictures / f"{name}-{scheme}.png", full_page=True)
            if faults := self.faults(page, only):
                found[f"{name}-{scheme}"] = faults
        return found


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
