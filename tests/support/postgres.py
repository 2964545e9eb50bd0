"""A throw-away PostgreSQL from the installed binaries: own folder, own socket, no port, gone after the tests."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

_READY_WITHIN = 60.0  # seconds; two cores may be busy with browsers
_SUPERUSER = "tests"


@dataclass(frozen=True)
class Postgres:
    """A running cluster that only this process knows. Databases in it are cheap: one a test."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{_SUPERUSER}@/{database}?host={self.folder}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh database, a copy of `template`, that is dropped at the end whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.url(name)
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user=_SUPERUSER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Start a cluster and stop it at the end. `durable`: with fsync, to measure; tests kill processes, not machines."""
    folder = Path(tempfile.mkdtemp(prefix="warm-handoff-pg-"))  # a short path: a socket's name has 107 bytes
    user = _unprivileged_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    log = folder / "log"
    try:
        _make_cluster(user, folder, log)
        server = _start(user, folder, log, durable=durable)
        try:
            _wait_until_ready(folder, server, log)
            yield Postgres(folder)
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: open connections are closed
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)  # immediate shutdown
                server.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_INITDB = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]


def _make_cluster(user: pwd.struct_passwd | None, folder: Path, log: Path) -> None:
    data = folder / "data"
    if _spawn([_binary("initdb"), *_INITDB, f"--username={_SUPERUSER}", f"--pgdata={data}"], user, folder, log).wait():
        raise RuntimeError(f"initdb failed:\n{log.read_text(errors='replace')}")


def _start(user: pwd.struct_passwd | None, folder: Path, log: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "log_min_messages": "warning",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return _spawn([_binary("postgres"), "-D", str(folder / "data"), *settings], user, folder, log)


def _spawn(command: list[str], user: pwd.struct_passwd | None, cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            start_new_session=True,  # Ctrl-C in a terminal is for the tests; they stop it
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; anybody else runs it as themselves."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _wait_until_ready(folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user=_SUPERUSER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _binary(name: str) -> str:
    """Debian keeps the server's programs out of PATH, one folder a version: the newest one, else PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise RuntimeError(f"no {name} on this machine: run scripts/debian-packages test")
    return found
