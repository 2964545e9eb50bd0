"""Everything that is done at the door, to records and to settings leaves an entry that says how it was before."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import concerns, key_changes, kiosks, participants, queue_settings, removals, sites
from intake_service.audit import Act
from intake_service.audit_tables import AuditEntry
from intake_service.errors import WrongPairingCode
from intake_service.keys import Keys
from intake_service.queue_settings import QueueSettings
from intake_service.settings import Settings
from intake_service.sign_in_log import AtTheDoor
from intake_service.site_settings import Decided, fields_of, read
from intake_service.tables import Intake, Staff
from intake_service.workflow import Action
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def kept(session: Session, action: str) -> AuditEntry:
    """The newest entry of this action."""
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc()).limit(1)
    return session.scalars(query).one()


def states(entry: AuditEntry) -> tuple[Any, Any]:
    return json.loads(entry.before or "null"), json.loads(entry.after or "null")


def test_what_is_decided_about_a_site_with_before_and_after(session: Session, center: Center) -> None:
    dana = session.get_one(Staff, center.dana)
    decided, _ = read({**fields_of(center.site), "name": "Harbor Lights"}, center.site)
    assert isinstance(decided, Decided)

    sites.decide(session, center.site, decided, dana, NOW)

    entry = kept(session, Act.SITE_CHANGED)
    assert (entry.staff_id, entry.kind, entry.object_id) == (dana.id, "site", str(center.site.id))
    assert states(entry) == ({"name": "Harbor House"}, {"name": "Harbor Lights"})


def test_what_is_decided_about_its_queue(session: Session, center: Center) -> None:
    dana = session.get_one(Staff, center.dana)

    queue_settings.change(session, center.site, QueueSettings(waiting_long=5), dana, NOW)

    assert states(kept(session, Act.QUEUE_SETTINGS_CHANGED)) == ({"waiting_long": 10}, {"waiting_long": 5})


def test_a_kiosks_life(session: Session, center: Center, keys: Keys) -> None:
    dana = session.get_one(Staff, center.dana)

    kiosk, code = kiosks.add(session, center.site, "Back door", keys, NOW, dana)
    kiosks.enroll(session, code, keys, NOW)
    kiosks.revoke(session, kiosk.id, NOW, dana)
    with pytest.raises(WrongPairingCode):
        kiosks.enroll(session, code, keys, NOW)

    told = [kept(session, act) for act in (Act.KIOSK_ADDED, Act.KIOSK_ENROLLED, Act.KIOSK_REVOKED)]
    assert [(each.staff_id, each.kiosk_id) for each in told] == [(dana.id, None), (None, kiosk.id), (dana.id, None)]
    assert {each.object_id for each in told} == {kiosk.id.hex}


def test_who_left_and_came_back(session: Session, center: Center) -> None:
    alice = session.get_one(Staff, center.alice)

    removal = removals.remove_staff(session, center.bob, alice, NOW, "Found another job")
    removals.undo_removal(session, removal.id, alice, NOW)

    assert kept(session, Act.STAFF_REMOVED).object_id == str(center.bob)
    assert states(kept(session, Act.STAFF_BACK)) == ({"active": False}, {"active": True})


def test_keys(session: Session, center: Center, settings: Settings) -> None:
    key_changes.rotate_data(session, settings.keys_dir, NOW)

    assert states(kept(session, Act.KEYS_CHANGED)) == (None, {"made": "data"})


def test_a_concern_without_whom_it_is_about(session: Session, center: Center) -> None:
    concern, dana = uuid7(), session.get_one(Staff, center.dana)
    participant = _participant(session, center)
    concerns.write(session, concern, participant, "Was hurt", session.get_one(Staff, center.alice), NOW, center.bob)
    concerns.looked(session, concern, dana, NOW)
    concerns.acknowledge(session, concern, dana, NOW)
    concerns.close(session, concern, "Spoke with both", dana, NOW)

    acts = (Act.CONCERN_WRITTEN, Act.CONCERN_READ, Act.CONCERN_ACKNOWLEDGED, Act.CONCERN_CLOSED)
    told = [kept(session, act) for act in acts]
    assert [each.staff_id for each in told] == [center.alice, dana.id, dana.id, dana.id]
    assert {(each.object_id, each.before, each.after) for each in told} == {(concern.hex, None, None)}


def test_every_look_at_a_participant_though_the_history_has_one(session: Session, center: Center) -> None:
    alice, participant = session.get_one(Staff, center.alice), _participant(session, center)

    for _ in range(3):
        participants.look(session, alice, participant, NOW)

    looks = session.scalars(select(AuditEntry).where(AuditEntry.action == Action.VIEW)).all()
    assert [(each.staff_id, each.object_id) for each in looks] == [(alice.id, participant.hex)] * 3
    story = participants.history(session, alice, participant)
    assert [event.action for event in story].count(Action.VIEW) == 1


def test_the_door_with_who_was_refused_and_from_where(service: Service, engine: Engine, center: Center) -> None:
    sign_in(service.client, "alice", "wrong words")
    sign_in(service.client, "nobody-of-this-name", "wrong words")
    sign_in(service.client, "alice")

    with Session(engine) as session:
        query = select(AuditEntry).where(AuditEntry.action.in_(list(AtTheDoor))).order_by(AuditEntry.id)
        entries = session.scalars(query).all()
        told = [(each.action, each.object_id, states(each)[1]["how"]) for each in entries]
    assert told == [
        (AtTheDoor.REFUSED, str(center.alice), "password"),
        (AtTheDoor.REFUSED, None, "password"),
        (AtTheDoor.SIGNED_IN, str(center.alice), "password"),
    ]
    assert {each.address for each in entries} == {entries[0].address}
    assert entries[0].address is not None


def test_who_asked_for_what_is_not_theirs(service: Service, engine: Engine, session: Session, center: Center) -> None:
    participant = _participant(session, center)
    session.commit()
    sign_in(service.client, "charlie")

    assert service.client.get(f"/participants/{participant}").status_code == 404
    assert service.client.get("/audit").status_code == 403
    service.client.cookies.clear()
    assert service.client.get("/audit").status_code == 401

    with Session(engine) as own:
        query = select(AuditEntry).where(AuditEntry.action == Act.TURNED_AWAY).order_by(AuditEntry.id)
        told = [(each.staff_id, each.object_id, states(each)[1]["door"]) for each in own.scalars(query)]
    assert told == [
        (center.charlie, participant.hex, "GET /participants/{participant_id:uuid}"),
        (center.charlie, None, "GET /audit"),
    ]


def test_what_is_done_on_pages(service: Service, engine: Engine, session: Session, center: Center) -> None:
    participant = _participant(session, center)
    session.commit()
    csrf = _signed_in_as(service, "dana")

    def sent(path: str, **fields: str) -> None:
        assert service.client.post(path, data={"csrf": csrf, **fields}).status_code in {200, 303}, path

    sent("/participants/search", words="Zuleika")
    sent(f"/roster/{center.site.id}/{center.charlie}", designated="true", step="role")
    sent("/duty", site_id=str(center.site.id), on="true")
    sent(f"/schedule/{center.site.id}/{center.bob}", **{"mon-1-begins": "09:00", "mon-1-ends": "17:00"})
    policy = {"step-0-after": "0", "step-0-who": "designated", "step-0-channels": "web_push"}
    numbers = {"repeat_every": "3", "repeats": "2", "comes_back_after": "15", "goes_on_after": "5"}
    sent(f"/alert-policy/{center.site.id}", **policy, **numbers)
    sent("/staff/sign-in-rules", idle_minutes="20", second_factor="nobody")
    asked = service.client.get(f"/api/v1/participants/{participant}/contact-permission")
    assert asked.status_code == 200

    with Session(engine) as own:
        assert states(kept(own, Act.SEARCHED)) == (None, {"found": 1})
        roster = kept(own, Act.ROSTER_CHANGED)
        assert (roster.staff_id, roster.object_id, roster.site_id) == (center.dana, str(center.charlie), center.site.id)
        assert states(roster)[1]["designated"] is True
        assert states(kept(own, Act.DUTY_CHANGED))[1]["on_duty_since"]
        assert states(kept(own, Act.WEEK_CHANGED)) == ({"shifts": []}, {"shifts": ["mon 09:00-17:00"]})
        assert states(kept(own, Act.ALERT_POLICY_CHANGED))[1]["repeats"] == 2
        assert states(kept(own, AtTheDoor.RULES_CHANGED)) == ({"idle_minutes": 15}, {"idle_minutes": 20})
        assert kept(own, Act.ASKED_CONTACT_PERMISSION).object_id == participant.hex
        said = [each.after or "" for each in own.scalars(select(AuditEntry))]
    assert not any("Zuleika" in each for each in said)


def _participant(session: Session, center: Center) -> UUID:
    intake_id = somebody_waits(session, center)
    return session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()


def _signed_in_as(service: Service, name: str) -> str:
    """The token for forms."""
    sign_in(service.client, name)
    found = re.search(r'data-csrf="([^"]+)"', service.client.get("/duty", headers={"Accept": "text/html"}).text)
    assert found is not None
    return found.group(1)
