"""A stolen database tells nothing: no name, phone, answer or reason is in its files or its dump."""

import subprocess
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from intake_service.keys import Keys
from shared_schema.intake import Answer
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.center import Center
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, sealed

PRIVATE = ("Zuleika Testperson", "5550101234", "Quasimodina", "self-harm", "brings-you")


def test_nothing_that_a_participant_said_is_in_the_stored_bytes(
    service: Service, session: Session, center: Center, keys: Keys, engine: Engine, database_url: str
) -> None:
    record = a_record(
        PRIVATE[0],
        reach=Answer.of("phone"),
        phone=Answer.of(text=PRIVATE[1]),
        talk_with=Answer.of("someone-i-know"),
        who_i_know=Answer.of(text=PRIVATE[2]),
        brings_you=Answer.of("housing"),
    )
    record = record.model_copy(update={"answers": {**record.answers, "urgent": Answer.of("self-harm")}})
    body = sealed(record, keys.service_key).model_dump(mode="json")
    assert service.client.post(INTAKES_PATH, json=body, headers=center.kiosk.headers).status_code == 201

    stored = the_stored_bytes(engine, database_url)

    assert b"harbor house" in stored  # what is no secret is found, so the look is a look
    for word in PRIVATE:
        for written in (word.encode(), word.encode().hex().encode()):
            assert written.lower() not in stored


def the_stored_bytes(engine: Engine, database_url: str) -> bytes:
    """Everything that somebody with a copy of the database has, in small letters."""
    if engine.dialect.name == "sqlite":
        path = Path(make_url(database_url).database or "")
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*")).lower()
    with engine.begin() as connection:
        connection.execute(text("CHECKPOINT"))
    url = make_url(database_url)
    dump = ["pg_dump", "--host", str(url.query["host"]), "--username", url.username or "", url.database or ""]
    return subprocess.run(dump, capture_output=True, check=True).stdout.lower()
