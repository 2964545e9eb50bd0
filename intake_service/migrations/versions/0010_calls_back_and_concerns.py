"""Calls that were promised, and concerns for administrators"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "callback",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", _BIG, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", _BIG, nullable=True),
        sa.Column("called", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_callback_participant_id")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_callback_set_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_callback_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    op.create_index(op.f("ix_callback_participant_id"), "callback", ["participant_id"])
    op.create_index(
        "uq_callback_open", "callback", ["participant_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("written_by", _BIG, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about_staff_id", _BIG, nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("acknowledged_by", _BIG, nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", _BIG, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_concern_participant_id")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_concern_written_by")),
        sa.ForeignKeyConstraint(["about_staff_id"], ["staff.id"], name=op.f("fk_concern_about_staff_id")),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["staff.id"], name=op.f("fk_concern_acknowledged_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name=op.f("fk_concern_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )
    op.create_index(op.f("ix_concern_closed_at_written_at"), "concern", ["closed_at", "written_at"])
