"""Every action x role x own or other site: who may, who may not, and who is not even told that there is anything."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import (
    callbacks,
    concerns,
    consent_changes,
    disclosures,
    duplicates,
    erasure,
    legal_holds,
    own_record,
    participants,
    queue_settings,
    removals,
    rights,
)
from intake_service.assignments import assign, transfer
from intake_service.consents import How
from intake_service.disclosures import Told
from intake_service.erasure import ErasureReason
from intake_service.errors import NotAllowed, NotFound, ServiceError
from intake_service.intakes import receive_from_staff
from intake_service.keys import Keys
from intake_service.lists import Listed, listed
from intake_service.queue_settings import QueueSettings
from intake_service.search import search
from intake_service.tables import Intake, Participant, Role, Site, Staff
from intake_service.workflow import STEPS, Action
from shared_schema.intake import PathwayType
from tests.intake_service.people import (
    a_received_intake,
    a_record,
    a_site,
    a_staff_member,
    an_enrolled_kiosk,
)

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


class Whose(StrEnum):
    OWN = "one's own participant"
    OWN_SITE = "somebody else's at one's own site"
    OTHER_SITE = "somebody at another site"
    OWN_AT_OTHER_SITE = "one's own at a site that one has left"


_LEAD = {
    Role.ADMINISTRATOR: {*Whose},
    Role.SUPERVISOR: {Whose.OWN, Whose.OWN_SITE, Whose.OWN_AT_OTHER_SITE},
}
_DECIDE = {Role.ADMINISTRATOR: {*Whose}}
_OWN = {Whose.OWN, Whose.OWN_AT_OTHER_SITE}
_LEAD_OR_OWN = {**_LEAD, Role.PEER_SPECIALIST: _OWN, Role.VOLUNTEER: _OWN}

MAY: dict[Action, dict[Role, set[Whose]]] = {
    Action.VIEW: _LEAD_OR_OWN,
    Action.ASSIGN: _LEAD,
    Action.TRANSFER: _LEAD,
    Action.FULL_INTAKE_DONE: _LEAD_OR_OWN,
    Action.DISCHARGE: _LEAD_OR_OWN,
    Action.REACTIVATE: _LEAD,
    Action.CONVERT: _LEAD,
    Action.SET_TIER: _LEAD_OR_OWN,
    Action.SET_CALLBACK: _LEAD_OR_OWN,
    Action.CALLED_BACK: _LEAD_OR_OWN,
    Action.CALL_OFF_CALLBACK: _LEAD_OR_OWN,
    Action.REMOVE_STAFF: _LEAD,
    Action.UNDO_REMOVAL: _LEAD,
    Action.JOIN: _LEAD,
    Action.NOT_THE_SAME: _LEAD,
    Action.UNDO_DUPLICATE: _LEAD,
    Action.AGREE: _LEAD_OR_OWN,
    Action.REVOKE_CONSENT: _LEAD_OR_OWN,
    Action.DISCLOSE: _LEAD_OR_OWN,
    Action.MAKE_OWN_RECORD: _LEAD,
    Action.HOLD: _DECIDE,
    Action.LIFT_HOLD: _DECIDE,
    Action.ASK_ERASURE: _DECIDE,
    Action.WITHDRAW_ERASURE: _DECIDE,
    Action.ERASE: _DECIDE,
}

DEEDS: dict[Action, Callable[[Session, UUID, int, Staff], object]] = {
    Action.VIEW: lambda s, p, _, by: participants.found(s, by, p),
    Action.ASSIGN: lambda s, p, to, by: assign(s, p, to, by, NOW),
    Action.TRANSFER: lambda s, p, to, by: transfer(s, p, to, "moved house", by, NOW),
    Action.FULL_INTAKE_DONE: lambda s, p, _, by: participants.full_intake_done(s, p, by, NOW),
    Action.DISCHARGE: lambda s, p, _, by: participants.discharge(s, p, "has left", by, NOW),
    Action.REACTIVATE: lambda s, p, _, by: participants.reactivate(s, p, by, NOW),
    Action.CONVERT: lambda s, p, _, by: participants.convert(s, p, PathwayType.BRIEF_CHECK_IN, "asked", by, NOW),
    Action.SET_TIER: lambda s, p, _, by: participants.set_tier(s, p, 2, by, NOW),
    Action.SET_CALLBACK: lambda s, p, _, by: callbacks.set_for(s, p, NOW, by, NOW),
    Action.CALLED_BACK: lambda s, p, _, by: callbacks.called(s, p, "", by, NOW),
    Action.CALL_OFF_CALLBACK: lambda s, p, _, by: callbacks.call_off(s, p, "", by, NOW),
    Action.AGREE: lambda s, p, _, by: consent_changes.agree(s, p, How.IN_PERSON, "en", by, NOW),
    Action.REVOKE_CONSENT: lambda s, p, _, by: consent_changes.revoke(s, p, How.IN_PERSON, by, NOW),
    Action.DISCLOSE: lambda s, p, _, by: disclosures.write_down(s, p, Told("a court", "dates", "an order"), by, NOW),
    Action.MAKE_OWN_RECORD: lambda s, p, _, by: own_record.make(s, p, "themselves", by, NOW),
    Action.HOLD: lambda s, p, _, by: legal_holds.place(s, p, "a letter", by, NOW),
    Action.LIFT_HOLD: lambda s, p, _, by: legal_holds.lift(s, p, "it is over", by, NOW),
    Action.ASK_ERASURE: lambda s, p, _, by: erasure.ask(s, p, ErasureReason.MISTAKE, by, NOW),
    Action.WITHDRAW_ERASURE: lambda s, p, _, by: erasure.withdraw(s, p, by, NOW),
    Action.ERASE: lambda s, p, _, by: erasure.confirm(s, p, by, NOW),
}


class World:
    """Two sites. Somebody of each role works at the first one; each carries one person there and one at the other."""

    def __init__(self, session: Session, keys: Keys) -> None:
        self.session = session
        self.here, self.there = a_site(session, "Harbor House"), a_site(session, "Lantern House")
        self.kiosks = {site.id: an_enrolled_kiosk(session, site, keys).id for site in (self.here, self.there)}
        self.people = {role: a_staff_member(session, f"The {role}", role, self.here) for role in Role}
        self.peers = {
            site.id: a_staff_member(session, f"Peer {site.name}", Role.PEER_SPECIALIST, site)
            for site in (self.here, self.there)
        }
        self.chief = a_staff_member(session, "Chief", Role.ADMINISTRATOR, self.here)

    def participant(self, by: Staff, whose: Whose) -> tuple[UUID, int]:
        """Somebody who needs their intake, and a peer of their site."""
        site = self.here if whose in {Whose.OWN, Whose.OWN_SITE} else self.there
        received = a_received_intake(self.session, self.kiosks[site.id], a_record(), NOW)
        intake = self.session.scalars(select(Intake).where(Intake.id == received.receipt.intake_id)).one()
        carrier = by if whose in _OWN else self.peers[site.id]
        by.caseload_eligible = True
        if whose is Whose.OWN_AT_OTHER_SITE:
            by.sites.append(site)
            self.session.flush()
        assign(self.session, intake.participant_id, carrier.id, self.chief, NOW)
        if whose is Whose.OWN_AT_OTHER_SITE:
            by.sites.remove(site)
            self.session.flush()
        return intake.participant_id, self.peers[site.id].id


@pytest.fixture
def world(session: Session, keys: Keys) -> World:
    return World(session, keys)


def test_every_action_is_for_those_of_the_table_and_for_nobody_else(world: World) -> None:
    assert MAY.keys() == STEPS.keys()
    for role in Role:
        for whose in Whose:
            with world.session.begin_nested() as savepoint:
                by = world.people[role]
                participant = world.session.get_one(Participant, world.participant(by, whose)[0])
                for action, roles in MAY.items():
                    expected = whose in roles.get(role, set())
                    assert rights.may(world.session, by, action, participant) == expected, (action, role, whose)
                savepoint.rollback()
            world.session.expire_all()


@pytest.mark.parametrize("action", DEEDS)
def test_the_verbs_refuse_whom_the_table_does_not_name(world: World, action: Action) -> None:
    """Who may not even see somebody is told that there is nobody."""
    for role in Role:
        for whose in Whose:
            with world.session.begin_nested() as savepoint:
                by = world.people[role]
                participant_id, to = world.participant(by, whose)
                refusal = _refusal(lambda: DEEDS[action](world.session, participant_id, to, by))  # noqa: B023
                sees = whose in MAY[Action.VIEW].get(role, set())
                if not sees:
                    assert isinstance(refusal, NotFound), (role, whose, refusal)
                elif whose not in MAY[action].get(role, set()):
                    assert isinstance(refusal, NotAllowed), (role, whose, refusal)
                else:
                    assert not isinstance(refusal, NotFound | NotAllowed), (role, whose, refusal)
                savepoint.rollback()
            world.session.expire_all()


def test_what_concerns_no_single_participant_is_refused_too(world: World) -> None:
    supervisor, peer = world.people[Role.SUPERVISOR], world.people[Role.PEER_SPECIALIST]
    volunteer, chief = world.people[Role.VOLUNTEER], world.people[Role.ADMINISTRATOR]
    session, here, there = world.session, world.here, world.there

    def intake(by: Staff, site: Site) -> Callable[[], object]:
        return lambda: receive_from_staff(session, by, site, a_record(), "0" * 64, NOW)

    refusals: list[tuple[Callable[[], object], type[ServiceError] | None]] = [
        (intake(peer, here), None),
        (intake(supervisor, here), None),
        (intake(chief, there), None),
        (intake(volunteer, here), NotAllowed),
        (intake(peer, there), NotFound),
        (lambda: queue_settings.change(session, here, QueueSettings(), supervisor, NOW), NotAllowed),
        (lambda: queue_settings.change(session, there, QueueSettings(), peer, NOW), NotFound),
        (lambda: queue_settings.change(session, there, QueueSettings(), chief, NOW), None),
        (lambda: listed(session, peer, Listed.ALL), NotAllowed),
        (lambda: concerns.listed(session, supervisor), NotAllowed),
        (lambda: concerns.listed(session, peer), NotAllowed),
        (lambda: concerns.listed(session, chief), None),
        (lambda: search(session, volunteer, "zuleika"), NotAllowed),
        (lambda: removals.remove_staff(session, supervisor.id, supervisor, NOW), NotAllowed),
        (lambda: removals.remove_staff(session, chief.id, supervisor, NOW), NotAllowed),
        (lambda: removals.remove_staff(session, volunteer.id, peer, NOW), NotAllowed),
        (lambda: removals.remove_staff(session, world.peers[there.id].id, supervisor, NOW), NotFound),
        (lambda: removals.remove_staff(session, 10**6, chief, NOW), NotFound),
        (lambda: removals.undo_removal(session, 10**6, chief, NOW), NotFound),
        (lambda: duplicates.not_the_same(session, 10**6, chief, NOW), NotFound),
    ]
    for number, (deed, expected) in enumerate(refusals):
        refusal = _refusal(deed)
        assert type(refusal) is (expected or type(None)), (number, refusal)


def test_somebody_who_was_removed_may_do_nothing_on_a_page_still_open(world: World) -> None:
    by = world.people[Role.SUPERVISOR]
    participant_id, to = world.participant(by, Whose.OWN_SITE)
    removals.remove_staff(world.session, by.id, world.chief, NOW)

    for deed in DEEDS.values():
        assert isinstance(_refusal(lambda: deed(world.session, participant_id, to, by)), NotFound)  # noqa: B023


def _refusal(deed: Callable[[], object]) -> ServiceError | None:
    try:
        deed()
    except ServiceError as refusal:
        return refusal
    return None
