"""Receiving a brief intake: a participant joins the queue, and those who are to be told are told.

Whoever has called for a person before keeps the call's place and its clock, and nobody is alerted twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import audit, brief_check_ins, calls, carrying, known_people, rights
from intake_service.errors import NotEnrolled, OtherContent, Revoked
from intake_service.intake_answers import answers_json
from intake_service.tables import Intake, Kiosk, Participant, Site, Staff
from intake_service.workflow import WITH_CASELOAD, Action
from notifications import alerts
from notifications.db import Base
from notifications.tables import AlertKind
from shared_schema.form import Form, load_form
from shared_schema.intake import IntakeRecord, PathwayType, Receipt, Status

# Statements are built once and of plain tables: building them, and the mapper's own way, cost more than running them.
_INTAKE, _PARTICIPANT = (Base.metadata.tables[each.__tablename__] for each in (Intake, Participant))
_SENDER = (
    select(Kiosk.revoked_at, Site.id, Site.name, Site.queue_settings)
    .join(Site, Site.id == Kiosk.site_id)
    .where(Kiosk.id == bindparam("kiosk_id"))
)
_ADD_INTAKE = {
    "sqlite": sqlite.insert(_INTAKE).on_conflict_do_nothing(index_elements=["id"]).returning(_INTAKE.c.sequence),
    "postgresql": postgresql.insert(_INTAKE)
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(_INTAKE.c.sequence),
}
_EARLIER = select(Intake.site_id, Intake.content_mac, Intake.received_at, Intake.proof).where(
    Intake.id == bindparam("intake_id")
)
_ADD_PARTICIPANT = insert(_PARTICIPANT)


@dataclass(frozen=True)
class Received:
    """`new` is false when this very intake had been received before; the receipt is then the same again."""

    receipt: Receipt
    site_id: int
    new: bool


@dataclass(frozen=True)
class _Source:
    """Where an intake comes from. `carrier`: who carries the participant from the start, if anybody."""

    site_id: int
    site_name: str
    kiosk_id: UUID | None
    staff_id: int | None
    status: Status
    carrier: int | None


def receive(session: Session, kiosk_id: UUID, record: IntakeRecord, content_mac: str, now: datetime) -> Received:
    """Put the person who filled in this record into the queue of the kiosk's site and tell the staff.

    A brief check-in goes to somebody at once where the site's rule says so, unless it is urgent.
    The record fits its form. Everything is written or, when an error is raised, nothing must be kept: the caller's
    transaction (or savepoint) decides. Raises Revoked or NotEnrolled for the kiosk, OtherContent when the id is taken.
    """
    site_id, site_name, settings = _site_of(session, kiosk_id)
    form = load_form(record.form_name, record.form_version)
    carrier = None
    urgent = record.called_at is not None or form.is_urgent(record.answers)
    if form.pathway(record.answers) is PathwayType.BRIEF_CHECK_IN and not urgent:
        carrier = brief_check_ins.taker(session, site_id, settings, now)
    status = Status.NEEDS_ASSIGNMENT if carrier is None else Status.NEEDS_INTAKE
    source = _Source(site_id, site_name, kiosk_id, None, status, carrier)
    return _write(session, source, form, record, content_mac, now)


def receive_from_staff(
    session: Session, by: Staff, site: Site, record: IntakeRecord, content_mac: str, now: datetime
) -> Received:
    """The same for a record that a staff member has completed with the person, of the same form.

    Brief check-in only: it is theirs at once. A type without a caseload: Active, with nobody to be found for it, unless
    it is urgent. Any other waits in Needs Assignment. Raises NotFound, NotAllowed, OtherContent.
    """
    rights.require_completing_intakes(session, by, site.id)
    form = load_form(record.form_name, record.form_version)
    pathway = form.pathway(record.answers)
    carrier = by.id if pathway is PathwayType.BRIEF_CHECK_IN else None
    if carrier is not None:
        carrying.require_working(session, carrier)
        status = Status.NEEDS_INTAKE
    else:
        waits = pathway in WITH_CASELOAD or form.is_urgent(record.answers)
        status = Status.NEEDS_ASSIGNMENT if waits else Status.ACTIVE
    source = _Source(site.id, site.name, None, by.id, status, carrier)
    return _write(session, source, form, record, content_mac, now)


def _write(
    session: Session, source: _Source, form: Form, record: IntakeRecord, content_mac: str, now: datetime
) -> Received:
    participant_id: UUID = uuid7()
    called = record.called_at is not None
    urgent = called or form.is_urgent(record.answers)
    sequence = (
        session.connection()
        .execute(
            _ADD_INTAKE[session.get_bind().dialect.name],
            {
                "id": record.id,
                "participant_id": participant_id,
                "site_id": source.site_id,
                "kiosk_id": source.kiosk_id,
                "staff_id": source.staff_id,
                "form_name": record.form_name,
                "form_version": record.form_version,
                "language": record.language,
                "express": record.express,
                "urgent": urgent,
                "ticket": record.ticket,
                "answers": answers_json(record),
                "finished_at": record.finished_at,
                "received_at": now,
                "proof": record.expected_proof(),
                "content_mac": content_mac,
            },
        )
        .scalar_one_or_none()
    )
    if sequence is None:
        return _again(session, record.id, source.site_id, content_mac)
    call = calls.take_over(session, record.id, source.site_id, now) if called else None
    name, phone = _typed(form, record, "name"), _typed(form, record, "phone")
    session.connection().execute(
        _ADD_PARTICIPANT,
        {
            "id": participant_id,
            "site_id": source.site_id,
            "status": source.status,
            "pathway": form.pathway(record.answers),
            "name": name or form.ticket_text(record.ticket, record.language),
            "phone": phone,
            "language": record.language,
            "urgent": urgent,
            "queue_number": call.queue_number if call else sequence,
            "intake_sequence": sequence,
            "waiting_since": call.waiting_since if call else now,  # ours: a kiosk's clock may be wrong
        },
    )
    audit.event(
        session,
        source.site_id,
        {
            "participant_id": participant_id,
            "at": now,
            "action": Action.RECEIVE,
            "staff_id": source.staff_id,
            "kiosk_id": source.kiosk_id,
            "to_status": source.status,
            "to_staff_id": source.carrier,
        },
    )
    known_people.remember(session, source.site_id, sequence, name, record.ticket, phone)
    known_people.flag(session, source.site_id, sequence, participant_id, name, phone, now)
    if source.carrier is not None:
        by = source.staff_id or source.carrier  # by the site's rule nobody assigned; somebody must be named
        carrying.take_up(session, participant_id, source.carrier, by, now)
    if call is None or call.is_closed:
        # staff who closed the call were with the person then; that there is an intake now is news, and no alarm
        _tell(session, source, record.id, now, urgent=urgent and call is None)
    receipt = Receipt(intake_id=record.id, received_at=now, proof=record.expected_proof())
    return Received(receipt, source.site_id, new=True)


def _tell(session: Session, source: _Source, intake_id: UUID, now: datetime, *, urgent: bool) -> None:
    """Whom the site's policy names; or the one who gets it by the site's rule. Staff who completed it know already."""
    if source.status is Status.NEEDS_ASSIGNMENT:
        kind, to = AlertKind.URGENT if urgent else AlertKind.READY_FOR_ASSIGNMENT, None
    elif source.carrier is not None and source.staff_id is None:
        kind, to = AlertKind.ASSIGNED_TO_YOU, [source.carrier]
    else:  # whoever completed it is with the person: an alert about them could never be settled
        return
    path = f"/intakes/{intake_id}"
    alerts.raise_alert(session, kind, source.site_id, source.site_name, str(intake_id), path, to, now)


def _site_of(session: Session, kiosk_id: UUID) -> tuple[int, str, Mapping[str, Any]]:
    """Asked in the transaction that writes, so that a revoked kiosk's intake is refused from that moment on."""
    found = session.connection().execute(_SENDER, {"kiosk_id": kiosk_id}).one_or_none()
    if found is None:
        raise NotEnrolled("Enroll this kiosk with a pairing code.")
    revoked_at, site_id, site_name, settings = found
    if revoked_at is not None:
        raise Revoked("Staff took this kiosk out of service.")
    return site_id, site_name, settings


def _again(session: Session, intake_id: UUID, site_id: int, content_mac: str) -> Received:
    earlier = session.connection().execute(_EARLIER, {"intake_id": intake_id}).one()
    if (earlier.site_id, earlier.content_mac) != (site_id, content_mac):
        raise OtherContent("The first one is kept. Show this one to staff.")
    receipt = Receipt(intake_id=intake_id, received_at=earlier.received_at, proof=earlier.proof)
    return Received(receipt, site_id, new=False)


def _typed(form: Form, record: IntakeRecord, kind: str) -> str | None:
    answers = (record.answers.get(screen.id) for screen in form.items if screen.kind == kind)
    return next((answer.text for answer in answers if answer and answer.text), None)
