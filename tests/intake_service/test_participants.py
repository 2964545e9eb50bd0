"""What supervisors and peers do to one participant, from the queue to the discharge and back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import carrying, contact_permission, invitations, participants, removals, sessions
from intake_service.assignments import assign, transfer
from intake_service.changes import LONGEST_REASON
from intake_service.errors import Conflict, InvalidRequest, ServiceError
from intake_service.tables import Event, Intake, Participant, Staff, StaffSession
from intake_service.workflow import Action
from notifications import alerts, channels, roster, subscriptions
from notifications.other_channels import OtherChannels
from notifications.tables import AlertKind
from shared_schema.intake import PathwayType, Status
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record
from tests.notifications.devices import Device

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


class Day:
    """Somebody waits; Alice and Dana are there. Each verb is a line of the day."""

    def __init__(self, session: Session, center: Center) -> None:
        self.session, self.center = session, center
        self.alice, self.dana = session.get_one(Staff, center.alice), session.get_one(Staff, center.dana)
        self.bob = session.get_one(Staff, center.bob)
        self.id = self.somebody("Zuleika Testperson")

    def somebody(self, name: str) -> UUID:
        intake_id = somebody_waits(self.session, self.center, a_record(name))
        return self.session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()

    @property
    def participant(self) -> Participant:
        return self.session.get_one(Participant, self.id, populate_existing=True)

    @property
    def status(self) -> str:
        return self.participant.status

    @property
    def carrier(self) -> str | None:
        current = carrying.current(self.session, self.id)
        return current.staff.name if current else None

    def events(self) -> list[str]:
        rows = self.session.scalars(select(Event).where(Event.participant_id == self.id).order_by(Event.id))
        return [event.action for event in rows if event.action != Action.MOVE_CONTACT_PERMISSION]


@pytest.fixture
def day(session: Session, center: Center) -> Day:
    return Day(session, center)


def test_a_participant_goes_the_whole_way_and_back(day: Day, session: Session, center: Center) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    assert (day.status, day.carrier) == (Status.NEEDS_INTAKE, "Bob")
    participants.full_intake_done(session, day.id, day.bob, NOW)
    participants.set_tier(session, day.id, 2, day.bob, NOW)
    assert (day.status, day.participant.tier) == (Status.ACTIVE, 2)
    transfer(session, day.id, center.charlie, "Bob moves to the night shift", day.alice, NOW)
    assert (day.status, day.carrier) == (Status.ACTIVE, "Charlie")
    participants.discharge(session, day.id, "reached their goals", day.alice, NOW)
    assert (day.status, day.carrier) == (Status.DISCHARGED, None)
    participants.reactivate(session, day.id, day.alice, LATER)
    assert (day.status, day.participant.waiting_since) == (Status.NEEDS_ASSIGNMENT, LATER)

    assert day.events() == [
        Action.RECEIVE,
        Action.ASSIGN,
        Action.FULL_INTAKE_DONE,
        Action.SET_TIER,
        Action.TRANSFER,
        Action.DISCHARGE,
        Action.REACTIVATE,
    ]
    assert [each.staff.name for each in carrying.past(session, day.id)] == ["Charlie", "Bob"]
    told = participants.history(session, day.alice, day.id)
    assert (told[2].action, told[2].reason, told[2].from_staff, told[2].to_staff) == (
        Action.TRANSFER,
        "Bob moves to the night shift",
        day.bob,
        session.get_one(Staff, center.charlie),
    )


def test_somebody_can_be_reactivated_straight_to_a_peer(day: Day, session: Session, center: Center) -> None:
    participants.discharge(session, day.id, "left before anybody came", day.alice, NOW)
    participants.reactivate(session, day.id, day.alice, LATER, center.charlie)

    assert (day.status, day.carrier) == (Status.NEEDS_INTAKE, "Charlie")


def test_whoever_is_reactivated_waits_behind_those_who_wait(day: Day, session: Session) -> None:
    participants.discharge(session, day.id, "left", day.alice, NOW)
    other = day.somebody("Omar Made-Up")
    participants.reactivate(session, day.id, day.alice, LATER)

    assert day.participant.queue_number >= session.get_one(Participant, other).queue_number


def test_contact_permission_goes_with_the_assignment(day: Day, session: Session, center: Center) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    transfer(session, day.id, center.charlie, "asked for it", day.alice, LATER)
    assert contact_permission.of(session, day.alice, day.id, NOW).staff_id == center.charlie
    assert contact_permission.of(session, day.alice, day.id, NOW).channels == ("message", "call", "video")
    participants.discharge(session, day.id, "left", day.alice, LATER)

    assert contact_permission.of(session, day.alice, day.id, NOW).staff_id is None
    moves = contact_permission.moves(session, day.alice)
    assert [(each.from_staff_id, each.to_staff_id) for each in moves] == [
        (None, center.bob),
        (center.bob, center.charlie),
        (center.charlie, None),
    ]
    assert contact_permission.moves(session, day.alice, after=moves[1].number) == moves[2:]
    assert contact_permission.moves(session, day.bob) == []


@pytest.mark.parametrize("reason", ["", "   \n ", "x" * (LONGEST_REASON + 1)])
def test_a_reason_is_asked_and_has_a_limit(day: Day, session: Session, center: Center, reason: str) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    limit = "most 500 characters; this one has 501" if len(reason) > LONGEST_REASON else "Say why"
    for verb in (
        lambda: transfer(session, day.id, center.charlie, reason, day.alice, NOW),
        lambda: participants.discharge(session, day.id, reason, day.alice, NOW),
        lambda: participants.convert(session, day.id, PathwayType.RCC_MEMBER, reason, day.alice, NOW),
    ):
        with pytest.raises(InvalidRequest, match=limit):
            verb()
    assert (day.status, day.carrier) == (Status.NEEDS_INTAKE, "Bob")


def test_a_double_tap_does_it_once(day: Day, session: Session, center: Center) -> None:
    shown = day.participant.revision
    for _ in range(2):
        assign(session, day.id, center.bob, day.alice, NOW, shown)
    shown = day.participant.revision
    for _ in range(2):
        transfer(session, day.id, center.charlie, "asked for it", day.alice, NOW, shown)
    for _ in range(2):
        participants.set_tier(session, day.id, 1, day.dana, LATER)
    for _ in range(2):
        participants.discharge(session, day.id, "left", day.alice, LATER)

    assert day.events()[1:] == [Action.ASSIGN, Action.TRANSFER, Action.SET_TIER, Action.DISCHARGE]


def test_a_stale_page_is_told_who_was_faster_and_what_they_did(day: Day, session: Session, center: Center) -> None:
    shown = day.participant.revision
    assign(session, day.id, center.bob, day.dana, NOW)
    with pytest.raises(Conflict, match="Dana was faster: Bob has had this participant since 09:45 UTC"):
        participants.discharge(session, day.id, "left", day.alice, LATER, shown)
    participants.discharge(session, day.id, "left", day.dana, LATER)
    with pytest.raises(Conflict, match="Dana was faster: discharged this participant, at 10:45 UTC"):
        transfer(session, day.id, center.charlie, "asked for it", day.alice, LATER)


def test_conversion_moves_between_all_types_and_keeps_the_history(day: Day, session: Session, center: Center) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    steps = [
        (PathwayType.BRIEF_CHECK_IN, Status.NEEDS_INTAKE, "Bob"),
        (PathwayType.DROP_IN_REFERRAL, Status.ACTIVE, None),
        (PathwayType.RCC_MEMBER, Status.ACTIVE, None),
        (PathwayType.COMPREHENSIVE, Status.NEEDS_ASSIGNMENT, None),
    ]
    for pathway, status, carrier in steps:
        participants.convert(session, day.id, pathway, "asked for it", day.alice, LATER)
        assert (day.participant.pathway, day.status, day.carrier) == (pathway, status, carrier)
    with pytest.raises(InvalidRequest, match="already"):
        participants.convert(session, day.id, PathwayType.COMPREHENSIVE, "once more", day.dana, LATER)

    told = [(each.from_value, each.to_value) for each in participants.history(session, day.alice, day.id)[:4]]
    assert told[::-1] == [
        (PathwayType.COMPREHENSIVE, PathwayType.BRIEF_CHECK_IN),
        (PathwayType.BRIEF_CHECK_IN, PathwayType.DROP_IN_REFERRAL),
        (PathwayType.DROP_IN_REFERRAL, PathwayType.RCC_MEMBER),
        (PathwayType.RCC_MEMBER, PathwayType.COMPREHENSIVE),
    ]


def test_nobody_without_a_caseload_is_transferred(day: Day, session: Session, center: Center) -> None:
    participants.convert(session, day.id, PathwayType.RCC_MEMBER, "uses the center", day.alice, NOW)

    with pytest.raises(InvalidRequest, match="Nobody has this participant"):
        transfer(session, day.id, center.bob, "asked for it", day.alice, NOW)


def test_who_is_removed_leaves_everybody_to_be_reassigned(day: Day, session: Session, center: Center) -> None:
    other = day.somebody("Omar Made-Up")
    for each in (day.id, other):
        assign(session, each, center.bob, day.alice, NOW)
    participants.full_intake_done(session, other, day.bob, NOW)

    removals.remove_staff(session, center.bob, day.alice, LATER, "moved away")

    assert (day.status, day.participant.held_status, day.carrier) == (
        Status.NEEDS_REASSIGNMENT,
        Status.NEEDS_INTAKE,
        None,
    )
    assert session.get_one(Participant, other, populate_existing=True).held_status == Status.ACTIVE
    assert not day.bob.active
    assert not roster.on_duty(session, center.site.id, LATER)
    assert not session.scalars(select(StaffSession).where(StaffSession.staff_id == center.bob)).all()
    assign(session, other, center.charlie, day.alice, LATER)
    assert session.get_one(Participant, other, populate_existing=True).status == Status.ACTIVE


def test_who_is_removed_loses_every_session_device_address_and_link_at_once(session: Session, center: Center) -> None:
    bob, dana = session.get_one(Staff, center.bob), session.get_one(Staff, center.dana)
    for member in (bob, dana):
        sessions.begin(session, member, NOW)
        Device().subscribe(session, member.id, f"http://127.0.0.1/push/{member.name}", NOW)
        channels.add(session, OtherChannels(), "mailtos://a:b@mail.center.example", "Mail", NOW, staff_id=member.id)
    invitations.reset(session, center.bob, NOW, dana)
    sessions.begin(session, bob, NOW)

    removals.remove_staff(session, center.bob, dana, NOW)

    def left(member: Staff) -> tuple[int, int, int]:
        own = sessions.of_staff(session, member.id, NOW)
        return len(own), len(subscriptions.of_staff(session, member.id)), len(channels.of_staff(session, member.id))

    assert (left(bob), left(dana)) == ((0, 0, 0), (1, 1, 1))
    assert invitations.open_for(session, NOW) == {}
    assert channels.reach(session, [center.bob])[center.bob].is_reachable is False


def test_a_removal_is_undone_with_everybody_as_before(day: Day, session: Session, center: Center) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    removal = removals.remove_staff(session, center.bob, day.alice, NOW)
    assert [each.id for each in removals.undoable(session, day.alice)] == [removal.id]

    for _ in range(2):
        removals.undo_removal(session, removal.id, day.dana, LATER)

    assert (day.status, day.participant.held_status, day.carrier) == (Status.NEEDS_INTAKE, None, "Bob")
    assert day.bob.active
    assert [entry.designated for entry in roster.of_staff(session, center.bob)] == [True]
    assert day.events()[-2:] == [Action.REMOVE_STAFF, Action.UNDO_REMOVAL]
    assert removals.undoable(session, day.alice) == []


def test_once_somebody_was_reassigned_a_removal_stands(day: Day, session: Session, center: Center) -> None:
    assign(session, day.id, center.bob, day.alice, NOW)
    removal = removals.remove_staff(session, center.bob, day.alice, NOW)
    assign(session, day.id, center.charlie, day.alice, NOW)

    with pytest.raises(Conflict, match="reassigned already"):
        removals.undo_removal(session, removal.id, day.alice, LATER)
    assert (day.carrier, day.bob.active, removals.undoable(session, day.alice)) == ("Charlie", False, [])


def test_two_who_remove_the_same_person_are_told_of_each_other(day: Day, session: Session, center: Center) -> None:
    first = removals.remove_staff(session, center.bob, day.dana, NOW)

    assert removals.remove_staff(session, center.bob, day.dana, LATER).id == first.id
    with pytest.raises(Conflict, match="Dana was faster: removed Bob at 09:45 UTC"):
        removals.remove_staff(session, center.bob, day.alice, LATER)


def test_whatever_is_pending_about_somebody_ends_with_the_discharge(day: Day, session: Session) -> None:
    participants.discharge(session, day.id, "left before anybody came", day.alice, NOW)

    intake = session.scalars(select(Intake).where(Intake.participant_id == day.id)).one()
    assert [(each.kind, each.closed_at) for each in alerts.of_subject(session, str(intake.id))] == [
        (AlertKind.READY_FOR_ASSIGNMENT, NOW)
    ]


def test_what_an_action_does_not_lead_from_is_refused_in_words(day: Day, session: Session, center: Center) -> None:
    for verb in (
        lambda: transfer(session, day.id, center.bob, "asked for it", day.alice, NOW),
        lambda: participants.full_intake_done(session, day.id, day.alice, NOW),
        lambda: participants.reactivate(session, day.id, day.alice, NOW),
    ):
        with pytest.raises(ServiceError, match="in Needs Assignment now"):
            verb()
    with pytest.raises(InvalidRequest):
        participants.set_tier(session, day.id, 4, day.alice, NOW)
