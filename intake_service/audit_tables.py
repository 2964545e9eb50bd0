"""Who did what, and the chain over it. Entries and links are only ever added: triggers in the database see to that."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText

_BY_STAFF = "staff_id IS NOT NULL"


class AuditEntry(Base):
    """One thing that was done: by a staff member, by a kiosk, or by the service itself when both are empty.

    `kind`, `object_id`: what it was done to; a UUID without hyphens. `address`: keyed digest of the network address.
    `before`, `after`: what it changed, or how it was done, as JSON; of a change to a participant the event `event_id`
    says it. `once`: random, so that an entry which is copied into another row shows. `seal`, `reason_mac`: see
    audit_seal.py. No foreign keys: an entry outlives what it is about, and is written while intakes are received.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "object_id", "at", "id"),
        Index(
            "ix_audit_entry_staff_id",
            "staff_id",
            "at",
            "id",
            sqlite_where=text(_BY_STAFF),
            postgresql_where=text(_BY_STAFF),
        ),
        {"sqlite_autoincrement": True},  # a number is never given twice
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int | None] = mapped_column(BigId)
    kiosk_id: Mapped[UUID | None] = mapped_column(Uuid)
    site_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str | None] = mapped_column(String(20))
    object_id: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(16))
    event_id: Mapped[int | None] = mapped_column(BigId)
    before: Mapped[str | None] = mapped_column(EncryptedText("audit_entry.before"))
    after: Mapped[str | None] = mapped_column(EncryptedText("audit_entry.after"))
    once: Mapped[str] = mapped_column(String(16))
    reason_mac: Mapped[str | None] = mapped_column(String(81))
    seal: Mapped[str] = mapped_column(String(81))


class AuditLink(Base):
    """Puts one entry into its place: `mac` covers the link before and the entry's seal. Numbers have no gaps."""

    __tablename__ = "audit_link"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigId, unique=True)
    mac: Mapped[str] = mapped_column(String(81))


class AuditHead(Base):
    """How far the chain goes, in its one row. `mac` covers the row, so nobody makes up a shorter chain.

    Every entry up to the id `settled` has its link: whatever appears below it later came by another door.
    """

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigId)
    link_mac: Mapped[str] = mapped_column(String(81))
    settled: Mapped[int] = mapped_column(BigId)
    mac: Mapped[str] = mapped_column(String(81))
