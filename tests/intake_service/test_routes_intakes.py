import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.keys import Keys
from intake_service.tables import Participant
from shared_schema.intake import Receipt, Status
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.live import Service
from tests.intake_service.people import EnrolledKiosk, a_record, a_site, an_enrolled_kiosk, sealed


@pytest.fixture
def kiosk(session: Session, keys: Keys) -> EnrolledKiosk:
    kiosk = an_enrolled_kiosk(session, a_site(session), keys)
    session.commit()
    return kiosk


def test_an_intake_is_received_once_and_its_receipt_is_valid(
    service: Service, kiosk: EnrolledKiosk, keys: Keys, session: Session
) -> None:
    record = a_record("Zuleika Testperson")
    body = sealed(record, keys.service_key).model_dump_json()
    headers = kiosk.headers | {"Content-Type": "application/json"}

    first = service.client.post(INTAKES_PATH, content=body, headers=headers)
    second = service.client.post(INTAKES_PATH, content=body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Receipt.model_validate_json(first.content).proof == record.expected_proof()
    participant = session.scalars(select(Participant)).one()
    assert (participant.name, participant.status) == ("Zuleika Testperson", Status.NEEDS_ASSIGNMENT)
