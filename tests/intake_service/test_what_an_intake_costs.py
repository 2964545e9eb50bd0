"""An intake is received in few round trips to the database, whatever is told of it: counted, not timed."""

from datetime import UTC, datetime
from secrets import token_hex

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from intake_service.intakes import receive
from notifications.db import writing
from tests.intake_service.center import Center
from tests.intake_service.people import a_record
from tests.notifications.devices import Device

_MOST = 13  # one of them its audit entry; on PostgreSQL with a signal to the workers, on SQLite with BEGIN


def test_an_intake_is_thirteen_statements_with_its_alert_and_its_audit(
    engine: Engine, session: Session, center: Center
) -> None:
    for name in ("one", "two"):
        Device().subscribe(session, center.bob, f"http://127.0.0.1/{name}", datetime.now(UTC))
    session.commit()
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    with Session(writing(engine)) as own, own.begin():
        event.listen(engine, "before_cursor_execute", note)
        receive(own, center.kiosk.id, a_record("Zuleika Testperson"), token_hex(32), datetime.now(UTC))
        first = len(ran)
        receive(own, center.kiosk.id, a_record("Quirin Sample"), token_hex(32), datetime.now(UTC))
        event.remove(engine, "before_cursor_execute", note)

    assert first <= _MOST, ran
    assert len(ran) - first <= _MOST - 1, "of a group, one signal is enough"
