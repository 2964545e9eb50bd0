"""Removing staff, reassigning, tiers, joined records, intakes that staff complete, and who ranked where"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff_removal",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("removed_by", _BIG, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("designated_at", sa.JSON(), nullable=False),
        sa.Column("undone_by", _BIG, nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_removal_staff_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["staff.id"], name=op.f("fk_staff_removal_removed_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_staff_removal_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_removal")),
    )
    op.create_index(
        "uq_staff_removal_standing",
        "staff_removal",
        ["staff_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.add_column("staff", sa.Column("gender", sa.String(length=10), nullable=True))
    op.add_column("staff", sa.Column("strengths", sa.JSON(), nullable=False, server_default="[]"))
    _change_participant()
    _let_staff_complete_intakes()
    op.add_column("assignment", sa.Column("rank", sa.Integer(), nullable=True))
    op.add_column("assignment", sa.Column("ranked", sa.Integer(), nullable=True))
    _add_reference("assignment", "removal_id", _big(), "staff_removal")
    op.create_index(op.f("ix_assignment_removal_id"), "assignment", ["removal_id"])
    for name in ("from_staff_id", "to_staff_id"):
        _add_reference("event", name, _big(), "staff")
    for name in ("from_value", "to_value"):
        op.add_column("event", sa.Column(name, sa.String(length=40), nullable=True))


def _change_participant() -> None:
    # In SQL of both databases: SQLite takes a check or a reference only together with its new column.
    op.execute(
        "ALTER TABLE participant ADD COLUMN held_status VARCHAR(20) CONSTRAINT ck_participant_held_status "
        "CHECK ((status = 'Needs Reassignment') = (held_status IS NOT NULL))"
    )
    op.execute(
        "ALTER TABLE participant ADD COLUMN tier INTEGER CONSTRAINT ck_participant_tier CHECK (tier BETWEEN 1 AND 3)"
    )
    op.add_column("participant", sa.Column("intake_sequence", _BIG, nullable=False, server_default="0"))
    op.execute("UPDATE participant SET intake_sequence = queue_number")
    op.add_column("participant", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    _add_reference("participant", "joined_into", "CHAR(32)" if _on_sqlite() else "UUID", "participant")
    op.drop_index(op.f("ix_participant_site_id_status_urgent_queue_number"), "participant")
    for columns in (
        ["site_id", "status", "urgent", "queue_number", "id"],
        ["site_id", "queue_number", "id"],
        ["joined_into"],
    ):
        op.create_index(op.f(f"ix_participant_{'_'.join(columns)}"), "participant", columns)


def _let_staff_complete_intakes() -> None:
    """SQLite changes a column only by copying the table. Nothing refers to an intake, so that is safe here."""
    with op.batch_alter_table("intake", table_kwargs={"sqlite_autoincrement": True}) as intake:
        intake.alter_column("kiosk_id", existing_type=sa.Uuid(), nullable=True)
        intake.add_column(sa.Column("staff_id", _BIG, nullable=True))
        intake.create_foreign_key(op.f("fk_intake_staff_id"), "staff", ["staff_id"], ["id"])
        intake.create_check_constraint(op.f("ck_intake_completed_by"), "(kiosk_id IS NULL) <> (staff_id IS NULL)")


def _add_reference(table: str, column: str, kind: str, target: str) -> None:
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
    )


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _big() -> str:
    return "INTEGER" if _on_sqlite() else "BIGINT"
