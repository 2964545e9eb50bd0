"""Devices that are known again, and that say when they last showed an alert"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE = "push_subscription"


def upgrade() -> None:
    # SQLite's table is made anew, so that an id is never given twice; PostgreSQL's sequence never does.
    with op.batch_alter_table(
        _TABLE,
        recreate="always" if op.get_bind().dialect.name == "sqlite" else "never",
        table_kwargs={"sqlite_autoincrement": True},
    ) as table:
        table.add_column(sa.Column("device_digest", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("last_shown_at", sa.DateTime(timezone=True), nullable=True))
        table.create_unique_constraint(op.f("uq_push_subscription_device_digest"), ["device_digest"])
