"""Who fits, why in words, what weighs how much, and how good the ranking was."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import matching, participants, queue_settings
from intake_service.assignments import assign
from intake_service.errors import InvalidRequest
from intake_service.intakes import receive, receive_from_staff
from intake_service.queue_settings import MatchingWeights, QueueSettings
from intake_service.tables import Intake, Participant, Site, Staff
from intake_service.workflow import Action
from notifications import alerts
from notifications.tables import AlertKind
from shared_schema.intake import Answer, IntakeRecord, PathwayType, Status
from shared_schema.peer_functions import PeerFunction
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_record

NOW = datetime.now(UTC)
CHECK_IN = Answer.of("check-in")


def waits(session: Session, center: Center, record: IntakeRecord) -> Participant:
    intake_id = somebody_waits(session, center, record)
    return session.scalars(select(Participant).join(Intake).where(Intake.id == intake_id)).one()


def words(session: Session, participant: Participant) -> list[str]:
    return [f"{fit.name}: {fit.words}" for fit in matching.ranked(session, participant, NOW)]


def test_staff_are_ranked_by_what_was_asked_for_and_it_says_why(session: Session, center: Center) -> None:
    charlie = session.get_one(Staff, center.charlie)
    charlie.gender, charlie.strengths = "woman", [PeerFunction.LINKAGES]
    plain = waits(session, center, a_record())
    asks = a_record(language="es", talk_with=Answer.of("my-language", "woman"), brings_you=Answer.of("housing"))
    asking = waits(session, center, asks)

    assert words(session, plain) == ["Bob: on duty, 0 of 12", "Charlie: off duty, 0 of 12"]
    assert words(session, asking) == [
        "Bob: speaks Spanish, on duty, 0 of 12",
        "Charlie: does not speak Spanish, asked for a woman, off duty, 0 of 12, "
        "good at assertive linkages to community resources",
    ]
    assert matching.ranked_for_all(session, [plain, asking], NOW) == {
        each: matching.ranked(session, each, NOW) for each in (plain, asking)
    }


def test_somebody_who_is_known_by_name_or_signs_comes_first(session: Session, center: Center) -> None:
    session.get_one(Staff, center.charlie).languages = ["en", "ase"]
    knows = waits(session, center, a_record(talk_with=Answer.of("someone-i-know"), who_i_know=Answer.of(text="charly")))
    signs = waits(session, center, a_record(easier=Answer.of("asl")))
    settings = QueueSettings(weights=MatchingWeights(known=10, on_duty=1))
    queue_settings.change(session, center.site, settings, session.get_one(Staff, center.dana), NOW)

    assert words(session, knows)[0] == "Charlie: asked for by name, off duty, 0 of 12"
    assert words(session, signs)[0] == "Charlie: signs (ASL), off duty, 0 of 12"


def test_a_caseload_weighs_by_tier_and_not_without_one(session: Session, center: Center) -> None:
    alice = session.get_one(Staff, center.alice)
    for tier in (None, 2, 3):
        each = waits(session, center, a_record())
        assign(session, each.id, center.bob, alice, NOW)
        if tier:
            participants.set_tier(session, each.id, tier, alice, NOW)
    visits = waits(session, center, a_record(help_today=Answer.of("use-center")))
    assign(session, visits.id, center.bob, alice, NOW)

    heads, load = matching.loads(session, center.site)[center.bob]
    assert (heads, round(load, 3)) == (4, 1.9)
    bob = next(fit for fit in matching.ranked(session, waits(session, center, a_record()), NOW) if fit.name == "Bob")
    assert (bob.caseload, bob.reasons[-1].words) == (4, "1.9 of 12")


def test_the_choice_and_its_rank_are_kept_to_judge_the_ranking(session: Session, center: Center) -> None:
    alice, began = session.get_one(Staff, center.alice), NOW
    first = assign(session, waits(session, center, a_record()).id, center.bob, alice, NOW)
    second = assign(session, waits(session, center, a_record()).id, center.charlie, alice, NOW)

    assert [(each.rank, each.ranked) for each in (first, second)] == [(1, 2), (2, 2)]
    judged = matching.judged(session, alice, began)
    assert (judged.assignments, judged.first, judged.first_three, judged.share_of_first_three) == (2, 1, 2, 1.0)


def test_settings_have_bounds_and_name_staff_of_the_site(session: Session, center: Center) -> None:
    dana = session.get_one(Staff, center.dana)
    for wrong in (
        QueueSettings(waiting_long=30, waiting_too_long=20),
        QueueSettings(brief_check_in="named"),
        QueueSettings(brief_check_in="greeter"),
        QueueSettings(brief_check_in="named", named=10**6),
    ):
        with pytest.raises(InvalidRequest):
            queue_settings.change(session, center.site, wrong, dana, NOW)
    with pytest.raises(ValueError, match="less than or equal to 10"):
        MatchingWeights(language=11)
    assert queue_settings.of(session.get_one(Site, center.site.id)) == QueueSettings()


@pytest.mark.parametrize(
    ("rule", "on_duty", "urgent", "carrier"),
    [
        ("queue", True, False, None),
        ("greeter", True, False, "Bob"),
        ("greeter", False, False, None),
        ("named", False, False, "Charlie"),
        ("named", False, True, None),
    ],
)
def test_a_brief_check_in_at_the_kiosk_follows_the_site_s_rule(
    session: Session,
    center: Center,
    rule: queue_settings.BriefCheckInRule,
    on_duty: bool,
    urgent: bool,
    carrier: str | None,
) -> None:
    greeters = (center.charlie, center.bob) if on_duty else (center.charlie,)
    settings = QueueSettings(brief_check_in=rule, greeters=greeters, named=center.charlie)
    queue_settings.change(session, center.site, settings, session.get_one(Staff, center.dana), NOW)

    record = a_record(help_today=CHECK_IN, urgent=urgent)
    receive(session, center.kiosk.id, record, "0" * 64, NOW)

    participant = session.scalars(select(Participant).join(Intake).where(Intake.id == record.id)).one()
    row = next(each for each in participants.history(session, session.get_one(Staff, center.alice), participant.id))
    assert participant.status == (Status.NEEDS_INTAKE if carrier else Status.NEEDS_ASSIGNMENT)
    assert (row.action, row.to_staff.name if row.to_staff else None) == (Action.RECEIVE, carrier)
    kinds = [each.kind for each in alerts.of_subject(session, str(record.id))]
    assert kinds == [
        AlertKind.ASSIGNED_TO_YOU if carrier else AlertKind.URGENT if urgent else AlertKind.READY_FOR_ASSIGNMENT
    ]


@pytest.mark.parametrize(
    ("tile", "pathway", "status", "is_theirs"),
    [
        ("ongoing", PathwayType.COMPREHENSIVE, Status.NEEDS_ASSIGNMENT, False),
        ("check-in", PathwayType.BRIEF_CHECK_IN, Status.NEEDS_INTAKE, True),
        ("find-service", PathwayType.DROP_IN_REFERRAL, Status.ACTIVE, False),
        ("use-center", PathwayType.RCC_MEMBER, Status.ACTIVE, False),
    ],
)
def test_an_intake_that_staff_complete_goes_by_its_pathway(
    session: Session, center: Center, tile: str, pathway: PathwayType, status: Status, is_theirs: bool
) -> None:
    bob, record = session.get_one(Staff, center.bob), a_record(help_today=Answer.of(tile))

    first = receive_from_staff(session, bob, center.site, record, "0" * 64, NOW)
    again = receive_from_staff(session, bob, center.site, record, "0" * 64, NOW)

    intake = session.scalars(select(Intake).where(Intake.id == record.id)).one()
    assert (first.new, again.new, again.receipt) == (True, False, first.receipt)
    assert (intake.kiosk_id, intake.staff_id) == (None, center.bob)
    assert (intake.participant.pathway, intake.participant.status) == (pathway, status)
    assert bool(matching.loads(session, center.site)) == is_theirs
