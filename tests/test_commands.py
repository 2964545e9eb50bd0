"""The two commands say what they need before they need it."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def machine_without_packages(folder: Path) -> str:
    """A PATH with what every Debian has and nothing that the tests need on top, for somebody who is not root."""
    for program in ("sh", "grep", "ls", "dpkg-query", "apt-get"):
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    (folder / "id").write_text("#!/bin/sh\necho 1000\n")
    (folder / "id").chmod(0o755)
    return str(folder)


def test_make_alone_lists_the_commands() -> None:
    shown = run(["make"]).stdout

    for target in ("demo", "demo-reset", "test", "env", "pictures", "bench", "bench-NAME"):
        assert f"  make {target} " in shown


def test_nothing_is_installed_when_all_is_there() -> None:
    done = run(["scripts/debian-packages", "test"])

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_root_it_prints_the_one_line_to_run(tmp_path: Path) -> None:
    done = run(["scripts/debian-packages", "test"], PATH=machine_without_packages(tmp_path))

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "apt-get install" in line]
    assert line.strip().startswith("sudo apt-get update && sudo apt-get install --yes")
    assert {"xvfb", "xdotool"} <= set(line.split())


def test_a_python_that_is_too_old_or_missing_is_passed_over() -> None:
    found = run(["scripts/python"], PYTHON="/bin/false").stdout.strip()

    version = run([found, "-c", "import sys; print((3, 11) <= sys.version_info < (3, 14))"])
    assert version.stdout.strip() == "True"
