"""Run inside a started image, as root, by a unit that only a test hands to it: says what is locked, in a line of JSON.

It has what the image has: Python and its own library.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

_WAITS = 600  # seconds for the kiosk to be on the screen
_KIOSK = "kiosk.service"
_STORAGE = ("usb_storage", "uas")


def main(elsewhere: str) -> None:
    """`elsewhere`: host:port that no kiosk may call."""
    wait_for_kiosk()
    process = Path(f"/proc/{shown('MainPID')}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    facts = {
        "restarts": int(shown("NRestarts")),
        "uid": int(status["Uid"].split()[0]),
        "rights": int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status["CapBnd"], 16),
        "no new rights": status["NoNewPrivs"] == "1",
        "filtered calls": status["Seccomp"] == "2",
        "lockdown": read("/sys/kernel/security/lockdown"),
        "signed modules only": read("/sys/module/module/parameters/sig_enforce"),
        "sysrq": read("/proc/sys/kernel/sysrq"),
        "root": root(),
        "writable": sorted(written_to()),
        "other units": started("getty", "ssh", "dbus", "logind"),
        "usb storage": [name for name in _STORAGE if run("modprobe", name).returncode == 0],
        "listening": listening(),
        "set-uid": run("find", "/usr", "-xdev", "-perm", "/6000", "-type", "f").stdout.split(),
        "passwords": passwords(),
        "reaches elsewhere": [name for name in ("kiosk", "root") if reaches(name, elsewhere)],
        "failed units": run("systemctl", "--failed", "--no-legend", "--plain").stdout.split("\n")[0].strip(),
        "memory in use, MB": memory_in_use(),
        "start": run("systemd-analyze", "time").stdout.splitlines()[0],
    }
    sys.stdout.write(f"FACTS {json.dumps(facts)}\n")


def wait_for_kiosk() -> None:
    deadline = time.monotonic() + _WAITS
    while shown("ActiveState") != "active" and time.monotonic() < deadline:
        time.sleep(1)
    time.sleep(10)  # what it does once it is there


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def shown(name: str) -> str:
    return run("systemctl", "show", _KIOSK, "--value", "-p", name).stdout.strip()


def read(path: str) -> str:
    return Path(path).read_text().strip()


def root() -> str:
    """Its file system and whether it is written to."""
    _, _, kind, options, *_ = next(line.split() for line in read("/proc/mounts").splitlines() if line.split()[1] == "/")
    return f"{kind} {options.split(',')[0]}"


def started(*words: str) -> list[str]:
    units = run("systemctl", "list-units", "--no-legend", "--plain", "--state=active").stdout.splitlines()
    return [line.split()[0] for line in units if any(word in line.split()[0] for word in words)]


def written_to() -> list[str]:
    """Of the places that a system writes to, those that took a file."""
    taken = []
    for folder in ("/", "/usr", "/etc", "/usr/local", "/efi", "/boot"):
        file = Path(folder) / "written"
        try:
            file.write_text("")
            file.unlink()
        except OSError:
            continue
        taken.append(folder)
    return taken


def listening() -> list[str]:
    """What could be called from outside: TCP that listens on more than the loopback."""
    found = []
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in read(name).splitlines()[1:]:
            local, _, state = line.split()[1:4]
            if state == "0A" and not local.startswith(("0100007F", "3500007F", "3600007F")):
                found.append(local)
    return found


def passwords() -> list[str]:
    """Who could sign in with one, or without any."""
    lines = [line.split(":") for line in read("/etc/shadow").splitlines()]
    return [fields[0] for fields in lines if not fields[1].startswith(("*", "!"))]


def reaches(user: str, elsewhere: str) -> bool:
    """Whether this user's program can call there."""
    host, _, port = elsewhere.rpartition(":")
    child = os.fork()
    if child == 0:
        try:
            if user != "root":
                os.setgroups([])
                os.setresgid(900, 900, 900)
                os.setresuid(900, 900, 900)
            with socket.create_connection((host, int(port)), timeout=10):
                os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def memory_in_use() -> int:
    """What the kernel could not give to somebody else: neither free, nor a copy of what is on the disk."""
    lines = {
        name: int(rest.split()[0]) for name, rest in (line.split(":") for line in read("/proc/meminfo").splitlines())
    }
    given_back = lines["MemFree"] + lines["Buffers"] + lines["Cached"] - lines["Shmem"] + lines["SReclaimable"]
    return (lines["MemTotal"] - given_back) // 1024


if __name__ == "__main__":
    main(sys.argv[1])
