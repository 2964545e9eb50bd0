"""What the audit keeps of what was done, and that it is kept with it or not at all."""

import json
from datetime import UTC, datetime

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from intake_service import audit, participants
from intake_service.audit import ADDRESS, Act, Kind
from intake_service.audit_tables import AuditEntry
from intake_service.tables import Intake, Staff
from intake_service.workflow import Action
from notifications.db import writing
from tests.intake_service.center import Center, somebody_waits

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def newest(session: Session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_an_entry_says_who_did_what_to_whom_and_how_it_was(session: Session, center: Center) -> None:
    dana, bob = session.get_one(Staff, center.dana), session.get_one(Staff, center.bob)

    audit.record(session, Act.STAFF_CHANGED, NOW, by=dana, to=bob, before={"capacity": 12}, after={"capacity": 8})

    entry = newest(session)
    assert (entry.at, entry.action, entry.staff_id) == (NOW, Act.STAFF_CHANGED, dana.id)
    assert (entry.kind, entry.object_id, entry.site_id) == (Kind.STAFF, str(bob.id), None)
    assert (json.loads(entry.before or ""), json.loads(entry.after or "")) == ({"capacity": 12}, {"capacity": 8})


def test_a_change_that_is_rolled_back_has_not_happened(engine: Engine, center: Center) -> None:
    with Session(writing(engine)) as session:
        audit.record(session, Act.SITE_CHANGED, NOW, by=center.dana, to=center.site)
        session.rollback()

        assert session.scalars(select(AuditEntry.id).where(AuditEntry.action == Act.SITE_CHANGED)).all() == []


def test_an_address_is_kept_as_a_digest(session: Session, center: Center) -> None:
    session.info[ADDRESS] = "192.0.2.7"

    for site in (center.site, center.site):
        audit.record(session, Act.SITE_CHANGED, NOW, to=site)

    first, second = session.scalars(select(AuditEntry.address).order_by(AuditEntry.id.desc()).limit(2))
    assert first == second
    assert first is not None
    assert (len(first), "192" in first) == (16, False)


def test_before_and_after_cannot_be_read_in_the_database(session: Session, center: Center) -> None:
    audit.record(session, Act.STAFF_CHANGED, NOW, before={"name": "Quirin"}, after={"name": "Zuleika"})
    session.flush()

    stored = session.execute(text("SELECT before, after FROM audit_entry ORDER BY id DESC LIMIT 1")).one()

    assert all(name not in bytes(each) for each in stored for name in (b"Quirin", b"Zuleika"))


def test_a_change_to_a_participant_is_told_once_by_its_event(session: Session, center: Center) -> None:
    intake = session.scalars(select(Intake).where(Intake.id == somebody_waits(session, center))).one()
    alice = session.get_one(Staff, center.alice)

    participants.discharge(session, intake.participant_id, "Moved away", alice, NOW)

    entry = newest(session)
    assert (entry.action, entry.staff_id, entry.site_id) == (Action.DISCHARGE, alice.id, center.site.id)
    assert (entry.kind, entry.object_id) == (Kind.PARTICIPANT, intake.participant_id.hex)
    assert (entry.before, entry.after) == (None, None)
    assert entry.event_id is not None


def test_a_received_intake_and_every_look_at_it_are_kept(session: Session, center: Center) -> None:
    intake_id, alice = somebody_waits(session, center), session.get_one(Staff, center.alice)
    received = newest(session)
    assert (received.action, received.kiosk_id, received.staff_id) == (Action.RECEIVE, center.kiosk.id, None)

    for _ in range(2):
        participants.review(session, alice, intake_id, NOW)

    looks = session.scalars(select(AuditEntry).where(AuditEntry.action == Action.VIEW)).all()
    assert [json.loads(look.after or "")["intake"] for look in looks] == [intake_id.hex, intake_id.hex]


def test_only_what_differs_is_handed_in() -> None:
    before, after = {"name": "A", "hours": "9-5"}, {"name": "B", "hours": "9-5", "new": 1}

    assert audit.differences(before, after) == ({"name": "A", "new": None}, {"name": "B", "new": 1})
