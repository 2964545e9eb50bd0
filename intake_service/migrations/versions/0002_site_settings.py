"""What a site decides for its kiosks and its queue, and when it is open"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = ("hours", "kiosk_settings", "queue_settings")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("site", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
