"""What is kept about a record itself: what a participant said about its use, and to whom something of it went."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from intake_service.tables import Staff
from notifications.db import Base, BigId, UtcDateTime
from notifications.encrypted import EncryptedText


class ConsentSaid(Base):
    """A participant has told staff that they agree, or that they take it back. Rows are only ever added.

    What they tapped at the kiosk stands in the intake; of all of it the latest counts, see consents.py.
    `until`: the date they named themselves, if any; the site's own time is not stored.
    """

    __tablename__ = "consent_said"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed: Mapped[bool]
    how: Mapped[str] = mapped_column(String(20))
    """A consents.How."""
    form_name: Mapped[str] = mapped_column(String(40))
    form_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(20))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    recorder: Mapped[Staff] = relationship()


class Disclosure(Base):
    """Something of a participant's record went out: when, by whom, to whom, what and for what. For the accounting.

    The same again, by the same person and within a day, counts in `times`. `kind`: a disclosures.DisclosureKind.
    """

    __tablename__ = "disclosure"
    __table_args__ = (Index(None, "participant_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_whom: Mapped[str | None] = mapped_column(EncryptedText("disclosure.to_whom"))
    what: Mapped[str | None] = mapped_column(EncryptedText("disclosure.what"))
    purpose: Mapped[str | None] = mapped_column(EncryptedText("disclosure.purpose"))
    staff: Mapped[Staff] = relationship()


class LegalHold(Base):
    """Nothing of this participant's record is erased while it stands. Of a participant there is one that stands."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index(
            "uq_legal_hold_standing",
            "participant_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    placed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str | None] = mapped_column(EncryptedText("legal_hold.why"))
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    placer: Mapped[Staff] = relationship(foreign_keys=[placed_by])


class Erasure(Base):
    """A record is to be erased, or was: nobody asked and nobody did it where the site's retention did.

    `reason`: an erasure.ErasureReason, which are words of ours, so that nothing personal stays here.
    """

    __tablename__ = "erasure"
    __table_args__ = (UniqueConstraint("participant_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participant.id"))
    reason: Mapped[str] = mapped_column(String(40))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asker: Mapped[Staff | None] = relationship(foreign_keys=[asked_by])
