"""A center on a busy day, and every page of the console with something on it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import (
    assignments,
    callbacks,
    concerns,
    consent_changes,
    disclosures,
    erasure,
    legal_holds,
    participants,
    records_settings,
    removals,
)
from intake_service.consents import How
from intake_service.disclosures import Told
from intake_service.erasure import ErasureReason
from intake_service.records_settings import RecordsSettings
from intake_service.tables import Intake, Participant, Role, Staff
from shared_schema.intake import Answer
from tests.intake_service.center import Center
from tests.intake_service.people import a_received_intake, a_record, a_staff_member
from tests.notifications.devices import Device


@dataclass(frozen=True)
class BusyDay:
    """`pages`: what a supervisor or an administrator can look at, by name. `waiting`: somebody to be assigned."""

    pages: dict[str, str]
    waiting: UUID


def a_busy_day(session: Session, center: Center) -> BusyDay:
    """Committed. Bob can be reached."""
    now = datetime.now(UTC)
    Device().subscribe(session, center.bob, "http://127.0.0.1/push/made-up", now)
    alice = session.get_one(Staff, center.alice)
    leaving = a_staff_member(session, "Erin", Role.PEER_SPECIALIST, center.site)

    def came(name: str | None, minutes: int, *, urgent: bool = False, **answers: Answer) -> UUID:
        record = a_record(name, urgent=urgent, language="es" if minutes % 2 else "en", **answers)
        received = a_received_intake(session, center.kiosk.id, record, now - timedelta(minutes=minutes))
        intake = session.scalars(select(Intake).where(Intake.id == received.receipt.intake_id)).one()
        participant = session.get_one(Participant, intake.participant_id)
        participant.waiting_since = now - timedelta(minutes=minutes)
        session.flush()
        return participant.id

    def given(name: str, to: int, *, done: bool = False) -> UUID:
        participant_id = came(name, 90)
        assignments.assign(session, participant_id, to, alice, now)
        if done:
            participants.full_intake_done(session, participant_id, alice, now)
        return participant_id

    waiting = came("Zuleika Testperson", 74, talk_with=Answer.of("woman", "my-language"))
    came(None, 12)
    came("Quirin Sample", 3)
    urgent = came("Maximiliana Longname-Example-Von-Somewhere", 1, urgent=True)
    again = came("Zuleika Testperson", 0)
    needs_intake = given("Ottokar Example", center.bob)
    active = given("Philippa Placeholder", center.bob, done=True)
    participants.set_tier(session, active, 2, alice, now)
    given("Rasmus Made-Up", leaving.id)
    gone = came("Sidonie Specimen", 300)
    participants.discharge(session, gone, "Moved to another town and said goodbye", alice, now)
    dana = session.get_one(Staff, center.dana)
    consent_changes.revoke(session, needs_intake, How.BY_PHONE, dana, now, "Wants to be met here, not called")
    callbacks.set_for(session, needs_intake, now + timedelta(hours=26), alice, now)
    callbacks.set_for(session, active, now, dana, now)
    told = Told("Dr. Sample, Example Clinic", "that they came twice", "a referral that they asked for")
    disclosures.write_down(session, active, told, alice, now)
    erasure.ask(session, active, ErasureReason.ASKED_FOR, dana, now)
    legal_holds.place(session, waiting, "A court has asked to keep it", dana, now)
    records_settings.change(session, center.site, RecordsSettings(consent=24, discharged=60), dana, now)
    concern, looked_into = uuid7(), uuid7()
    concerns.write(session, concern, active, "Came in with a bruise and would not say from what", alice, now)
    concerns.write(session, looked_into, active, "Was shouted at at the desk", alice, now, center.bob)
    concerns.close(session, looked_into, "Spoke with both of them", dana, now)
    removals.remove_staff(session, leaving.id, alice, now, "Found another job")
    intake_id = session.scalars(select(Intake.id).where(Intake.participant_id == urgent)).one()
    session.commit()
    pages = {
        "queue": "/queue",
        "queue-filtered": "/queue?pathway=drop-in+referral",
        "needs-reassignment": "/lists/needs-reassignment",
        "all-participants": "/lists/all",
        "active-participants": "/lists/active",
        "discharged": "/lists/discharged",
        "search": "/participants/search",
        "intake": f"/intakes/{intake_id}",
        "participant-waiting": f"/participants/{waiting}",
        "participant-known": f"/participants/{again}",
        "participant-needs-intake": f"/participants/{needs_intake}",
        "participant-active": f"/participants/{active}",
        "participant-discharged": f"/participants/{gone}",
        "disclosures": f"/participants/{active}/disclosures",
        "erasure": f"/participants/{gone}/erasure",
        "erasure-asked": f"/participants/{active}/erasure",
        "my-participants": "/my-participants",
        "brief-intake": "/brief-intake",
        "brief-intake-spanish": "/brief-intake?language=es",
        "board": "/board",
        "staff": "/staff",
        "invitation": "/staff/invitation",
        "sign-in-rules": "/staff/sign-in-rules",
        "account": "/account",
        "second-factor": "/account/second-factor",
        "alerts": "/alerts",
        "duty": "/duty",
        "schedule": "/schedule",
        "roster": "/roster",
        "roster-now": "/roster/now",
        "alert-policy": "/alert-policy",
        "alert-ledger": "/alert-ledger",
        "alert": "/alert-ledger/1",
        "audit": "/audit",
        "audit-filtered": f"/audit?whom=participant:{active.hex}&since=2026-01-01",
        "concerns": "/concerns",
        "concern": f"/concerns/{concern}",
        "concern-closed": f"/concerns/{looked_into}",
        "channels": "/channels",
        "sites": "/sites",
        "site": f"/sites/{center.site.id}",
        "site-records": f"/sites/{center.site.id}/records",
        "site-queue": f"/sites/{center.site.id}/queue",
        "not-found": f"/participants/{center.kiosk.id}",
    }
    return BusyDay(pages, waiting)
