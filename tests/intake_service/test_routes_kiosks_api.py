"""A kiosk's life over the wire: paired once, heard from, revoked; and all that its credential does not open."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy.orm import Session

from intake_service import kiosks
from intake_service.keys import Keys
from intake_service.tables import Kiosk
from shared_schema.form import Form, load_form
from shared_schema.kiosk_api import (
    CALLS_PATH,
    CONFIG_PATH,
    ENROLL_PATH,
    HEARTBEATS_PATH,
    INTAKES_PATH,
    TEST_ALERTS_PATH,
    Enrollment,
    form_path,
)
from tests.intake_service.center import Center
from tests.intake_service.live import Service
from tests.intake_service.people import EnrolledKiosk, a_record, a_site, an_enrolled_kiosk, sealed
from tests.intake_service.walking import BY_A_SECRET_IN_THE_BODY, FOR_EVERYBODY, every_route

OPEN_TO_A_KIOSK = {
    ("GET", CONFIG_PATH),
    ("GET", "/api/v1/forms/{name}/{version}"),
    ("POST", HEARTBEATS_PATH),
    ("POST", INTAKES_PATH),
    ("POST", CALLS_PATH),
    ("POST", TEST_ALERTS_PATH),
}
BEAT = {"app_version": "0.1.0", "sent_at": "2026-11-23T09:30:00Z", "held": 3, "refused": 1}


def pair(service: Service, code: str) -> httpx.Response:
    return service.client.post(ENROLL_PATH, json={"pairing_code": code})


@pytest.fixture
def code(session: Session, keys: Keys) -> str:
    """The pairing code of a kiosk that waits for it."""
    return waiting_kiosk(session, keys)[1]


def waiting_kiosk(session: Session, keys: Keys, now: datetime | None = None) -> tuple[Kiosk, str]:
    kiosk, code = kiosks.add(session, a_site(session), "Front door", keys, now or datetime.now(UTC))
    session.commit()
    return kiosk, code


def test_a_pairing_code_works_once(service: Service, code: str) -> None:
    first, second = pair(service, code), pair(service, code)

    enrollment = Enrollment.model_validate_json(first.content)
    assert enrollment.config.site_name == "Harbor House"
    asked = service.client.get(CONFIG_PATH, headers={"Authorization": f"Bearer {enrollment.credential}"})
    assert (asked.status_code, asked.json()) == (200, enrollment.config.model_dump(mode="json"))
    assert (second.status_code, second.json()["code"]) == (403, "wrong_pairing_code")


def test_asked_for_twice_it_is_one_kiosk_and_the_last_code_counts(
    service: Service, session: Session, keys: Keys
) -> None:
    """Somebody loads the page with the code again: no second kiosk stands in the list for ever."""
    first, lost = waiting_kiosk(session, keys)
    again, code = kiosks.add(session, first.site, first.name, keys, datetime.now(UTC))
    session.commit()

    assert again.id == first.id
    assert (pair(service, lost).status_code, pair(service, code).status_code) == (403, 200)
    assert kiosks.add(session, first.site, first.name, keys, datetime.now(UTC))[0].id != first.id
    session.rollback()


def test_a_pairing_code_may_be_typed_in_small_letters_and_without_its_dash(service: Service, code: str) -> None:
    assert pair(service, f" {code.lower().replace('-', ' ')} ").status_code == 200


def test_a_pairing_code_ends_after_a_day(service: Service, session: Session, keys: Keys) -> None:
    _, code = waiting_kiosk(session, keys, datetime.now(UTC) - kiosks.PAIRING_VALID - timedelta(seconds=1))

    assert (pair(service, code).status_code, pair(service, code).json()["code"]) == (403, "wrong_pairing_code")


def test_of_two_kiosks_with_one_code_one_is_paired(service: Service, code: str) -> None:
    with ThreadPoolExecutor(8) as tries:
        answers = list(tries.map(lambda _: pair(service, code), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7


def test_guessing_codes_is_slowed_down(service: Service, code: str) -> None:
    guesses = [pair(service, f"AAAA-{number:04}").status_code for number in range(11)]

    assert guesses == [403] * 10 + [429]
    assert pair(service, code).json()["code"] == "too_many_tries"


@pytest.mark.parametrize("body", [{}, [], {"pairing_code": ""}, {"pairing_code": "x" * 200}, {"pairing_code": 1}, None])
def test_what_is_no_code_is_refused_without_being_repeated(service: Service, body: object) -> None:
    answer = service.client.post(ENROLL_PATH, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "xxx" not in answer.text


def test_a_revoked_kiosk_opens_nothing_from_then_on(
    service: Service, session: Session, keys: Keys, center: Center
) -> None:
    kiosk = an_enrolled_kiosk(session, center.site, keys)
    session.commit()
    body = sealed(a_record(), keys.service_key).model_dump(mode="json")
    assert service.client.post(INTAKES_PATH, json=body, headers=kiosk.headers).status_code == 201

    kiosks.revoke(session, kiosk.id, datetime.now(UTC))
    session.commit()

    other = sealed(a_record(), keys.service_key).model_dump(mode="json")
    for answer in (
        service.client.post(INTAKES_PATH, json=other, headers=kiosk.headers),  # known to the process already
        service.client.get(CONFIG_PATH, headers=kiosk.headers),
        service.client.get(form_path("brief-intake", 1), headers=kiosk.headers),
        service.client.post(HEARTBEATS_PATH, json=BEAT, headers=kiosk.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "revoked")


def test_a_code_of_a_kiosk_that_was_revoked_before_its_pairing_opens_nothing(
    service: Service, session: Session, keys: Keys
) -> None:
    kiosk, code = waiting_kiosk(session, keys)
    kiosks.revoke(session, kiosk.id, datetime.now(UTC))
    session.commit()

    assert pair(service, code).json()["code"] == "wrong_pairing_code"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer guessed"}, {"Authorization": "Basic Zzp6"}])
def test_without_a_credential_of_ours_nothing_opens(service: Service, header: dict[str, str]) -> None:
    for answer in (
        service.client.get(CONFIG_PATH, headers=header),
        service.client.post(INTAKES_PATH, json={}, headers=header),
        service.client.post(HEARTBEATS_PATH, json=BEAT, headers=header),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "not_enrolled")


def test_a_heartbeat_is_remembered(service: Service, session: Session, keys: Keys, center: Center) -> None:
    answer = service.client.post(HEARTBEATS_PATH, json=BEAT, headers=center.kiosk.headers)

    kiosk = session.get_one(Kiosk, center.kiosk.id, populate_existing=True)
    assert (answer.status_code, kiosk.held, kiosk.refused, kiosk.app_version) == (204, 3, 1, "0.1.0")


@pytest.mark.parametrize("fault", [{"held": -1}, {"held": 10**9}, {"app_version": "<b>"}, {"sent_at": "now"}, {"x": 1}])
def test_a_heartbeat_with_a_fault_is_refused(service: Service, center: Center, fault: dict[str, object]) -> None:
    answer = service.client.post(HEARTBEATS_PATH, json=BEAT | fault, headers=center.kiosk.headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_kiosk_gets_the_form_that_it_shows(service: Service, center: Center) -> None:
    answer = service.client.get(form_path("brief-intake", 1), headers=center.kiosk.headers)

    assert Form.model_validate_json(answer.content) == load_form("brief-intake", 1)
    missing = service.client.get(form_path("brief-intake", 99), headers=center.kiosk.headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_a_kiosks_credential_opens_nothing_but_its_own_doors(service: Service, center: Center) -> None:
    kiosk: EnrolledKiosk = center.kiosk
    opened = set()
    for route in every_route(service.app):
        answer = service.client.request(route.method, route.path, json=BEAT, headers=kiosk.headers)
        if answer.status_code not in {401, 403} and route.pattern not in FOR_EVERYBODY | BY_A_SECRET_IN_THE_BODY:
            opened.add((route.method, route.pattern))

    assert opened == OPEN_TO_A_KIOSK
