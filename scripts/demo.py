"""`make demo`: a center with made-up people, its service and its kiosk, until Ctrl-C. Keeps its data."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from intake_service import kiosks, sign_in_rules, sites, staff
from intake_service.preparing import prepare
from intake_service.settings import Settings
from intake_service.sign_in_rules import LONGEST_IDLE, SecondFactorFor, SignInRules
from intake_service.tables import Role
from notifications import roster
from notifications.db import writing
from shared_schema import pin
from shared_schema.hours import Hours

ROOT = Path(__file__).parents[1]
DATA = ROOT / "demo-data"
SITE = "Maple Street Center (demo)"
PASSWORD = "walk-together-demo"  # shown on the screen on purpose: this center does not exist
PIN = "2718"
PEOPLE = (
    ("avery", "Avery Demo", Role.ADMINISTRATOR, ["en"]),
    ("sam", "Sam Demo", Role.SUPERVISOR, ["en"]),
    ("pilar", "Pilar Demo", Role.PEER_SPECIALIST, ["en", "es"]),
    ("quinn", "Quinn Demo", Role.PEER_SPECIALIST, ["en"]),
)
_READY_WITHIN = 60.0  # seconds
_KIOSK = """The kiosk is in its own window. For its staff corner, hold the top right corner for three seconds; the PIN
is {pin}."""
_NO_DISPLAY = """The kiosk's window needs a display, and there is none here; everything else runs.
To see it, start this in a terminal of a desktop, or over `ssh -X`."""


def main() -> int:
    port = os.environ.get("PORT", "8000")
    url = f"http://localhost:{port}"
    environment = {
        "WARM_HANDOFF_DATABASE_URL": f"sqlite:///{DATA / 'warm-handoff.db'}",
        "WARM_HANDOFF_KEYS_DIR": str(DATA / "keys"),
        "WARM_HANDOFF_PUBLIC_URL": url,
        "WARM_HANDOFF_PORT": port,
        "WARM_HANDOFF_ACCESS_LOG": "false",
        "WARM_HANDOFF_KIOSK_STATE": str(DATA / "kiosk"),
        "WARM_HANDOFF_KIOSK_WINDOW": "1280x800",
    }
    os.environ.update(environment)
    DATA.mkdir(mode=0o700, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    code = _prepare_center()
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(_start("intake_service", "serve"))
        if not _is_ready(url, running[0]):
            print(f"The service did not start. Is port {port} taken? Try: make demo PORT=8001", file=sys.stderr)
            return 1
        if code and subprocess.run([sys.executable, "-m", "kiosk_client", "pair", url, code], check=False).returncode:
            return 1
        has_display = bool(os.environ.get("DISPLAY") or os.environ.get("SDL_VIDEODRIVER"))
        if has_display:
            running.append(_start("kiosk_client.start"))
        _explain(url, has_display)
        return running[0].wait()  # a kiosk window that was closed is no reason to stop
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(running)


def _prepare_center() -> str:
    """The center with its people, made once. The pairing code of a kiosk that is not paired yet, else nothing."""
    engine, keys = prepare(Settings())
    now = datetime.now(UTC)
    with Session(writing(engine)) as session, session.begin():
        found = [site for site in sites.every(session) if site.name == SITE]
        site = found[0] if found else sites.add(session, SITE)
        if not found:
            site.kiosk_settings = {"staff_pin": pin.hashed(PIN)}
            for username, name, role, languages in PEOPLE:
                member = staff.add(session, username, name, role, [site], PASSWORD, languages)
                roster.designate(session, site.id, member.id, role == Role.PEER_SPECIALIST)
            roster.set_duty(session, site.id, staff.named(session, "pilar").id, True, now)
            site.hours = {"time_zone": _time_zone()}
        if not sign_in_rules.are_decided(session):
            # Nobody here exists: a newcomer is to see the queue, not to set up a phone first.
            sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.NOBODY, idle_minutes=LONGEST_IDLE))
        code = ""
        if not (DATA / "kiosk" / "enrollment.json").exists():
            code = kiosks.add(session, site, "Front door", keys, now)[1]
    engine.dispose()
    return code


def _time_zone() -> str:
    """This machine's, as the demo's center stands beside it; UTC where it does not say."""
    try:
        name = Path("/etc/localtime").readlink().as_posix().partition("zoneinfo/")[2]
        return Hours(time_zone=name).time_zone
    except (OSError, ValueError):
        return "UTC"


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this script alone, which then stops everything in order.
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, start_new_session=True)


def _is_ready(url: str, service: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and service.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return service.poll() is None
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _explain(url: str, has_display: bool) -> None:
    print(f"\nThe staff console: {url}\n\nSign in with the password {PASSWORD} as one of:")
    for username, name, role, _ in PEOPLE:
        print(f"  {username:8} {name:12} {role}")
    print(
        "\nIn this demo a password is enough, and an unused browser stays signed in for an hour. A real center asks\n"
        "supervisors and administrators for a second factor: sign in as Avery and open Staff, Sign-in rules."
    )
    print("\n" + (_KIOSK.format(pin=PIN) if has_display else _NO_DISPLAY))
    print(
        "\nCtrl-C stops all of it. `make demo` goes on with the same data; `make demo-reset` starts over.\n", flush=True
    )


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        process.terminate()
    for process in reversed(running):
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
