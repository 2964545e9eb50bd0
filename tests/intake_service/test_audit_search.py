"""Administrators look through the audit and take it along; both are in it from then on."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import audit, audit_search, concerns, participants
from intake_service.audit import Act, Kind
from intake_service.audit_export import as_csv, as_json_lines
from intake_service.audit_search import KIOSK, SERVICE, Found, Sought
from intake_service.audit_tables import AuditEntry
from intake_service.disclosures import NOTICE
from intake_service.errors import NotAllowed
from intake_service.tables import Intake, Staff
from intake_service.workflow import Action
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_record

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture
def dana(session: Session, center: Center) -> Staff:
    return session.get_one(Staff, center.dana)


def actions(session: Session, by: Staff, **sought: Any) -> list[str]:
    rows, _ = audit_search.find(session, by, Sought(**sought))
    return [row.entry.action for row in rows]


def a_participant(session: Session, center: Center, name: str = "Zuleika Testperson") -> UUID:
    intake_id = somebody_waits(session, center, a_record(name))
    return session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()


def test_entries_are_found_by_who_whom_what_where_and_when(session: Session, center: Center, dana: Staff) -> None:
    participant = a_participant(session, center)
    participants.look(session, dana, participant, NOW)
    audit.record(session, Act.SITE_CHANGED, NOW + timedelta(days=2), by=dana, to=center.site)
    audit.record(session, Act.KEYS_CHANGED, NOW + timedelta(days=3))

    assert actions(session, dana, who=center.dana) == [Act.SITE_CHANGED, Action.VIEW]
    assert Action.RECEIVE in actions(session, dana, who=KIOSK)
    assert actions(session, dana, who=SERVICE)[0] == Act.KEYS_CHANGED
    assert set(actions(session, dana, whom=(Kind.PARTICIPANT, participant.hex))) == {Action.VIEW, Action.RECEIVE}
    assert actions(session, dana, action=Act.SITE_CHANGED) == [Act.SITE_CHANGED]
    assert Act.KEYS_CHANGED not in actions(session, dana, site=center.site.id)
    assert actions(session, dana, since=NOW + timedelta(days=2)) == [Act.KEYS_CHANGED, Act.SITE_CHANGED]
    assert actions(session, dana, who=center.dana, until=NOW + timedelta(days=1)) == [Action.VIEW]


def test_pages_follow_each_other_without_a_gap(session: Session, dana: Staff) -> None:
    for minute in range(7):
        audit.record(session, Act.SEARCHED, NOW + timedelta(minutes=minute // 2), by=dana)

    found, after = [], None
    for _ in range(4):
        rows, after = audit_search.find(session, dana, Sought(action=Act.SEARCHED), after, limit=2)
        found += [row.entry.id for row in rows]

    assert after is None
    assert (len(found), found) == (7, sorted(found, reverse=True))


def test_nobody_but_an_administrator_looks(session: Session, center: Center) -> None:
    with pytest.raises(NotAllowed):
        audit_search.find(session, session.get_one(Staff, center.alice), Sought())


def test_whom_a_concern_names_finds_nothing_of_it(session: Session, center: Center, dana: Staff) -> None:
    alice, written = session.get_one(Staff, center.alice), uuid7()
    concerns.write(session, uuid7(), a_participant(session, center), "About nobody", alice, NOW)
    concerns.write(session, written, a_participant(session, center), "About Dana", alice, NOW, center.dana)

    rows, _ = audit_search.find(session, dana, Sought(action=Act.CONCERN_WRITTEN))

    assert len(rows) == 1
    assert rows[0].entry.object_id != written.hex


def everything(session: Session, by: Staff) -> Iterator[list[Found]]:
    return audit_search.every(session, by, Sought(), at_once=2)


def test_a_file_has_the_notice_every_entry_and_no_participants_name(
    session: Session, center: Center, dana: Staff
) -> None:
    participant = a_participant(session, center, "Quirin Sample")
    participants.discharge(session, participant, "Moved to Otherville", dana, NOW)
    session.commit()
    names, count = audit_search.names_in(session, []), len(session.scalars(select(AuditEntry.id)).all())

    lines = list(csv.reader(io.StringIO("".join(as_csv(everything(session, dana), names)))))
    objects = [json.loads(each) for each in "".join(as_json_lines(everything(session, dana), names)).splitlines()]

    assert (lines[0], objects[0]) == ([NOTICE], {"notice": NOTICE})
    assert (len(lines) - 2, len(objects) - 1) == (count, count)
    discharged = next(each for each in objects if each.get("action") == Action.DISCHARGE)
    assert (discharged["who"], discharged["about_id"], discharged["has_reason"]) == ("Dana", participant.hex, True)
    assert "Quirin" not in str(lines) + str(objects)
    assert "Otherville" not in str(lines) + str(objects)


@pytest.mark.parametrize("word", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://127.0.0.1")'])
def test_no_cell_of_the_file_is_a_formula(session: Session, center: Center, dana: Staff, word: str) -> None:
    dana.name = word
    audit.record(session, Act.SITE_CHANGED, NOW, by=dana, before={"name": word}, after={"name": word})
    session.flush()

    lines = csv.reader(io.StringIO("".join(as_csv(everything(session, dana), audit_search.names_in(session, [])))))

    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in lines for cell in line)


def test_the_page_and_the_file_are_kept_with_what_was_asked(service: Service, session: Session, center: Center) -> None:
    participant = a_participant(session, center)
    session.commit()
    sign_in(service.client, "dana")
    whom = f"participant:{participant.hex}"

    page = service.client.get("/audit", params={"whom": whom, "since": "2026-01-01"})
    file = service.client.get("/audit/export", params={"whom": whom, "file": "jsonl"})

    assert "A brief intake came in from a kiosk" in page.text
    assert "Zuleika Testperson" in page.text
    assert "attachment" in file.headers["Content-Disposition"]
    assert [json.loads(line)["action"] for line in file.text.splitlines()[2:]] == [
        Act.AUDIT_SEARCHED,
        Action.RECEIVE,
    ]
    acts = AuditEntry.action.in_([Act.AUDIT_SEARCHED, Act.AUDIT_EXPORTED])
    kept = session.scalars(select(AuditEntry).where(acts).order_by(AuditEntry.id))
    told = [(each.staff_id, each.object_id, json.loads(each.after or "")) for each in kept.all()]
    assert told == [
        (center.dana, participant.hex, {"whom": whom, "since": "2026-01-01"}),
        (center.dana, participant.hex, {"whom": whom, "file": "jsonl"}),
    ]


def test_what_makes_no_sense_in_an_address_is_left_out(service: Service, center: Center) -> None:
    sign_in(service.client, "dana")

    asked = {"who": "x", "whom": "a:b", "action": "z", "site": "-1", "since": "no", "until": "9999-12-31", "after": "~"}

    assert service.client.get("/audit", params=asked).status_code == 200
    assert service.client.get("/audit/export", params={"file": "exe"}).status_code == 404
