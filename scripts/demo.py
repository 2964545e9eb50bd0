"""Warm Handoff on one machine with made-up people: service, worker and kiosk. Ctrl-C stops all of it."""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
SITE = "Harbor House"
PEOPLE = (
    # sign-in, made-up name, role
    ("ada", "Ada Okafor", "organizational administrator"),
    ("sam", "Sam Reyes", "peer supervisor"),
    ("pat", "Pat Nguyen", "peer specialist"),
    ("lee", "Lee Morales", "peer specialist"),
)
_DIGITS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 10.0


class CannotStart(Exception):
    """Why the demo stops, in a sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Demo:
    """What a second start must know. It is written last: as long as it is missing, the data is only half made."""

    port: int
    password: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


class Stopping:
    """Set by Ctrl-C, `kill`, or a terminal that is closed."""

    def __init__(self) -> None:
        self.event = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.event.set()


def main() -> int:
    arguments = _arguments()
    folder: Path = arguments.data.resolve()
    stopping = Stopping()
    running: list[subprocess.Popen[bytes]] = []
    try:
        demo = _prepare(folder, arguments.port)
        running.append(_start_service(folder, demo, stopping))
        running += _open_kiosk(folder)
        _say(demo, folder, kiosk_is_open=len(running) > 1)
        _watch(running, folder, stopping)
    except CannotStart as reason:
        print(f"\nThe demo cannot go on: {reason}", file=sys.stderr)
        return 1
    finally:
        _end(running)
    print("\nStopped. `make demo` goes on with the same data, `make demo-reset` starts over.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data", help="where the demo keeps what it knows")
    parser.add_argument("--port", type=int, default=None, help="the console's port (default: 8000, or a free one)")
    return parser.parse_args()


def _prepare(folder: Path, port: int | None) -> Demo:
    """The demo as it was left, or a new one."""
    known = folder / "demo.json"
    if known.exists():
        demo = Demo(**json.loads(known.read_text()))
        if not _is_free(demo.port):
            raise CannotStart(
                f"port {demo.port} is in use; perhaps the demo is running already. Stop that, then start again."
            )
        return demo
    if folder.exists():
        shutil.rmtree(folder)  # begun and never finished
    folder.mkdir(parents=True, mode=0o700)
    print("Making the demo's people ...", flush=True)
    demo = Demo(_choose_port(port), "-".join("".join(secrets.choice(_DIGITS) for _ in range(4)) for _ in range(3)))
    _seed(folder, demo)
    _write_privately(known, json.dumps(asdict(demo)))
    return demo


def _choose_port(wanted: int | None) -> int:
    if wanted is not None:
        if not _is_free(wanted):
            raise CannotStart(f"port {wanted} is in use")
        return wanted
    if _is_free(8000):
        return 8000
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment(folder: Path, demo: Demo) -> dict[str, str]:
    return {
        **os.environ,
        "WARM_HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "WARM_HANDOFF_KEYS_DIR": str(folder / "keys"),
        "WARM_HANDOFF_PUBLIC_URL": demo.url,
        "WARM_HANDOFF_HOST": "127.0.0.1",
        "WARM_HANDOFF_PORT": str(demo.port),
        "WARM_HANDOFF_WORKER_INSIDE": "true",
        "WARM_HANDOFF_VAPID_SUBJECT": "mailto:demo@warm-handoff.example",
    }


def _start_service(folder: Path, demo: Demo, stopping: Stopping) -> subprocess.Popen[bytes]:
    service = _start("intake_service", ["serve"], folder, _environment(folder, demo))
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and service.poll() is None and not stopping.event.is_set():
        try:
            with urllib.request.urlopen(f"{demo.url}/sign-in", timeout=2):
                return service
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    _end([service])
    if stopping.event.is_set():
        raise CannotStart("it was asked to stop.")
    raise CannotStart(f"the service did not start. What it said last:\n{_last_lines(folder / 'intake_service.log')}")


def _open_kiosk(folder: Path) -> list[subprocess.Popen[bytes]]:
    if not os.environ.get("DISPLAY"):
        return []
    return [_start("kiosk_client", [], folder, {**os.environ, "WARM_HANDOFF_KIOSK_DIR": str(folder / "kiosk")})]


def _start(module: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / f"{module}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this program alone, and it stops the others in good order
        )


def _say(demo: Demo, folder: Path, *, kiosk_is_open: bool) -> None:
    print(f"\nWarm Handoff is running.\n\n  Staff console  {demo.url}\n\n  Sign in as")
    for username, name, role in PEOPLE:
        print(f"    {username:<6} {name:<14} {role}")
    print(f"  with the password  {demo.password}\n")
    if kiosk_is_open:
        print(f"  The kiosk of {SITE} has opened in a window of its own.")
    else:
        print(
            f"  The kiosk of {SITE} is enrolled, but this machine has no display to show it on. To see it, start\n"
            "  the demo on a desktop, through `ssh -X`, or on a virtual screen: Xvfb :9 & DISPLAY=:9 make demo"
        )
    print(f"\n  What service and kiosk have to say is in {folder}.\n  Ctrl-C stops all of it.", flush=True)


def _watch(running: list[subprocess.Popen[bytes]], folder: Path, stopping: Stopping) -> None:
    """Wait for the end: somebody's wish, or the service's. A kiosk window may be closed, the rest goes on."""
    service, *kiosks = running
    while not stopping.event.wait(0.5):
        if service.poll() is not None:
            raise CannotStart(f"the service has ended:\n{_last_lines(folder / 'intake_service.log')}")
        for kiosk in [kiosk for kiosk in kiosks if kiosk.poll() is not None]:
            kiosks.remove(kiosk)
            if kiosk.returncode:
                print(f"\n  The kiosk has ended:\n{_last_lines(folder / 'kiosk_client.log')}", flush=True)
            else:
                print("\n  The kiosk's window was closed; the console goes on until Ctrl-C.", flush=True)


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    """Ask all of them to stop, the kiosk first, and wait for each; who does not listen is killed."""
    for process in reversed(running):
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_lines(log: Path, count: int = 15) -> str:
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-count:])


def _write_privately(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
