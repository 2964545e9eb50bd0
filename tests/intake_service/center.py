"""A made-up center with people who can sign in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
from sqlalchemy.orm import Session

from intake_service import sign_in_rules, staff
from intake_service.keys import Keys
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.tables import Role, Site
from notifications import roster
from shared_schema.intake import IntakeRecord
from tests.intake_service.people import EnrolledKiosk, a_received_intake, a_record, a_site, an_enrolled_kiosk

PASSWORD = "made up for tests"


@dataclass(frozen=True)
class Center:
    """Alice supervises, Bob is a designated peer specialist on duty, Charlie is a peer specialist, Dana administers."""

    site: Site
    kiosk: EnrolledKiosk
    alice: int
    bob: int
    charlie: int
    dana: int


def a_center(session: Session, keys: Keys) -> Center:
    """Committed. A password is enough here; tests of second factors decide otherwise."""
    site = a_site(session, "Harbor House")
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.NOBODY))

    def member(name: str, role: Role, languages: list[str]) -> int:
        return staff.add(session, name, name, role, [site], PASSWORD, languages).id

    center = Center(
        site,
        an_enrolled_kiosk(session, site, keys),
        member("Alice", Role.SUPERVISOR, ["en"]),
        member("Bob", Role.PEER_SPECIALIST, ["en", "es"]),
        member("Charlie", Role.PEER_SPECIALIST, ["en"]),
        member("Dana", Role.ADMINISTRATOR, ["en"]),
    )
    roster.designate(session, site.id, center.bob, True)
    roster.set_duty(session, site.id, center.bob, True, datetime.now(UTC))
    session.commit()
    return center


def somebody_waits(session: Session, center: Center, record: IntakeRecord | None = None) -> UUID:
    """The id of an intake that has just come in, committed."""
    received = a_received_intake(session, center.kiosk.id, record or a_record(), datetime.now(UTC))
    session.commit()
    return received.receipt.intake_id


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"username": name, "password": password, "next": "/"})
