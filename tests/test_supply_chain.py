"""What Warm Handoff is made of: pinned, listed, and every exception from the security rules explained."""

import os
import re
import runpy
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.service import free_port

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
ROOMS = ("shared_schema", "kiosk_client", "notifications", "intake_service", "tests", "bench", "scripts")


@pytest.fixture(scope="module")
def sbom() -> Mapping[str, Callable[..., Any]]:
    """What scripts/sbom.py can do."""
    return runpy.run_path(str(ROOT / "scripts" / "sbom.py"))


@pytest.fixture(scope="module")
def document(sbom: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    document: dict[str, Any] = sbom["described"]()
    return document


def direct(*groups: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for group in groups for each in group}


def to_run() -> set[str]:
    return direct(PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())


def to_develop() -> set[str]:
    return direct(*PROJECT["dependency-groups"].values())


def test_the_bill_of_materials_names_every_direct_dependency_with_its_version(document: Mapping[str, Any]) -> None:
    found: dict[str, Any] = {canonicalize_name(each["name"]): each for each in document["components"]}

    for name in to_run() | to_develop():
        assert (name, found[name]["version"]) == (name, version(name))
        assert found[name]["purl"].lower() == f"pkg:pypi/{name}@{version(name)}"
    assert {found[name]["scope"] for name in to_run()} == {"required"}
    assert {found[name]["scope"] for name in ("pytest", "mypy", "playwright", "cyclonedx-bom")} == {"excluded"}
    assert document["metadata"]["component"]["version"] == PROJECT["project"]["version"]


def test_the_bill_of_materials_is_in_cyclonedx_and_tells_nothing_of_this_machine(
    sbom: Mapping[str, Callable[..., Any]], document: Mapping[str, Any]
) -> None:
    short = [{**each, "externalReferences": []} for each in document["components"]]  # which take long to look at

    assert sbom["faults"]({**document, "components": short}) is None
    assert sbom["faults"]({**document, "components": [{"type": "no such type", "name": "x"}]}) is not None
    assert str(ROOT) not in str(document)
    assert "file:" not in str(document)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_locked_package_has_hashes_and_no_address(lock: Path) -> None:
    content = lock.read_text(encoding="utf-8")
    pinned = re.split(r"(?m)^(?=[a-z0-9])", content)[1:]

    assert len(pinned) > 20
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ ", each) and "--hash=sha256:" in each for each in pinned)
    assert "://" not in content


def test_every_direct_dependency_is_locked() -> None:
    locked = {lock.name: set(re.findall(r"(?m)^([a-z0-9._-]+)", lock.read_text(encoding="utf-8"))) for lock in LOCKS}

    assert to_run() | to_develop() <= locked["dev.txt"]
    for extra, file in (("service", "service.txt"), ("kiosk", "kiosk.txt")):
        chosen = direct(PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"][extra])
        assert chosen <= locked[file]


def test_without_the_internet_the_audit_of_packages_claims_nothing(tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), f"http://127.0.0.1:{free_port()}")
    done = subprocess.run(
        [ROOT / "scripts" / "audit-packages", tmp_path],
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing is known about these packages" in done.stderr


def exceptions() -> Iterator[tuple[str, str]]:
    """Where a security rule is switched off in a line, and the whole line."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if re.search(r"# noqa: [A-Z0-9, ]*\bS\d", line):
                    yield f"{path.relative_to(ROOT)}:{number}", line


def test_every_exception_from_the_security_rules_says_why_where_it_stands() -> None:
    unexplained = [
        place for place, line in exceptions() if not re.search(r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)*\s+\S+ \S+", line)
    ]

    assert len(list(exceptions())) >= 10
    assert unexplained == []


def test_the_security_rules_hold_in_everything_that_is_installed() -> None:
    lint = PROJECT["tool"]["ruff"]["lint"]
    excepted = {
        where: [rule for rule in rules if rule.startswith("S")]
        for where, rules in lint["per-file-ignores"].items()
        if any(rule.startswith("S") for rule in rules)
    }

    assert "S" in lint["select"]
    assert [rule for rule in lint["ignore"] if rule.startswith("S")] == []
    assert excepted.keys() == {"tests/**", "bench/**", "scripts/**"}  # none of which is in the wheel
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(ROOMS[:4])
