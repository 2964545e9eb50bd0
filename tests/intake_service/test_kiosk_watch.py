from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import kiosks
from intake_service.tables import Kiosk
from intake_service.telling import tell_site
from notifications import alerts, firing
from notifications.tables import Alert, AlertKind
from shared_schema.kiosk_api import Heartbeat
from tests.intake_service.center import Center

NOW = datetime(2030, 11, 25, 15, 0, tzinfo=UTC)  # a Monday, ten o'clock in New York
MINUTE = timedelta(minutes=1)
NINE_TO_FIVE = {
    "time_zone": "America/New_York",
    "spans": {day: [{"opens": "09:00", "closes": "17:00"}] for day in ("mon", "tue")},
}


@pytest.fixture
def kiosk(session: Session, center: Center) -> Kiosk:
    center.site.hours = NINE_TO_FIVE
    tell_site(session, center.site)
    session.commit()
    return session.get_one(Kiosk, center.kiosk.id)


def beat(session: Session, kiosk: Kiosk, now: datetime, held: int = 0, refused: int = 0) -> None:
    kiosks.heartbeat(session, kiosk.id, Heartbeat(app_version="1", sent_at=now, held=held, refused=refused), now)
    session.commit()
    session.expire_all()


def fire(session: Session, now: datetime) -> None:
    firing.fire_due(session, now, 100)
    session.commit()


def open_alerts(session: Session) -> list[str]:
    session.expire_all()
    found = list(session.scalars(select(Alert.kind).where(Alert.closed_at.is_(None)).order_by(Alert.id)))
    session.commit()
    return found


def test_a_kiosk_that_falls_silent_is_told_once_and_taken_back_when_it_speaks(session: Session, kiosk: Kiosk) -> None:
    beat(session, kiosk, NOW)
    fire(session, NOW + 4 * MINUTE)
    assert open_alerts(session) == []

    fire(session, NOW + 5 * MINUTE)
    fire(session, NOW + 60 * MINUTE)
    assert open_alerts(session) == [AlertKind.KIOSK_OFFLINE]

    beat(session, kiosk, NOW + 61 * MINUTE)
    assert open_alerts(session) == []


def test_a_kiosk_that_is_switched_off_at_night_wakes_nobody(session: Session, kiosk: Kiosk) -> None:
    closing = NOW + timedelta(hours=7)
    beat(session, kiosk, closing - MINUTE)

    fire(session, closing + timedelta(hours=16))  # nine o'clock on Tuesday
    assert open_alerts(session) == []
    fire(session, closing + timedelta(hours=16, minutes=15))
    assert open_alerts(session) == [AlertKind.KIOSK_OFFLINE]


def test_a_kiosk_that_holds_intakes_for_long_is_told_once(session: Session, kiosk: Kiosk) -> None:
    beat(session, kiosk, NOW, held=1)
    assert open_alerts(session) == []

    for number in range(1, 4):
        beat(session, kiosk, NOW + number * MINUTE, held=1)
    assert open_alerts(session) == [AlertKind.KIOSK_HOLDING]

    beat(session, kiosk, NOW + 4 * MINUTE)
    assert open_alerts(session) == []


def test_an_intake_that_was_refused_is_told_at_once(session: Session, kiosk: Kiosk) -> None:
    beat(session, kiosk, NOW, refused=1)

    assert open_alerts(session) == [AlertKind.KIOSK_HOLDING]


def test_nobody_waits_for_a_kiosk_that_was_taken_out_of_service(session: Session, kiosk: Kiosk) -> None:
    beat(session, kiosk, NOW, refused=1)

    kiosks.revoke(session, kiosk.id, NOW)
    session.commit()
    fire(session, NOW + 60 * MINUTE)

    assert open_alerts(session) == []
    assert len(alerts.of_subject(session, f"holding-{kiosk.id}")) == 1
