"""Files that only their owner may read, made once: keys."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


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
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
