"""Open alerts found at once, however many there have been; when waiting is too long"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("acknowledged_at IS NULL AND closed_at IS NULL")


def upgrade() -> None:
    op.add_column("alert_site", sa.Column("waiting_too_long", sa.Integer(), nullable=False, server_default="20"))
    op.create_index("ix_alert_open", "alert", ["site_id", "kind"], sqlite_where=_OPEN, postgresql_where=_OPEN)
