"""Every route with requests that schemathesis makes up, as every caller: no 5xx, and no answer but those described."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from intake_service import sign_in_rules
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from tests.intake_service.center import Center
from tests.intake_service.live import Service
from tests.intake_service.security.access_table import access_table
from tests.intake_service.security.callers import Neighbors, every_caller, the_neighbors
from tests.intake_service.security.conftest import Tally
from tests.intake_service.security.fuzzing import Fuzz, operations
from tests.intake_service.security.things import some_things

PARTS = 12
"""Of the routes, so that several processes share the work."""

CASES_LONG = 4
"""For each route, each as each of eight callers, on two databases: more than 20,000 requests."""


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


def test_the_description_has_every_route(service: Service) -> None:
    described = {tuple(operation.label.split(" ", 1)) for operation in operations(service.app)}

    assert described == set(access_table())


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # the one that takes things more strictly
def test_made_up_requests_are_answered_as_described(
    fuzz: Fuzz, service: Service, session: Session, center: Center, keys: Keys, tally: Tally
) -> None:
    _attack(fuzz, service, session, center, keys, part=slice(None), cases=2)
    tally("made-up requests to every route, by schemathesis", fuzz.asked)

    assert not fuzz.found, fuzz.told()


@pytest.mark.security_long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_many_made_up_requests_are_answered_as_described(
    fuzz: Fuzz, service: Service, session: Session, center: Center, keys: Keys, tally: Tally, part: int
) -> None:
    _attack(fuzz, service, session, center, keys, part=slice(part, None, PARTS), cases=CASES_LONG)
    tally("made-up requests to every route, by schemathesis", fuzz.asked)

    assert not fuzz.found, fuzz.told()


def _attack(
    fuzz: Fuzz, service: Service, session: Session, center: Center, keys: Keys, part: slice, cases: int
) -> None:
    for operation in operations(service.app)[part]:
        # what one route has changed must not stand in the way of the next one's
        sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.NOBODY))
        fuzz.attack(operation, some_things(session, center.site, center.bob, center.alice, keys), cases)
