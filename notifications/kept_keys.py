"""Where the keys of a kind are kept: files of the keys folder, and environment variables beside them.

A variable is called like the file, in capitals: `WARM_HANDOFF_KEY_DATA_1` holds what `data-1.key` would, as base64.
"""

import base64
import binascii
import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from notifications.private_files import PrivateFileError, number_of, numbered, require_private

_VARIABLE = "WARM_HANDOFF_KEY_"


@dataclass(frozen=True)
class KeptKey:
    """One key. `path` is None for one from the environment. `name`: of the file or of the variable."""

    number: int
    name: str
    path: Path | None

    def read(self) -> bytes:
        """Raises PrivateFileError, which names the place and never what is in it."""
        if self.path is not None:
            require_private(self.path, "600")
            return self.path.read_bytes()
        try:
            return base64.b64decode(os.environ[self.name], validate=True)
        except (KeyError, binascii.Error, ValueError):
            raise PrivateFileError(f"{self.name} does not hold a key: it should be base64 of the key's file.") from None


def kept(folder: Path, kind: str) -> list[KeptKey]:
    """Oldest first. Raises PrivateFileError when one number is in both places: nobody could say which is meant."""
    found = [KeptKey(number_of(path, kind) or 0, path.name, path) for path in numbered(folder, kind)]
    for name in os.environ:
        number = re.fullmatch(rf"{_VARIABLE}{kind.upper()}(?:_(\d+))?", name)
        if number:
            found.append(KeptKey(int(number[1] or 0), name, None))
    found.sort(key=lambda key: key.number)
    for one, other in pairwise(found):
        if one.number == other.number:
            raise PrivateFileError(f"{one.name} and {other.name} are the same key's places. Take one of them away.")
    return found


def read_all(folder: Path, kind: str, size: int) -> list[bytes]:
    """The keys of a kind, oldest first, each of `size` bytes; empty when there is none. Raises PrivateFileError."""
    found = []
    for key in kept(folder, kind):
        found.append(key.read())
        if len(found[-1]) != size:
            place = key.path or key.name
            raise PrivateFileError(f"{place} is damaged: it should have {size} bytes. Restore it from its backup.")
    return found


def next_file(folder: Path, kind: str) -> Path:
    """The path of a key after the newest of its kind; there is no file yet."""
    return folder / f"{kind}-{max((key.number for key in kept(folder, kind)), default=0) + 1}.key"
