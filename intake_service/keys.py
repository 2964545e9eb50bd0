"""The keys folder: what opens sealed intakes and encrypts data at rest. It never leaves the server.

    opening-1.key, opening-2.key ...   96 bytes each; kiosks seal to the highest number, every one still opens
    data-1.key, data-2.key ...         AES-256; the highest number is written with, every one still reads
    digest.key                         HMAC key for what must be recognised without being stored
    vapid.key, vapid-1.key ...         what push services know us by; new subscriptions are made with the highest number

Each may as well be an environment variable; see notifications/kept_keys.py.
Copy the folder to a safe place: without it nobody can read what the database holds.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from intake_service.errors import NotReady
from intake_service.tables import KeyInUse
from notifications.db import writing
from notifications.encrypted import KEY_BYTES, DataKeys
from notifications.kept_keys import kept, read_all
from notifications.private_files import PrivateFileError, create_once, require_private
from notifications.vapid import VapidKeyError, VapidKeys, load_all
from shared_schema.kiosk_api import ServiceKey
from shared_schema.sealing import OpeningKey

_SECRET = 32
_SIZES = {"opening": 96, "data": KEY_BYTES, "digest": _SECRET}


@dataclass(frozen=True)
class Keys:
    """The keys folder in memory. `opening`: by key id. `service_key`: what kiosks seal to from now on."""

    opening: Mapping[str, OpeningKey]
    service_key: ServiceKey
    data: DataKeys
    digest: bytes = field(repr=False)
    vapid: VapidKeys

    def mac(self, content: bytes) -> str:
        """The keyed digest of a content, as 64 hex digits: tells two contents apart and tells nothing else."""
        return hmac.new(self.digest, content, hashlib.sha256).hexdigest()

    @cached_property
    def ids(self) -> frozenset[tuple[str, str]]:
        """Kind and id of every key, by which a database remembers them."""
        opening = [("opening", key_id) for key_id in self.opening]
        data = [("data", key_id.hex()) for key_id in self.data.ciphers]
        vapid = [("vapid", key_id) for key_id in self.vapid.by_id]
        return frozenset([*opening, *data, ("digest", _id(self.digest)), *vapid])


def open_keys(folder: Path, engine: Engine, now: datetime) -> Keys:
    """The keys of this database, made when it is used for the first time. The database must be migrated.

    Raises NotReady when others may read the folder, or when a key that this database was written with is not in it:
    new keys would only hide that the old ones are lost.
    """
    with Session(writing(engine)) as session, session.begin():
        needed = {(kind, key_id) for kind, key_id in session.execute(select(KeyInUse.kind, KeyInUse.key_id))}
        try:
            _require_private_folder(folder)
            if not needed:
                _make_first_keys(folder)
            keys = _read(folder)
        except (VapidKeyError, PrivateFileError) as error:
            raise NotReady(str(error)) from None
        if missing := needed - keys.ids:
            kinds = ", ".join(sorted(f"{kind} key {key_id}" for kind, key_id in missing))
            raise _lost(folder, kinds)
        session.add_all(KeyInUse(kind=kind, key_id=key_id, since=now) for kind, key_id in keys.ids - needed)
    return keys


def _id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def _require_private_folder(folder: Path) -> None:
    if folder.exists():  # it may be missing: every key may come from the environment
        require_private(folder, "700")


def _make_first_keys(folder: Path) -> None:
    if not kept(folder, "opening"):
        create_once(folder / "opening-1.key", OpeningKey.generate().raw)
    if not kept(folder, "data"):
        create_once(folder / "data-1.key", secrets.token_bytes(_SECRET))
    if not kept(folder, "digest"):
        create_once(folder / "digest.key", secrets.token_bytes(_SECRET))
    load_all(folder)


def _read(folder: Path) -> Keys:
    opening = [OpeningKey(raw) for raw in _secrets(folder, "opening")]
    by_id = {key.public().key_id: key for key in opening}
    digest = _secrets(folder, "digest")[-1]
    return Keys(
        opening=by_id,
        service_key=opening[-1].public(),
        data=DataKeys.of(_secrets(folder, "data"), hmac.digest(digest, b"recognise", "sha256")),
        digest=digest,
        vapid=_vapid(folder),
    )


def _vapid(folder: Path) -> VapidKeys:
    if not kept(folder, "vapid"):
        raise _lost(folder, "every vapid key")
    return load_all(folder)


def _secrets(folder: Path, kind: str) -> list[bytes]:
    """The keys of a kind, oldest first; at least one."""
    found = read_all(folder, kind, _SIZES[kind])
    if not found:
        raise _lost(folder, f"every {kind} key")
    return found


def _lost(folder: Path, what: str) -> NotReady:
    return NotReady(
        f"The keys folder {folder} lacks {what}, and this database was written with it. "
        "Restore the folder from its backup."
    )
