"""An administrator decides about a site's queue on a page, without JavaScript."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import queue_settings
from intake_service.tables import Site, StaffSession
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service

FIELDS = {
    "waiting_long": "5",
    "waiting_too_long": "15",
    "brief_check_in": "queue",
    **{f"weights.{name}": "2" for name in ("on_duty", "language", "known", "asked_for", "strength", "room")},
    **{f"tiers.tier_{tier}": "0.5" for tier in (1, 2, 3)},
}


@pytest.fixture
def csrf(service: Service, session: Session, center: Center) -> str:
    """Of Dana, who administers and is signed in."""
    sign_in(service.client, "dana")
    token = session.scalars(select(StaffSession.csrf_token)).one()
    session.commit()
    return token


def decided(session: Session) -> queue_settings.QueueSettings:
    session.expire_all()
    found = queue_settings.of(session.scalars(select(Site)).one())
    session.commit()
    return found


def test_what_is_saved_is_what_the_queue_goes_by(service: Service, session: Session, center: Center, csrf: str) -> None:
    path = f"/sites/{center.site.id}/queue"
    fields = FIELDS | {"brief_check_in": "greeter", "greeter-0": str(center.charlie), "greeter-1": str(center.bob)}

    answer = service.client.post(path, data={**fields, "csrf": csrf})

    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=true")
    settings = decided(session)
    assert (settings.waiting_long, settings.brief_check_in) == (5, "greeter")
    assert settings.greeters == (center.charlie, center.bob)
    assert (settings.weights.room, settings.tiers.tier_3) == (2, 0.5)
    shown = service.client.get(path).text
    assert (
        'name="waiting_too_long" type="number" inputmode="decimal" min="1" max="1440" step="1" required value="15"'
        in shown
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"waiting_long": "soon"}, "from 1 to 1440"),
        ({"waiting_long": "30"}, "the first number is the smaller one"),
        ({"weights.room": "11"}, "from 0 to 10"),
        ({"tiers.tier_1": "nan"}, "from 0 to 3"),
        ({"brief_check_in": "named"}, "Name the staff member"),
        ({"brief_check_in": "greeter"}, "at least one greeter"),
        ({"named": "4711", "brief_check_in": "named"}, "Choose somebody of this site"),
        ({"brief_check_in": "lottery"}, "Choose from the list"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_saved(
    service: Service, session: Session, center: Center, csrf: str, wrong: dict[str, str], said: str
) -> None:
    answer = service.client.post(f"/sites/{center.site.id}/queue", data={**FIELDS, **wrong, "csrf": csrf})

    assert answer.status_code == 422
    assert said in answer.text
    assert decided(session) == queue_settings.QueueSettings()


def test_only_an_administrator_decides(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    csrf = session.scalars(select(StaffSession.csrf_token)).one()
    session.commit()
    path = f"/sites/{center.site.id}/queue"

    answers = [service.client.get(path), service.client.post(path, data={**FIELDS, "csrf": csrf})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert decided(session) == queue_settings.QueueSettings()
