"""`make demo` as a newcomer starts it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.service import free_port

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is here, without its data, using this environment."""
    wanted = ("shared_schema", "kiosk_client", "notifications", "intake_service", "scripts")
    for name in wanted:
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@contextmanager
def demo(checkout: Path, port: int) -> Iterator[str]:
    """What the demo has printed once it is ready; ended by Ctrl-C."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "SDL_VIDEODRIVER"}}
    log = checkout / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "scripts/demo.py"],
            cwd=checkout,
            env={**environment, "PORT": str(port), "PYTHONPATH": str(checkout)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 60
            while "Ctrl-C stops" not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            yield log.read_text()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def test_the_demo_starts_says_how_to_sign_in_and_goes_on_with_its_data(checkout: Path) -> None:
    port = free_port()
    with demo(checkout, port) as said:
        assert f"The staff console: http://localhost:{port}" in said
        assert "Paired with" in said
        assert "there is none here" in said
        with httpx.Client(base_url=f"http://localhost:{port}", trust_env=False) as client:
            password = said.split("password ")[1].split()[0]
            answer = client.post("/sign-in", data={"username": "sam", "password": password})
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://localhost:{port}/healthz", trust_env=False)

    with demo(checkout, port) as said:
        assert "Ctrl-C stops all of it" in said
        assert "Paired with" not in said
