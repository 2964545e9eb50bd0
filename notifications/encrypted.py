"""The one column type for personal data and secrets: AES-256-GCM, each value under a key of its own (envelope).

    format 2   1 byte    2
    key id     8 bytes   of the data key, which is in the keys folder and which the database never sees
    wrapped    60 bytes  nonce, this value's own key under the data key, tag
    text                 nonce, the text under this value's own key, tag

Another data key means another `key id` and `wrapped`; the text is not touched. Format 1, which earlier releases wrote
and which is still read, is key id, nonce and the text under the data key itself. See docs/decisions/0020.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, Engine, LargeBinary
from sqlalchemy.types import TypeDecorator

from notifications.kept_keys import read_all

KEY_BYTES = 32
_FORMAT = b"\x02"
_EARLIER_FORMAT = b"\x01"
_KEY_ID = 8
_HEADER = len(_FORMAT) + _KEY_ID
_NONCE = 12  # NIST SP 800-38D, 96 bits
_TAG = 16
_WRAPPED = _NONCE + KEY_BYTES + _TAG


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
    raw = read_all(folder, "data", KEY_BYTES)
    return DataKeys.of(raw) if raw else None


def data_key_id(raw: bytes) -> bytes:
    """The id that a data key's values carry: 8 bytes of its digest, which tell nothing of a random key."""
    return hashlib.sha256(raw).digest()[:_KEY_ID]


def value_header(key_id: bytes) -> bytes:
    """What every value begins with that is written with this key."""
    return _FORMAT + key_id


def unlock(engine: Engine, keys: DataKeys) -> None:
    """Let this engine read and write encrypted columns. The keys live with the engine, nowhere else."""
    engine.dialect.warm_handoff_keys = keys  # type: ignore[attr-defined]


def encrypt(text: str, place: str, keys: DataKeys) -> bytes:
    """What is stored for a text, under the current data key. `place`: table and column, where alone it will open."""
    header, own_key = value_header(keys.current), os.urandom(KEY_BYTES)
    return header + _wrapped(own_key, header, place, keys) + _sealed(AESGCM(own_key), text.encode(), _of_text(place))


def decrypt(stored: bytes, place: str, keys: DataKeys) -> str:
    """Raises Locked: its data key is not here, it was written for another place, or it was changed."""
    if stored[:1] == _EARLIER_FORMAT:
        header = stored[:_HEADER]
        return _opened(_named_in(header, keys), stored[_HEADER:], header).decode()
    own_key = _own_key(stored, place, keys)
    return _opened(AESGCM(own_key), stored[_HEADER + _WRAPPED :], _of_text(place)).decode()


def under_current_key(stored: bytes, place: str, keys: DataKeys) -> bytes:
    """The same value under the current data key. Its text is not touched; one of the earlier format is written anew.

    Raises Locked.
    """
    if stored[:1] == _EARLIER_FORMAT:
        return encrypt(decrypt(stored, place, keys), place, keys)
    header = value_header(keys.current)
    return header + _wrapped(_own_key(stored, place, keys), header, place, keys) + stored[_HEADER + _WRAPPED :]


class EncryptedText(TypeDecorator[str]):
    """Text that is stored encrypted. It cannot be searched, compared or indexed.

    `place`: the table and column that it is declared for. A value that is copied into another one does not open there.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else encrypt(value, self.place, _keys(dialect))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else decrypt(value, self.place, _keys(dialect))


def _wrapped(own_key: bytes, header: bytes, place: str, keys: DataKeys) -> bytes:
    return _sealed(_named_in(header, keys), own_key, header + place.encode())


def _own_key(stored: bytes, place: str, keys: DataKeys) -> bytes:
    header = stored[:_HEADER]
    return _opened(_named_in(header, keys), stored[_HEADER : _HEADER + _WRAPPED], header + place.encode())


def _named_in(header: bytes, keys: DataKeys) -> AESGCM:
    cipher = keys.ciphers.get(header[1:])
    if cipher is None:
        raise Locked("a value was encrypted with a key that is not in the keys folder")
    return cipher


def _of_text(place: str) -> bytes:
    # Not the data key's id: it changes while the text stays.
    return _FORMAT + place.encode()


def _sealed(cipher: AESGCM, content: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, content, bound_to)


def _opened(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except (ValueError, InvalidTag):  # a nonce that was cut off is a ValueError
        raise Locked("a value was changed, or was encrypted for another place or with another key") from None


def recognising_key(dialect: Dialect) -> bytes:
    """The key for what must be found without being stored. Raises Locked."""
    keys = _keys(dialect)
    if not keys.recognise:
        raise Locked("no key to recognise by: call unlock(engine, keys) first")
    return keys.recognise


def _keys(dialect: Dialect) -> DataKeys:
    keys: DataKeys | None = getattr(dialect, "warm_handoff_keys", None)
    if keys is None:
        raise Locked("no data keys: call unlock(engine, keys) first")
    return keys
