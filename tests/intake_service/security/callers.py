"""Whoever may stand before a door: strangers, kiosks, staff of every role, here and elsewhere."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy.orm import Session

from intake_service import staff
from intake_service.tables import Role, Site
from notifications import roster
from tests.intake_service.center import PASSWORD, Center, sign_in
from tests.intake_service.people import a_site

NOBODY, KIOSK, VOLUNTEER, PEER, CARRIER, SUPERVISOR, ADMINISTRATOR, ELSEWHERE = (
    "nobody",
    "kiosk",
    "volunteer",
    "peer",
    "carrier",
    "supervisor",
    "administrator",
    "elsewhere",
)

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Caller:
    """`client` holds what the caller comes with: a cookie, a kiosk's credential or nothing."""

    name: str
    client: httpx.Client
    username: str = ""
    csrf: str = ""

    def signs_in(self) -> None:
        """From here on with a session of its own; again when it is needed."""
        self.client.cookies.clear()
        if not self.username:
            return
        entered = sign_in(self.client, self.username)
        assert entered.status_code == 303, f"{self.name} cannot sign in"
        found = _TOKEN.search(self.client.get("/alerts", headers={"Accept": "text/html"}).text)
        assert found, f"{self.name} has no page with a form"
        self.csrf = found[1]


@dataclass(frozen=True)
class Neighbors:
    """The other site: Olive supervises there, Nora is a peer specialist."""

    site: Site
    olive: int
    nora: int


def the_neighbors(session: Session, center: Center) -> Neighbors:
    """Another site of the organization. Here, Vera is a volunteer from now on and Bob not designated. Committed."""
    site = a_site(session, "Lantern House")
    olive, nora, _ = (
        staff.add(session, name, name, role, [at], PASSWORD).id
        for name, role, at in (
            ("Olive", Role.SUPERVISOR, site),
            ("Nora", Role.PEER_SPECIALIST, site),
            ("Vera", Role.VOLUNTEER, center.site),
        )
    )
    roster.designate(session, center.site.id, center.bob, False)
    session.commit()
    return Neighbors(site, olive, nora)


@contextmanager
def every_caller(url: str, center: Center) -> Iterator[Mapping[str, Caller]]:
    """By the names of the table's columns, from who may least to who may most."""
    usernames = {
        NOBODY: "",
        KIOSK: "",
        ELSEWHERE: "olive",
        VOLUNTEER: "vera",
        PEER: "charlie",
        CARRIER: "bob",
        SUPERVISOR: "alice",
        ADMINISTRATOR: "dana",
    }
    callers = {
        name: Caller(name, httpx.Client(base_url=url, timeout=30, trust_env=False), username)
        for name, username in usernames.items()
    }
    callers[KIOSK].client.headers.update(center.kiosk.headers)
    try:
        for caller in callers.values():
            caller.signs_in()
        yield callers
    finally:
        for caller in callers.values():
            caller.client.close()
