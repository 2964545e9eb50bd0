"""Keyed tokens that names are found by, and participants who may be somebody known"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "name_token",
        sa.Column("token", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("site_id", _BIG, nullable=False, autoincrement=False),
        sa.Column("sequence", _BIG, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("token", "site_id", "sequence", name=op.f("pk_name_token")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "possible_duplicate",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("known_id", sa.Uuid(), nullable=False),
        sa.Column("name_alike", sa.Integer(), nullable=True),
        sa.Column("same_phone", sa.Boolean(), nullable=False),
        sa.Column("same_day", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("decided_by", _BIG, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_possible_duplicate_participant_id")
        ),
        sa.ForeignKeyConstraint(["known_id"], ["participant.id"], name=op.f("fk_possible_duplicate_known_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_possible_duplicate_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_possible_duplicate")),
        sa.UniqueConstraint("participant_id", "known_id", name=op.f("uq_possible_duplicate_participant_id_known_id")),
    )
    op.create_index(op.f("ix_possible_duplicate_known_id"), "possible_duplicate", ["known_id"])
