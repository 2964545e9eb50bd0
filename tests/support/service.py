"""The real service and worker as processes of their own, on loopback, with a database and keys that a test gives."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

_READY_WITHIN = 60.0
_STOPS_WITHIN = 20.0


@dataclass
class Process:
    """One started program. What it prints is in `log`."""

    name: str
    handle: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        return self.handle.poll() is None

    def stop(self) -> int:
        """End it as an operator would; the exit code tells whether it left in good order."""
        if self.running:
            self.handle.terminate()
        try:
            return self.handle.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.name} does not stop:\n{self.output()}") from None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.handle.send_signal(signal.SIGKILL)
        self.handle.wait(10)

    def output(self) -> str:
        return self.log.read_text(errors="replace")


def start(name: str, arguments: list[str], environment: dict[str, str], log: Path) -> Process:
    """Run `python -m ...` from the repository's root with this environment beside our own."""
    with log.open("ab") as output:
        handle = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment},
            cwd=_root(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(name, handle, log)


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Service:
    """A service that can be started, stopped, killed and asked by its command line, always with the same data.

    `settings`: environment variables that differ from the usual ones of a test.
    """

    folder: Path
    database_url: str
    worker_inside: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WARM_HANDOFF_DATABASE_URL": self.database_url,
            "WARM_HANDOFF_KEYS_DIR": str(self.folder / "keys"),
            "WARM_HANDOFF_PUBLIC_URL": self.url,
            "WARM_HANDOFF_HOST": "127.0.0.1",
            "WARM_HANDOFF_PORT": str(self.port),
            "WARM_HANDOFF_WORKER_INSIDE": "true" if self.worker_inside else "false",
            "WARM_HANDOFF_VAPID_SUBJECT": "mailto:operator@center.example",
            "WARM_HANDOFF_PUSH_HOSTS": '["127.0.0.1"]',
            "WARM_HANDOFF_PUSH_ALLOW_PRIVATE": "true",
            **self.settings,
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = start("service", ["intake_service", "serve"], self.environment, self.folder / "service.log")
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline and self.process.running:
            try:
                requests.get(f"{self.url}/sign-in", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the service did not start:\n{self.process.output()}")

    def stop(self) -> None:
        assert self.process is not None
        self.process.stop()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def command(self, *arguments: str, typed: str = "") -> str:
        """What `python -m intake_service ARGUMENTS` prints; it must succeed. `typed`: on its standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "intake_service", *arguments],
            env={**os.environ, **self.environment},
            cwd=_root(),
            capture_output=True,
            input=typed,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def running_service(
    folder: Path, database_url: str, *, worker_inside: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """A migrated, started service without any site or staff. Ends whatever has been started."""
    service = Service(folder, database_url, worker_inside, settings or {})
    service.command("migrate")
    service.start()
    try:
        yield service
    finally:
        if service.process is not None and service.process.running:
            service.stop()


def _root() -> Path:
    return Path(__file__).parents[2]
