"""The one column type for personal data and secrets: AES-256-GCM under a key that the database never sees."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, Engine, LargeBinary
from sqlalchemy.types import TypeDecorator

from notifications.private_files import read_numbered

KEY_BYTES = 32
_FORMAT = b"\x01"
_KEY_ID = 8
_NONCE = 12  # NIST SP 800-38D, 96 bits


class Locked(Exception):
    """Personal data was read or written without the key that it needs. Start with the right keys folder."""


@dataclass(frozen=True)
class DataKeys:
    """The keys for data at rest by id (8 bytes); `current` is the one that new values are written with.

    `recognise` keys what must be found without being stored; a process that finds nothing does not have it.
    """

    current: bytes
    ciphers: Mapping[bytes, AESGCM]
    recognise: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, raw: Sequence[bytes], recognise: bytes = b"") -> "DataKeys":
        """From AES-256 keys of 32 bytes, oldest first: the last one is written with. Ids are derived from the keys."""
        ciphers = {data_key_id(key): AESGCM(key) for key in raw}
        return cls(data_key_id(raw[-1]), ciphers, recognise)


def stored_keys(folder: Path) -> DataKeys | None:
    """The data keys of a keys folder, for a process that reads no other key; None before the service made them.

    Raises PrivateFileError.
    """
    raw = read_numbered(folder, "data", KEY_BYTES)
    return DataKeys.of(raw) if raw else None


def data_key_id(raw: bytes) -> bytes:
    """The id that a data key's values carry: 8 bytes of its digest, which tell nothing of a random key."""
    return hashlib.sha256(raw).digest()[:_KEY_ID]


def value_header(key_id: bytes) -> bytes:
    """What every stored value begins with that was written with this key."""
    return _FORMAT + key_id


def unlock(engine: Engine, keys: DataKeys) -> None:
    """Let this engine read and write encrypted columns. The keys live with the engine, nowhere else."""
    engine.dialect.warm_handoff_keys = keys  # type: ignore[attr-defined]


class EncryptedText(TypeDecorator[str]):
    """Text that is stored as format, key id, nonce and ciphertext. It cannot be searched, compared or indexed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        keys = _keys(dialect)
        nonce = os.urandom(_NONCE)
        header = value_header(keys.current)
        return header + nonce + keys.ciphers[keys.current].encrypt(nonce, value.encode(), header)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        header, rest = value[: 1 + _KEY_ID], value[1 + _KEY_ID :]
        try:
            cipher = _keys(dialect).ciphers[header[1:]]
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], header).decode()
        except (KeyError, InvalidTag):
            raise Locked("a value was encrypted with a key that is not in the keys folder") from None


def _keys(dialect: Dialect) -> DataKeys:
    keys: DataKeys | None = getattr(dialect, "warm_handoff_keys", None)
    if keys is None:
        raise Locked("no data keys: call unlock(engine, keys) first")
    return keys
