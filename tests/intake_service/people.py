"""Made-up sites, staff, kiosks and intakes. Everything here is written to the session that is given, not committed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import kiosks, sites
from intake_service.intakes import Received, receive
from intake_service.keys import Keys
from intake_service.tables import Kiosk, Role, Site, Staff
from shared_schema.form import load_form
from shared_schema.intake import SKIPPED, Answer, IntakeRecord, SealedIntake
from shared_schema.kiosk_api import ServiceKey
from shared_schema.sealing import seal

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class EnrolledKiosk:
    """A kiosk with the credential that only its device knows."""

    id: UUID
    site_id: int
    credential: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential}"}


def a_site(session: Session, name: str = "Harbor House") -> Site:
    return sites.add(session, name)


def a_kiosk(session: Session, site: Site, keys: Keys, name: str = "Front door") -> Kiosk:
    """Added, waiting for its pairing code; see `an_enrolled_kiosk`."""
    return kiosks.add(session, site, name, keys, NOW)[0]


def an_enrolled_kiosk(session: Session, site: Site, keys: Keys, name: str = "Front door") -> EnrolledKiosk:
    _, code = kiosks.add(session, site, name, keys, datetime.now(UTC))
    kiosk, credential = kiosks.enroll(session, code, keys, datetime.now(UTC))
    return EnrolledKiosk(kiosk.id, site.id, credential)


def a_staff_member(session: Session, name: str, role: Role, *at: Site, password_hash: str = "!") -> Staff:
    """Somebody of this role at these sites. They cannot sign in unless a hash is given."""
    staff = Staff(
        username=name.lower(),
        name=name,
        role=role,
        password_hash=password_hash,
        caseload_eligible=role in {Role.PEER_SPECIALIST, Role.VOLUNTEER},
        languages=["en"],
        sites=list(at),
    )
    session.add(staff)
    session.flush()
    return staff


def a_record(
    name: str | None = "Zuleika Testperson", *, urgent: bool = False, language: str = "en", **answers: Answer
) -> IntakeRecord:
    """A finished intake that fits the form: a name, what is named in `answers`, everything else skipped."""
    form = load_form()
    given = {item.replace("_", "-"): answer for item, answer in answers.items()}
    if urgent:
        given["urgent"] = Answer.of("unsafe")
    given["name"] = Answer.of(text=name) if name else SKIPPED
    for screen in form.items:
        if screen.shown_for(given):
            given.setdefault(screen.id, SKIPPED)
    return IntakeRecord(
        id=uuid7(),
        form_name=form.name,
        form_version=form.version,
        language=language,
        express=name is None,
        started_at=NOW - timedelta(minutes=2),
        finished_at=NOW,
        ticket="maple-7",
        answers=given,
        receipt_nonce=token_hex(16),
    )


def sealed(record: IntakeRecord, key: ServiceKey) -> SealedIntake:
    """As the kiosk sends it."""
    plaintext = record.model_dump_json().encode()
    return SealedIntake(intake_id=record.id, envelope=seal(plaintext, record.id, key))


def a_received_intake(
    session: Session, kiosk_id: UUID, record: IntakeRecord | None = None, now: datetime = NOW
) -> Received:
    """Somebody waits in the queue, as if their intake had come from this kiosk."""
    record = record or a_record()
    return receive(session, kiosk_id, record, token_hex(32), now)
