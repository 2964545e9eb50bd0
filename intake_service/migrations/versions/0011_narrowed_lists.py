"""Lists narrowed to a language or a pathway that few have, read without looking at everybody"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("language", "pathway"):
        op.create_index(
            op.f(f"ix_participant_site_id_{column}_status_urgent_queue_number_id"),
            "participant",
            ["site_id", column, "status", "urgent", "queue_number", "id"],
        )
