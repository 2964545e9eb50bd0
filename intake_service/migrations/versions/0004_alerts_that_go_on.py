"""Alerts that go on to the next one: policies, timers, shifts, further channels, a ledger with every time"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert_site",
        sa.Column("site_id", _BIG, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_alert_site")),
    )
    op.create_table(
        "recipient",
        sa.Column("staff_id", _BIG, nullable=False, autoincrement=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_recipient")),
    )
    op.create_table(
        "shift",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("site_id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("weekday", sa.String(length=3), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index(op.f("ix_shift_site_id_staff_id"), "shift", ["site_id", "staff_id"])
    op.create_table(
        "channel",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=True),
        sa.Column("site_id", _BIG, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=True),
        sa.Column("code_sent_at", _TIME, nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    op.create_index(op.f("ix_channel_staff_id"), "channel", ["staff_id"])
    op.create_index(op.f("ix_channel_site_id"), "channel", ["site_id"])
    op.create_table(
        "ledger_line",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("alert_id", _BIG, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("staff_id", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_ledger_line_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line")),
    )
    op.create_index(op.f("ix_ledger_line_alert_id"), "ledger_line", ["alert_id"])
    op.create_table(
        "timer",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("alert_id", _BIG, nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("site_id", _BIG, nullable=True),
        sa.Column("staff_id", _BIG, nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_timer_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("what", "subject", name=op.f("uq_timer_what_subject")),
    )
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"])
    op.create_index(op.f("ix_timer_alert_id"), "timer", ["alert_id"])
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    with op.batch_alter_table("roster_entry") as table:
        table.add_column(sa.Column("role", sa.String(length=20), nullable=False, server_default=""))
        table.add_column(sa.Column("step", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("on_duty_until", _TIME, nullable=True))
        table.add_column(sa.Column("by_schedule", sa.String(length=10), nullable=False, server_default="ask"))
    with op.batch_alter_table("alert") as table:
        table.add_column(sa.Column("count", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("clock", _TIME, nullable=True))
        table.add_column(sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("unanswered_since", _TIME, nullable=True))
    with op.batch_alter_table("notice") as table:
        table.add_column(sa.Column("says", sa.String(length=40), nullable=False, server_default=""))
        table.add_column(sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("channel_id", _BIG, nullable=True))
        table.add_column(sa.Column("sent_at", _TIME, nullable=True))
        table.add_column(sa.Column("ended_at", _TIME, nullable=True))
        table.alter_column("staff_id", existing_type=_BIG, nullable=True)
    op.execute("UPDATE notice SET says = (SELECT alert.kind FROM alert WHERE alert.id = notice.alert_id)")
