"""Calls for a person that come before their intake"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "urgent_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", _BIG, nullable=False),
        sa.Column("kiosk_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queue_number", _BIG, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_urgent_call_site_id")),
        sa.ForeignKeyConstraint(["kiosk_id"], ["kiosk.id"], name=op.f("fk_urgent_call_kiosk_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name=op.f("fk_urgent_call_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgent_call")),
        sa.UniqueConstraint("intake_id", name=op.f("uq_urgent_call_intake_id")),
    )
    op.create_index(op.f("ix_urgent_call_site_id_ended_at"), "urgent_call", ["site_id", "ended_at"])
