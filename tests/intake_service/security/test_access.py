"""Deny by default: what every caller gets at every route is what docs/security/access.md says, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import kiosks, removals, sessions, staff
from intake_service.keys import Keys
from intake_service.tables import Event, Staff
from tests.intake_service.center import Center
from tests.intake_service.live import Service
from tests.intake_service.security.access_table import Door, access_table
from tests.intake_service.security.callers import (
    ADMINISTRATOR,
    KIOSK,
    NOBODY,
    SUPERVISOR,
    VOLUNTEER,
    Caller,
    Neighbors,
    every_caller,
    the_neighbors,
)
from tests.intake_service.security.conftest import Tally
from tests.intake_service.security.things import Things, some_things
from tests.intake_service.security.walk import SAFE, ask, every_door, tried

SAME_WHOEVER_OWNS_IT = {("POST", "/alerts/devices/{device_id}/removal")}
"""What was not one's own before is not one's own afterwards, and the answer tells no more."""


@pytest.fixture
def neighbors(session: Session, center: Center) -> Neighbors:
    return the_neighbors(session, center)


@pytest.fixture
def callers(service: Service, center: Center, neighbors: Neighbors) -> Iterator[Mapping[str, Caller]]:
    with every_caller(service.url, center) as callers:
        yield callers


@pytest.fixture
def here(session: Session, center: Center, neighbors: Neighbors, keys: Keys) -> Things:
    return some_things(session, center.site, center.bob, center.alice, keys)


@pytest.fixture
def there(session: Session, neighbors: Neighbors, keys: Keys) -> Things:
    return some_things(session, neighbors.site, neighbors.nora, neighbors.olive, keys)


def test_the_table_has_every_route_and_no_other(service: Service) -> None:
    assert set(every_door(service.app)) == set(access_table())


@pytest.mark.timeout(300)
def test_every_caller_gets_what_the_table_says(
    service: Service,
    session: Session,
    center: Center,
    keys: Keys,
    here: Things,
    callers: Mapping[str, Caller],
    tally: Tally,
) -> None:
    table, things, differs = access_table(), here, []
    for door in sorted(every_door(service.app), key=lambda door: door[0] not in SAFE):
        if door[0] not in SAFE:  # what one caller does to a thing must not stand in the way of the next route's
            things = some_things(session, center.site, center.bob, center.alice, keys)
        found = {name: tried(caller, door, things) for name, caller in callers.items()}
        if found != table.get(door):
            differs.append((door, found))
        tally("doors, each tried by each caller", len(found))

    assert differs == []


def test_whoever_was_shut_out_is_nobody(
    service: Service, session: Session, center: Center, here: Things, callers: Mapping[str, Caller]
) -> None:
    """A revoked kiosk, somebody who was removed and somebody who was signed out: at every door."""
    dana = session.get_one(Staff, center.dana)
    kiosks.revoke(session, center.kiosk.id, datetime.now(UTC))
    removals.remove_staff(session, staff.named(session, "vera").id, dana, datetime.now(UTC))
    sessions.end_all(session, center.alice)
    session.commit()

    table, differs = access_table(), []
    for door in every_door(service.app):
        for name in (KIOSK, VOLUNTEER, SUPERVISOR):
            caller = replace(callers[name], username="")  # nobody signs in anew where a route ends the session
            found = tried(caller, door, here)
            if found != table[door][NOBODY]:
                differs.append((door, name, found))

    assert differs == []


def test_what_belongs_to_another_site_is_hidden_behind_ones_own(
    service: Service, callers: Mapping[str, Caller], here: Things, there: Things
) -> None:
    table, walked = access_table(), 0
    for door in _with_ids(service):
        if table[door][SUPERVISOR] not in {"yes", "names"} or door in SAME_WHOEVER_OWNS_IT:
            continue
        ours, theirs = here.by_name(door[1]), there.by_name(door[1])
        for name in [name for name in theirs if f"{{{name}}}" in door[1] and name not in {"name", "version", "file"}]:
            answer = ask(callers[SUPERVISOR], door, ours | {name: theirs[name]}, here)
            assert answer.status_code == 404, (door, name)
            walked += 1

    assert walked >= 25


def test_an_id_that_nothing_has_is_not_found(service: Service, callers: Mapping[str, Caller], here: Things) -> None:
    for door in _with_ids(service):
        named = here.by_name(door[1])
        nothings: dict[str, Any] = {
            name: uuid7() if isinstance(value, UUID) else 2**40 for name, value in named.items()
        }
        nothings |= {"name": "no-such-form", "version": 99}
        answer = ask(callers[KIOSK if "/forms/" in door[1] else ADMINISTRATOR], door, nothings, here)
        assert answer.status_code == 404 or door in SAME_WHOEVER_OWNS_IT, door


def test_no_door_opens_to_another_sites_page(
    service: Service, session: Session, callers: Mapping[str, Caller], here: Things
) -> None:
    """A forged request brings the cookie of somebody who is signed in, and no token, or one that is guessed."""
    table = access_table()
    unsafe = [door for door in every_door(service.app) if door[0] not in SAFE]
    by_cookie = [door for door in unsafe if table[door][NOBODY] == table[door][KIOSK] == "sign in"]
    by_cookie = [door for door in by_cookie if set(table[door].values()) != {"sign in"}]
    before = session.scalar(select(func.count()).select_from(Event))
    session.rollback()

    for door in by_cookie:
        for forged in ("", "guessed", callers[SUPERVISOR].csrf):
            caller = replace(callers[ADMINISTRATOR], csrf=forged)
            answer = ask(caller, door, here.by_name(door[1]), here)
            assert answer.status_code == 403, (door, forged)

    assert len(by_cookie) >= 35
    assert session.scalar(select(func.count()).select_from(Event)) == before


def test_nothing_takes_a_file(service: Service, callers: Mapping[str, Caller], here: Things) -> None:
    """Whatever the route, a body that files come in is refused before anything reads it."""
    for method, pattern in every_door(service.app):
        if method in SAFE:
            continue
        path = pattern.format(**here.by_name(pattern))
        answer = callers[ADMINISTRATOR].client.request(method, path, files={"name": ("a.exe", b"MZ")})
        assert (answer.status_code, answer.json()["code"]) == (415, "unknown_content"), pattern


def _with_ids(service: Service) -> list[Door]:
    return [door for door in every_door(service.app) if "{" in door[1]]
