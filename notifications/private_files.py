"""Files that only their owner may read, made once: keys."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path


class PrivateFileError(Exception):
    """A key's file cannot be used; says what to do."""


def require_private(path: Path, mode: str) -> None:
    """Raises PrivateFileError when others than the owner may read the file or folder; `mode` is what it should have.

    Among systemd's credentials, the bits of the group stand for the unit's own user: its access is an entry in the
    file's access list, and the file is root's (systemd issue 29435).
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    for_others = stat.S_IRWXO if given and path.is_relative_to(given) else stat.S_IRWXG | stat.S_IRWXO
    if path.stat().st_mode & for_others:
        raise PrivateFileError(f"Other users of this machine may read {path}. Run: chmod {mode} {path}")


def number_of(path: Path, kind: str) -> int | None:
    """Of `kind-2.key`, 2; of `kind.key`, 0. None for what is no key of this kind.

    systemd puts a name of its own and `_` before the names of a folder's files.
    """
    found = re.fullmatch(rf"(?:.*_)?{kind}(?:-(\d+))?\.key", path.name)
    return int(found[1] or 0) if found else None


def numbered(folder: Path, kind: str) -> list[Path]:
    """`kind.key`, `kind-1.key`, `kind-2.key` ... in the order of their numbers."""
    by_path = {path: number_of(path, kind) for path in folder.glob(f"*{kind}*.key")}
    return sorted((path for path, number in by_path.items() if number is not None), key=lambda path: by_path[path] or 0)


def create_once(path: Path, content: bytes) -> None:
    """A durable file of mode 600 that is whole or absent. Another process that was faster keeps its own."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
    _sync(path.parent)


def delete_durably(path: Path) -> None:
    """The file is gone, also after a power cut, and so is what a process that was killed left when it made it."""
    for draft in path.parent.glob(f".{path.name}.*"):
        draft.unlink()
    path.unlink()
    _sync(path.parent)


def _sync(parent: Path) -> None:
    folder = os.open(parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
