"""Receiving a brief intake: a participant joins the queue, and those who are to be told are told.

Whoever has called for a person before keeps the call's place and its clock, and nobody is alerted twice.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import calls
from intake_service.errors import NotEnrolled, OtherContent, Revoked
from intake_service.tables import Event, Intake, Kiosk, Participant, Site
from notifications import alerts
from notifications.tables import AlertKind
from shared_schema.form import Form, load_form
from shared_schema.intake import Answer, IntakeRecord, Receipt, Status

# Statements are built once: building them costs more than running them.
_SENDER = (
    select(Kiosk.revoked_at, Site.id, Site.name)
    .join(Site, Site.id == Kiosk.site_id)
    .where(Kiosk.id == bindparam("kiosk_id"))
)
_ADD_INTAKE = {
    "sqlite": sqlite.insert(Intake).on_conflict_do_nothing(index_elements=["id"]).returning(Intake.sequence),
    "postgresql": postgresql.insert(Intake).on_conflict_do_nothing(index_elements=["id"]).returning(Intake.sequence),
}
_EARLIER = select(Intake.site_id, Intake.content_mac, Intake.received_at, Intake.proof).where(
    Intake.id == bindparam("intake_id")
)
_ADD_PARTICIPANT = insert(Participant)
_ADD_EVENT = insert(Event)


@dataclass(frozen=True)
class Received:
    """`new` is false when this very intake had been received before; the receipt is then the same again."""

    receipt: Receipt
    site_id: int
    new: bool


def receive(session: Session, kiosk_id: UUID, record: IntakeRecord, content_mac: str, now: datetime) -> Received:
    """Put the person who filled in this record into the queue of the kiosk's site and tell the staff.

    The record fits its form. Everything is written or, when an error is raised, nothing must be kept: the caller's
    transaction (or savepoint) decides. Raises Revoked or NotEnrolled for the kiosk, OtherContent when the id is taken.
    """
    site_id, site_name = _site_of(session, kiosk_id)
    form = load_form(record.form_name, record.form_version)
    participant_id: UUID = uuid7()
    called = record.called_at is not None
    urgent = called or form.is_urgent(record.answers)
    sequence = session.execute(
        _ADD_INTAKE[session.get_bind().dialect.name],
        {
            "id": record.id,
            "participant_id": participant_id,
            "site_id": site_id,
            "kiosk_id": kiosk_id,
            "form_name": record.form_name,
            "form_version": record.form_version,
            "language": record.language,
            "express": record.express,
            "urgent": urgent,
            "ticket": record.ticket,
            "answers": _answers_json(record),
            "finished_at": record.finished_at,
            "received_at": now,
            "proof": record.expected_proof(),
            "content_mac": content_mac,
        },
    ).scalar_one_or_none()
    if sequence is None:
        return _again(session, record.id, site_id, content_mac)
    call = calls.take_over(session, record.id, now) if called else None
    session.execute(
        _ADD_PARTICIPANT,
        {
            "id": participant_id,
            "site_id": site_id,
            "status": Status.NEEDS_ASSIGNMENT,
            "pathway": form.pathway(record.answers),
            "name": _called(form, record),
            "phone": _typed(form, record, "phone"),
            "language": record.language,
            "urgent": urgent,
            "queue_number": call.queue_number if call else sequence,
            "intake_sequence": sequence,
            "waiting_since": call.waiting_since if call else now,  # ours: a kiosk's clock may be wrong
        },
    )
    session.execute(
        _ADD_EVENT,
        {
            "participant_id": participant_id,
            "at": now,
            "action": "intake received",
            "kiosk_id": kiosk_id,
            "to_status": Status.NEEDS_ASSIGNMENT,
        },
    )
    if call is None or call.is_closed:
        # staff who closed the call were with the person then; that there is an intake now is news, and no alarm
        kind = AlertKind.URGENT if urgent and call is None else AlertKind.READY_FOR_ASSIGNMENT
        alerts.raise_alert(session, kind, site_id, site_name, str(record.id), f"/intakes/{record.id}", None, now)
    return Received(Receipt(intake_id=record.id, received_at=now, proof=record.expected_proof()), site_id, new=True)


def _site_of(session: Session, kiosk_id: UUID) -> tuple[int, str]:
    """Asked in the transaction that writes, so that a revoked kiosk's intake is refused from that moment on."""
    found = session.execute(_SENDER, {"kiosk_id": kiosk_id}).one_or_none()
    if found is None:
        raise NotEnrolled("Enroll this kiosk with a pairing code.")
    revoked_at, site_id, site_name = found
    if revoked_at is not None:
        raise Revoked("Staff took this kiosk out of service.")
    return site_id, site_name


def _again(session: Session, intake_id: UUID, site_id: int, content_mac: str) -> Received:
    earlier = session.execute(_EARLIER, {"intake_id": intake_id}).one()
    if (earlier.site_id, earlier.content_mac) != (site_id, content_mac):
        raise OtherContent("The first one is kept. Show this one to staff.")
    receipt = Receipt(intake_id=intake_id, received_at=earlier.received_at, proof=earlier.proof)
    return Received(receipt, site_id, new=False)


def _called(form: Form, record: IntakeRecord) -> str:
    """The name to call; the ticket in the words that the person saw when there is none."""
    return _typed(form, record, "name") or form.ticket_text(record.ticket, record.language)


def _typed(form: Form, record: IntakeRecord, kind: str) -> str | None:
    answers = (record.answers.get(screen.id) for screen in form.items if screen.kind == kind)
    return next((answer.text for answer in answers if answer and answer.text), None)


def _answers_json(record: IntakeRecord) -> str:
    answers: dict[str, Any] = {item: answer.model_dump(mode="json") for item, answer in record.answers.items()}
    return json.dumps(answers, ensure_ascii=False)


def answers_of(intake: Intake) -> dict[str, Answer]:
    """The stored answers by item."""
    return {item: Answer.model_validate(answer) for item, answer in json.loads(intake.answers).items()}
