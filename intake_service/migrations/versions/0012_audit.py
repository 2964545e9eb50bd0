"""The audit, its chain, and triggers that keep both, and the events, from being changed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BY_STAFF = sa.text("staff_id IS NOT NULL")

_ENTRY = (
    *("id", "at", "action", "staff_id", "kiosk_id", "site_id", "kind", "object_id", "address", "event_id"),
    *("once", "reason_mac", "seal"),
)
_EVENT = (
    *("id", "participant_id", "at", "action", "staff_id", "kiosk_id", "from_status", "to_status"),
    *("from_staff_id", "to_staff_id", "from_value", "to_value"),
)
_HEADER = 9
"""Bytes: the format and the key's id, with which every encrypted value begins."""


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _triggers_of_sqlite()
    else:
        _triggers_of_postgresql()


def _tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("staff_id", _BIG, nullable=True),
        sa.Column("kiosk_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", _BIG, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("object_id", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=16), nullable=True),
        sa.Column("event_id", _BIG, nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("after", sa.LargeBinary(), nullable=True),
        sa.Column("once", sa.String(length=16), nullable=False),
        sa.Column("reason_mac", sa.String(length=81), nullable=True),
        sa.Column("seal", sa.String(length=81), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entry_at_id"), "audit_entry", ["at", "id"])
    op.create_index(op.f("ix_audit_entry_action_at_id"), "audit_entry", ["action", "at", "id"])
    op.create_index(op.f("ix_audit_entry_object_id_at_id"), "audit_entry", ["object_id", "at", "id"])
    op.create_index(
        "ix_audit_entry_staff_id",
        "audit_entry",
        ["staff_id", "at", "id"],
        sqlite_where=_BY_STAFF,
        postgresql_where=_BY_STAFF,
    )
    op.create_table(
        "audit_link",
        sa.Column("number", _BIG, nullable=False, autoincrement=False),
        sa.Column("entry_id", _BIG, nullable=False),
        sa.Column("mac", sa.String(length=81), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_link_entry_id")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", _BIG, nullable=False),
        sa.Column("link_mac", sa.String(length=81), nullable=False),
        sa.Column("settled", _BIG, nullable=False),
        sa.Column("mac", sa.String(length=81), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    # The service signs it at its first start, when it knows the key.
    op.execute("INSERT INTO audit_head (id, number, link_mac, settled, mac) VALUES (1, 0, '', 0, '')")


def _may_change(same: str) -> dict[str, str]:
    """When a row may be updated. Encrypted columns may move to another key, and a reason may be erased; no more.

    `same`: the database's word for equal, also of two NULLs.
    """

    def kept(columns: Sequence[str]) -> str:
        return " AND ".join(f"OLD.{name} {same} NEW.{name}" for name in columns)

    def rekeyed(column: str) -> str:
        headers = " <> ".join(f'substr({row}."{column}", 1, {_HEADER})' for row in ("OLD", "NEW"))
        return f'(OLD."{column}" {same} NEW."{column}" OR COALESCE({headers}, 1 = 0))'

    return {
        "audit_entry": f"{kept(_ENTRY)} AND {rekeyed('before')} AND {rekeyed('after')}",
        "audit_link": "1 = 0",
        "audit_head": "NEW.id = 1 AND NEW.number >= OLD.number AND NEW.settled >= OLD.settled AND NEW.mac <> ''",
        "event": f"{kept(_EVENT)} AND (NEW.reason IS NULL OR {rekeyed('reason')})",
    }


_THERE_ALREADY = {
    "audit_entry": "id = NEW.id",
    "audit_link": "number = NEW.number OR entry_id = NEW.entry_id",
    "audit_head": "1 = 1",
    "event": "id = NEW.id",
}


def _triggers_of_sqlite() -> None:
    def refuse(table: str, name: str, when: str) -> None:
        op.execute(
            f"CREATE TRIGGER {table}_{name} {when} BEGIN SELECT RAISE(ABORT, '{table}: rows are only ever added'); END"
        )

    for table, allowed in _may_change("IS").items():
        refuse(table, "is_never_changed", f"BEFORE UPDATE ON {table} WHEN NOT ({allowed})")
        refuse(table, "stays", f"BEFORE DELETE ON {table}")
    for table, same in _THERE_ALREADY.items():  # INSERT OR REPLACE deletes without asking the trigger above
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  (words of this file)
        refuse(table, "is_never_replaced", f"BEFORE INSERT ON {table} WHEN {there}")


def _triggers_of_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION only_ever_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '%: rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table, allowed in _may_change("IS NOT DISTINCT FROM").items():
        _before(table, "is_never_changed", "UPDATE", f"ROW WHEN (NOT ({allowed}))")
        _before(table, "stays", "DELETE", "ROW")
        _before(table, "is_never_emptied", "TRUNCATE", "STATEMENT")


def _before(table: str, name: str, what: str, each: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table} FOR EACH {each} EXECUTE FUNCTION only_ever_added()"
    )
