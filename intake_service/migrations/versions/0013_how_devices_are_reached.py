"""Endpoints and keys of push subscriptions encrypted, and the VAPID key that each was made with"""

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from intake_service.errors import NotReady
from notifications.encrypted import DataKeys, encrypt

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "push_subscription"
_TIMES = ("created_at", "confirmed_at", "last_shown_at", "suspect_since")
_PLAIN = ("endpoint", "p256dh", "auth")
_KEPT = ("id", "staff_id", "device_name", "device_digest")
_EARLIER = sa.table(
    _TABLE,
    *(sa.column(name) for name in (*_KEPT, *_PLAIN)),
    *(sa.column(name, sa.DateTime(timezone=True)) for name in _TIMES),
)


def upgrade() -> None:
    connection = op.get_bind()
    earlier = connection.execute(sa.select(_EARLIER)).mappings().all()
    rows = [_encrypted(row, _keys(connection)) for row in earlier]
    last_id = connection.execute(sa.text(_LAST_ID[connection.dialect.name])).scalar()
    op.drop_table(_TABLE)  # SQLite cannot drop a unique column, so the table is made anew on both
    table = op.create_table(
        _TABLE,
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("endpoint", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(), nullable=False),
        sa.Column("auth", sa.LargeBinary(), nullable=False),
        sa.Column("vapid_key_id", sa.String(length=16), nullable=False),
        sa.Column("device_name", sa.String(length=80), nullable=False),
        sa.Column("device_digest", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspect_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_push_subscription_endpoint_digest")),
        sa.UniqueConstraint("device_digest", name=op.f("uq_push_subscription_device_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_push_subscription_staff_id"), _TABLE, ["staff_id"])
    op.bulk_insert(table, rows)
    if last_id is not None:  # an id is never given twice
        connection.execute(sa.text(_GO_ON[connection.dialect.name]), {"last_id": last_id})


_LAST_ID = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'push_subscription'",
    "postgresql": "SELECT last_value FROM push_subscription_id_seq WHERE is_called",
}
_GO_ON = {
    "sqlite": "INSERT OR REPLACE INTO sqlite_sequence (rowid, name, seq) "
    "VALUES ((SELECT rowid FROM sqlite_sequence WHERE name = 'push_subscription'), 'push_subscription', :last_id)",
    "postgresql": "SELECT setval('push_subscription_id_seq', :last_id)",
}


def _encrypted(row: Mapping[Any, Any], keys: DataKeys) -> dict[str, Any]:
    hidden = {name: encrypt(row[name], f"{_TABLE}.{name}", keys) for name in _PLAIN}
    kept = {name: row[name] for name in (*_KEPT, *_TIMES)}
    digest = hashlib.sha256(row["endpoint"].encode()).hexdigest()
    return kept | hidden | {"endpoint_digest": digest, "vapid_key_id": ""}


def _keys(connection: sa.Connection) -> DataKeys:
    """Those that this database was written with, or none of its devices is ever reached again."""
    keys: DataKeys | None = getattr(connection.dialect, "warm_handoff_keys", None)
    needed = connection.execute(sa.text("SELECT key_id FROM key_in_use WHERE kind = 'data'")).scalars()
    if keys is None or not {bytes.fromhex(key_id) for key_id in needed} <= keys.ciphers.keys():
        raise NotReady("This release encrypts what reaches the phones: the keys folder of this database is needed.")
    return keys
