"""Writes what Warm Handoff is made of, as a CycloneDX document: `python scripts/sbom.py FILE`.

From the packages that are installed beside this Python. What it runs on is `required`; what only builds or tests it is
`excluded`, so that an auditor sees at once which is which. The same packages give the same file.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
VERSION = SchemaVersion.V1_6


def main(file: Path) -> None:
    document = described()
    if wrong := faults(document):
        sys.exit(f"this is no CycloneDX {VERSION.to_version()}: {wrong}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    needed = sum(component["scope"] == "required" for component in document["components"])
    print(f"{file}: {len(document['components'])} packages, {needed} of them needed to run")


def described() -> dict[str, Any]:
    """What is installed, and what for."""
    document = installed()
    needed = locked("service.txt") | locked("kiosk.txt")
    for component in document["components"]:
        component["scope"] = "required" if canonicalize_name(component["name"]) in needed else "excluded"
    return document


def faults(document: Mapping[str, Any]) -> object | None:
    """What is wrong with it by CycloneDX's schema; None if nothing is. Takes a while, for all the addresses in it."""
    return JsonStrictValidator(VERSION).validate_str(json.dumps(document))


def installed() -> dict[str, Any]:
    """The document as CycloneDX's own tool writes it."""
    described = subprocess.run(
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", sys.executable),
            *("--pyproject", ROOT / "pyproject.toml", "--sv", VERSION.to_version()),
            *("--short-PURLs", "--output-reproducible", "--no-validate"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # that it is not validated here
        check=True,
    )
    document: dict[str, Any] = json.loads(described.stdout)
    return document


def locked(file: str) -> set[str]:
    """The packages of a lock. The document's own graph knows no extras: by it, what tests a package is needed."""
    names = re.findall(r"(?m)^([A-Za-z0-9._-]+)", (ROOT / "requirements" / file).read_text(encoding="utf-8"))
    return {canonicalize_name(name) for name in names}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
