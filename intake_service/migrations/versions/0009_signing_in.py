"""Signing in: terms of a session, second factors, one-time links, tries that survive a restart"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff", sa.Column("directory_subject", sa.String(length=255), nullable=True))
    op.create_index(op.f("ix_staff_directory_subject"), "staff", ["directory_subject"], unique=True)
    op.execute("DELETE FROM staff_session")  # whoever is signed in signs in again, on the new terms
    with op.batch_alter_table("staff_session") as table:
        table.add_column(sa.Column("proved_at", _TIME, nullable=False))
        table.add_column(sa.Column("idle_minutes", sa.Integer(), nullable=False))
        table.add_column(sa.Column("enrolling", sa.Boolean(), nullable=False))
        table.add_column(sa.Column("browser", sa.String(length=80), nullable=False))
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sign_in_rules", sa.JSON(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organization_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "sign_in_step",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("staff_id", _BIG, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('second factor', 'passkey', 'new passkey', 'directory')", name=op.f("ck_sign_in_step_purpose")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_step_staff_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_sign_in_step")),
    )
    op.create_index(op.f("ix_sign_in_step_staff_id"), "sign_in_step", ["staff_id"])
    op.create_index(op.f("ix_sign_in_step_expires_at"), "sign_in_step", ["expires_at"])
    op.create_table(
        "known_browser",
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_known_browser_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "browser_digest", name=op.f("pk_known_browser")),
    )
    op.create_table(
        "wrong_try",
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("allowed_at", _TIME, nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_wrong_try")),
    )
    op.create_index(op.f("ix_wrong_try_last_at"), "wrong_try", ["last_at"])
    op.create_table(
        "code_app",
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_code_app_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_code_app")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_passkey_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_staff_id"), "passkey", ["staff_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_code_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"])
    op.create_table(
        "one_time_link",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("staff_id", _BIG, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", _BIG, nullable=True),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name=op.f("ck_one_time_link_purpose")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_one_time_link_made_by")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_one_time_link_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_link_digest")),
    )
    op.create_index(op.f("ix_one_time_link_staff_id"), "one_time_link", ["staff_id"])
