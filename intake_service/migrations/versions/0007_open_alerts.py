"""Open alerts found at once, however many there have been"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("acknowledged_at IS NULL AND closed_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_alert_open", "alert", ["site_id", "kind"], sqlite_where=_OPEN, postgresql_where=_OPEN)
