"""Every route with requests that schemathesis makes up, as every caller: no 5xx, and no answer but those described."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from intake_service import passwords, sign_in_rules
from intake_service.app import create_app
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.tables import Staff
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.live import Service
from tests.intake_service.security.access_table import access_table
from tests.intake_service.security.callers import ADMINISTRATOR, KIOSK, NOBODY, Neighbors, every_caller, the_neighbors
from tests.intake_service.security.conftest import Tally
from tests.intake_service.security.fuzzing import Fuzz, operations
from tests.intake_service.security.things import some_things

PARTS = 12
"""Of the routes, so that several processes share the work."""

CASES = 6
"""For each route, as described and otherwise, as each of eight callers, on two databases: more than 20,000."""

FEW = (NOBODY, KIOSK, ADMINISTRATOR)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No kiosk asks too often here."""
    return settings.model_copy(update={"kiosk_pace": 1e6})


@pytest.fixture
def neighbors(session: Session, center: Center) -> Neighbors:
    return the_neighbors(session, center)


@pytest.fixture
def fuzz(service: Service, center: Center, neighbors: Neighbors) -> Iterator[Fuzz]:
    with every_caller(service.url, center) as callers:
        fuzz = Fuzz(service.url, callers)
        yield fuzz
        fuzz.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the routes do not depend on it
def test_the_description_has_every_route(settings: Settings) -> None:
    described = {tuple(operation.label.split(" ", 1)) for operation in operations(create_app(settings))}

    assert described == set(access_table())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # the one that takes things more strictly
def test_some_made_up_requests_are_answered_as_described(
    fuzz: Fuzz, service: Service, session: Session, center: Center, keys: Keys, tally: Tally
) -> None:
    few = Fuzz(fuzz.url, {name: fuzz.callers[name] for name in FEW})
    things = some_things(session, center.site, center.bob, center.alice, keys)
    for operation in operations(service.app)[::5]:
        few.attack(operation, things, proper=0, improper=1)
    few.close()
    tally("made-up requests to every route, by schemathesis", few.asked)

    assert not few.found, few.told()


@pytest.mark.security_long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_many_made_up_requests_are_answered_as_described(
    fuzz: Fuzz, service: Service, session: Session, center: Center, keys: Keys, tally: Tally, part: int
) -> None:
    for operation in operations(service.app)[part::PARTS]:
        _let_everybody_in(session)
        things = some_things(session, center.site, center.bob, center.alice, keys)
        fuzz.attack(operation, things, proper=CASES, improper=CASES)
    tally("made-up requests to every route, by schemathesis", fuzz.asked)

    assert not fuzz.found, fuzz.told()


def _let_everybody_in(session: Session) -> None:
    """What one route has changed, such as who works here, must not stand in the way of the next. Not committed."""
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.NOBODY))
    session.execute(update(Staff).values(active=True))
    had_one = Staff.username.in_(("alice", "bob", "charlie", "dana", "vera", "olive"))
    session.execute(update(Staff).where(had_one).values(password_hash=passwords.hashed(PASSWORD)))
