"""A kiosk in bad hands: too many requests, too large ones, old ones again, wrong clocks, other people's ids.

Elsewhere: a body that is none, an envelope to another key, under another id, damaged, or with a record that does not
fit, by hand and by hypothesis (test_routes_intakes_api.py); guessed pairing codes and a revoked kiosk
(test_routes_kiosks_api.py), which hands in what it holds once it is enrolled again (tests/faults/test_bad_days.py); a
kiosk's clock that is years off, end to end (there too); how a kiosk waits when told to (tests/kiosk/test_sender.py); a
hundred megabytes, refused unread (test_slow_and_large.py, tests/intake_service/test_server.py).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import kiosks, participants
from intake_service.app import create_app
from intake_service.guards import MAX_BODY
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.tables import Event, Intake, Kiosk, Participant, Staff, UrgentCall
from notifications.tables import Alert
from shared_schema.intake import MAX_SEALED_BYTES, Answer, SealedIntake, Status
from shared_schema.kiosk_api import CALLS_PATH, CONFIG_PATH, HEARTBEATS_PATH, INTAKES_PATH, TEST_ALERTS_PATH, form_path
from shared_schema.problem import MEDIA_TYPE, Problem
from shared_schema.sealing import seal
from tests.intake_service.center import Center
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import NOW, EnrolledKiosk, a_record, a_site, an_enrolled_kiosk, sealed
from tests.intake_service.security.conftest import Tally
from tests.intake_service.security.flood import flooding
from tests.support import service as processes

BEAT = {"app_version": "0.1.0", "sent_at": "2026-11-23T09:30:00Z", "held": 0, "refused": 0}


@pytest.fixture
def patient(settings: Settings, center: Center) -> Iterator[Service]:
    """A service that takes six requests of a kind at once, and then one in ten seconds."""
    with running_service(create_app(settings.model_copy(update={"kiosk_pace": 0.1}))) as service:
        yield service


def post(service: Service, kiosk: EnrolledKiosk, path: str, body: object) -> httpx.Response:
    return service.client.post(path, json=body, headers=kiosk.headers)


def an_intake(keys: Keys, name: str = "Zuleika Testperson") -> dict[str, Any]:
    return sealed(a_record(name), keys.service_key).model_dump(mode="json")


def a_call(**changed: object) -> dict[str, object]:
    return {"intake_id": str(uuid7()), "called_at": NOW.isoformat(), **changed}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert Problem.model_validate_json(answer.content).code == code


def told_to_wait(answer: httpx.Response) -> None:
    refused(answer, 429, "too_fast")
    assert answer.json()["may_retry"] is True
    assert 1 <= int(answer.headers["Retry-After"]) <= 10


def kept(session: Session) -> dict[str, int]:
    """How much there is of everything that a kiosk can cause."""
    tables = (Participant, Intake, Event, Alert, UrgentCall)
    found = {table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    session.rollback()
    return found


# Too many


def test_a_kiosk_that_asks_too_often_is_told_when_to_come_again(patient: Service, center: Center, keys: Keys) -> None:
    answers = [post(patient, center.kiosk, INTAKES_PATH, an_intake(keys)) for _ in range(8)]

    assert [answer.status_code for answer in answers] == [201] * 6 + [429] * 2
    for answer in answers[6:]:
        told_to_wait(answer)
        assert answer.headers["cache-control"] == "no-store"


def test_a_backlog_stands_neither_before_a_call_nor_before_a_sign_of_life(
    patient: Service, center: Center, keys: Keys
) -> None:
    for _ in range(7):
        answer = post(patient, center.kiosk, INTAKES_PATH, an_intake(keys))
    told_to_wait(answer)

    assert post(patient, center.kiosk, CALLS_PATH, a_call()).status_code == 201
    assert post(patient, center.kiosk, HEARTBEATS_PATH, BEAT).status_code == 204
    assert patient.client.get(CONFIG_PATH, headers=center.kiosk.headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (INTAKES_PATH, {}),
        (CALLS_PATH, {}),
        (HEARTBEATS_PATH, BEAT),
        (TEST_ALERTS_PATH, {}),
        (CONFIG_PATH, None),
        (form_path("brief-intake", 1), None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_door_of_a_kiosk_has_its_pace(patient: Service, center: Center, path: str, body: object) -> None:
    """Also for what is wrong anyway."""
    answers = [
        patient.client.request("GET" if body is None else "POST", path, json=body, headers=center.kiosk.headers)
        for _ in range(7)
    ]

    assert '"too_fast"' not in answers[5].text
    told_to_wait(answers[-1])


def test_whoever_guesses_credentials_is_slowed_down_and_a_kiosk_from_the_same_address_is_not(
    patient: Service, center: Center, keys: Keys
) -> None:
    guesses = [
        patient.client.post(INTAKES_PATH, json={}, headers={"Authorization": f"Bearer guess-{number}"})
        for number in range(7)
    ]

    assert {answer.status_code for answer in guesses[:6]} == {401}
    told_to_wait(guesses[6])
    assert post(patient, center.kiosk, INTAKES_PATH, an_intake(keys)).status_code == 201


def test_a_revoked_kiosk_gets_no_more_than_anybody(
    patient: Service, session: Session, center: Center, keys: Keys
) -> None:
    kiosks.revoke(session, center.kiosk.id, datetime.now(UTC))
    session.commit()

    answers = [post(patient, center.kiosk, INTAKES_PATH, an_intake(keys)) for _ in range(7)]

    assert [answer.status_code for answer in answers] == [401] * 6 + [429]
    assert kept(session)["Intake"] == 0


def test_a_weeks_backlog_of_a_busy_center_needs_no_waiting(service: Service, center: Center, keys: Keys) -> None:
    answers = [post(service, center.kiosk, HEARTBEATS_PATH, BEAT).status_code for _ in range(7 * 40)]

    assert set(answers) == {204}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # who is let through is asked of no database
def test_a_kiosk_that_floods_the_real_service_is_refused_and_the_others_notice_nothing(
    session: Session, center: Center, keys: Keys, database_url: str, tmp_path: Path, tally: Tally
) -> None:
    other = an_enrolled_kiosk(session, center.site, keys, "Back room")
    session.commit()
    once_more = json.dumps(an_intake(keys, "Quirin Sample")).encode()
    with processes.running_service(tmp_path, database_url, worker_inside=False) as real:
        with flooding(real.port, center.kiosk, once_more) as flood, httpx.Client(base_url=real.url, timeout=60) as line:
            flood.wait_for(1000)
            answers = [line.post(INTAKES_PATH, json=an_intake(keys), headers=other.headers) for _ in range(5)]
            beat = line.post(HEARTBEATS_PATH, json=BEAT, headers=center.kiosk.headers)
            config = line.get(CONFIG_PATH, headers=other.headers)
            flood.wait_for(flood.asked + 1000)
        log = real.process.output() if real.process else ""

    assert [answer.status_code for answer in [*answers, beat, config]] == [201] * 5 + [204, 200]
    assert flood.codes.keys() == {200, 201, 429}
    tally("posts of a kiosk that floods", flood.asked)
    tally("posts of a kiosk that floods: told to wait", flood.codes[429])
    let_through = flood.codes[200] + flood.codes[201]
    assert 300 <= let_through <= 300 + 5 * flood.seconds + 1
    assert flood.codes[429] >= 1000
    assert kept(session)["Intake"] == 6
    assert log.count(f"too many requests of kiosk {center.kiosk.id}") <= 1 + flood.seconds / 60


# Too large


def test_an_envelope_or_a_record_beyond_every_real_one_is_refused(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    body = an_intake(keys)
    body["envelope"]["ciphertext"] = "A" * (MAX_SEALED_BYTES + 1)
    refused(post(service, center.kiosk, INTAKES_PATH, body), 422, "invalid_request")

    for content in (b"[" * 30_000, b'{"answers":' * 3000, b"9" * 30_000, b'{"id": "' + b"x" * 30_000 + b'"}'):
        intake_id = uuid7()
        deep = SealedIntake(intake_id=intake_id, envelope=seal(content, intake_id, keys.service_key))
        refused(post(service, center.kiosk, INTAKES_PATH, deep.model_dump(mode="json")), 422, "invalid_record")

    assert MAX_SEALED_BYTES < MAX_BODY
    assert set(kept(session).values()) == {0}


# Old ones again


def test_an_intake_that_is_sent_again_much_later_changes_nothing(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    body = an_intake(keys)
    first = post(service, center.kiosk, INTAKES_PATH, body)
    participant = session.scalars(select(Participant)).one()
    participants.discharge(session, participant.id, "moved away", session.get_one(Staff, center.dana), NOW)
    session.commit()
    before = kept(session)

    again = post(service, center.kiosk, INTAKES_PATH, body)

    assert (again.status_code, again.json()) == (200, first.json())
    assert kept(session) == before
    assert session.scalars(select(Participant.status)).one() == Status.DISCHARGED


def test_what_one_kiosk_has_sent_another_of_the_site_may_send_again_and_a_stranger_may_not(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    """A kiosk that is enrolled anew is another one, and cannot know what had arrived before."""
    anew = an_enrolled_kiosk(session, center.site, keys, "Front door, again")
    session.commit()
    body = an_intake(keys)
    first = post(service, center.kiosk, INTAKES_PATH, body)

    assert post(service, anew, INTAKES_PATH, body).json() == first.json()
    stranger = {"Authorization": "Bearer " + "x" * 43}
    refused(service.client.post(INTAKES_PATH, json=body, headers=stranger), 401, "not_enrolled")
    refused(service.client.post(INTAKES_PATH, json=body), 401, "not_enrolled")
    assert (kept(session)["Intake"], kept(session)["Alert"]) == (1, 1)


# Wrong clocks


@pytest.mark.parametrize("clock", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_what_a_kiosks_clock_says_decides_nothing(
    service: Service, session: Session, center: Center, keys: Keys, clock: datetime
) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)
    record = a_record(urgent=True).model_copy(update={"started_at": clock, "finished_at": clock})
    beat = BEAT | {"sent_at": clock.isoformat(), "oldest_held_at": clock.isoformat(), "held": 1}

    call = post(service, center.kiosk, CALLS_PATH, a_call(called_at=clock.isoformat()))
    intake = post(service, center.kiosk, INTAKES_PATH, sealed(record, keys.service_key).model_dump(mode="json"))
    alive = post(service, center.kiosk, HEARTBEATS_PATH, beat)

    assert (call.status_code, intake.status_code, alive.status_code) == (201, 201, 204)
    session.rollback()
    ours = [
        *session.scalars(select(UrgentCall.received_at)),
        *session.scalars(select(Participant.waiting_since)),
        *session.scalars(select(Kiosk.last_seen_at)),
        *session.scalars(select(Alert.raised_at)),
    ]
    assert len(ours) == 5
    assert all(at is not None and begun <= at <= datetime.now(UTC) for at in ours)


# Other people's ids


def test_an_id_that_another_kiosk_has_used_keeps_what_it_has(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    """Of the same site; from another one even the same content: test_routes_intakes_api.py."""
    forger = an_enrolled_kiosk(session, center.site, keys, "Back room")
    session.commit()
    record = a_record("Zuleika Testperson")
    post(service, center.kiosk, INTAKES_PATH, sealed(record, keys.service_key).model_dump(mode="json"))
    other = record.model_copy(update={"answers": {**record.answers, "name": Answer.of(text="Quirin Sample")}})
    before = kept(session)

    answer = post(service, forger, INTAKES_PATH, sealed(other, keys.service_key).model_dump(mode="json"))

    refused(answer, 409, "conflicting_content")
    assert kept(session) == before
    assert session.scalars(select(Participant.name)).one() == "Zuleika Testperson"


def test_another_sites_intake_is_neither_called_for_nor_told_of(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    elsewhere = an_enrolled_kiosk(session, a_site(session, "Lantern House"), keys)
    session.commit()
    body = an_intake(keys)
    post(service, center.kiosk, INTAKES_PATH, body)
    before = kept(session)

    answer = post(service, elsewhere, CALLS_PATH, a_call(intake_id=body["intake_id"]))

    refused(answer, 409, "conflicting_content")
    assert kept(session) == before


def test_a_call_from_another_site_gives_an_intake_neither_a_place_nor_silence(
    service: Service, session: Session, center: Center, keys: Keys
) -> None:
    elsewhere = an_enrolled_kiosk(session, a_site(session, "Lantern House"), keys)
    session.commit()
    record = a_record().model_copy(update={"called_at": NOW})
    assert post(service, elsewhere, CALLS_PATH, a_call(intake_id=str(record.id))).status_code == 201

    answer = post(service, center.kiosk, INTAKES_PATH, sealed(record, keys.service_key).model_dump(mode="json"))

    assert answer.status_code == 201
    session.rollback()
    assert session.scalars(select(UrgentCall.ended_at)).one() is None
    sites = list(session.scalars(select(Alert.site_id).order_by(Alert.id)))
    assert sites == [elsewhere.site_id, center.kiosk.site_id]


@pytest.mark.parametrize("intake_id", ["", "1", "../queue", "' OR 1=1 --", "{" * 36, None, 7])
def test_what_is_no_id_is_refused_without_being_repeated(service: Service, center: Center, intake_id: object) -> None:
    answer = post(service, center.kiosk, CALLS_PATH, a_call(intake_id=intake_id))

    refused(answer, 422, "invalid_request")
    assert "OR 1=1" not in answer.text
