"""The six lists, page by page, narrowed, for whom they are."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from intake_service import lists, participants
from intake_service.assignments import assign
from intake_service.keys import Keys
from intake_service.lists import Filters, Listed, Place, count, listed
from intake_service.tables import Staff
from shared_schema.intake import Answer, PathwayType, Status
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import a_received_intake, a_record, a_site, an_enrolled_kiosk

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


def pages(session: Session, member: Staff, which: Listed, filters: Filters | None = None) -> list[list[str]]:
    found: list[list[str]] = []
    after: Place | None = None
    while not found or after is not None:
        page = listed(session, member, which, filters, after)
        found.append([row.participant.name for row in page.rows])
        after = page.after
    return found


def test_pages_follow_each_other_without_a_gap_or_a_repetition(
    session: Session, center: Center, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sites merged, the urgent first, several who began to wait behind the same intake."""
    monkeypatch.setattr(lists, "PAGE", 3)
    dana = session.get_one(Staff, center.dana)
    other = an_enrolled_kiosk(session, a_site(session, "Lantern House"), keys)
    people = []
    for number in range(10):
        kiosk = center.kiosk if number % 2 else other
        record = a_record(f"Person {number}", urgent=number in {4, 7})
        people.append(a_received_intake(session, kiosk.id, record, NOW + timedelta(minutes=number)))
    for name in ("Person 1", "Person 2", "Person 3"):
        each = _named(session, dana, name)
        participants.discharge(session, each, "left", dana, NOW)
        participants.reactivate(session, each, dana, NOW)

    waiting = pages(session, dana, Listed.NEEDS_ASSIGNMENT)
    assert [len(page) for page in waiting] == [3, 3, 3, 1]
    in_order = [name for page in waiting for name in page]
    assert in_order[:6] == [f"Person {number}" for number in (4, 7, 0, 5, 6, 8)]
    assert sorted(in_order[6:]) == ["Person 1", "Person 2", "Person 3", "Person 9"]
    everybody = [name for page in pages(session, dana, Listed.ALL) for name in page]
    assert sorted(everybody) == sorted(in_order)
    assert everybody[-1] == "Person 0"
    assert (count(session, dana, Listed.NEEDS_ASSIGNMENT), count(session, dana, Listed.DISCHARGED)) == (10, 0)


def test_a_list_is_narrowed_by_site_pathway_language_and_waiting(session: Session, center: Center, keys: Keys) -> None:
    dana = session.get_one(Staff, center.dana)
    elsewhere = a_site(session, "Lantern House")
    a_received_intake(session, an_enrolled_kiosk(session, elsewhere, keys).id, a_record("Elsewhere"), NOW)
    for name, language, tile, minute in [
        ("Long", "en", "ongoing", 0),
        ("Check", "en", "check-in", 8),
        ("Es", "es", "ongoing", 9),
    ]:
        record = a_record(name, language=language, help_today=Answer.of(tile))
        a_received_intake(session, center.kiosk.id, record, NOW + timedelta(minutes=minute))

    def narrowed(**by: object) -> list[str]:
        return pages(session, dana, Listed.NEEDS_ASSIGNMENT, Filters(**by))[0]  # type: ignore[arg-type]

    assert narrowed(site_id=elsewhere.id) == ["Elsewhere"]
    assert narrowed(pathway=PathwayType.BRIEF_CHECK_IN) == ["Check"]
    assert narrowed(language="es") == ["Es"]
    assert narrowed(site_id=center.site.id, waiting_since=NOW + timedelta(minutes=5)) == ["Long"]
    assert narrowed(site_id=10**6) == []


def test_designated_staff_see_who_waits_and_nobody_s_other_lists(session: Session, center: Center) -> None:
    somebody_waits(session, center)
    bob, charlie = session.get_one(Staff, center.bob), session.get_one(Staff, center.charlie)

    assert len(listed(session, bob, Listed.NEEDS_ASSIGNMENT).rows) == 1
    assert listed(session, charlie, Listed.NEEDS_ASSIGNMENT).rows == ()
    assert count(session, charlie, Listed.NEEDS_ASSIGNMENT) == 0


def test_my_participants_are_those_one_carries_the_latest_on_top(session: Session, center: Center) -> None:
    alice, bob = session.get_one(Staff, center.alice), session.get_one(Staff, center.bob)
    for name in ("First", "Second", "Third"):
        somebody_waits(session, center, a_record(name))
        assign(session, _named(session, alice, name), center.bob, alice, NOW)
    participants.full_intake_done(session, _named(session, alice, "First"), bob, NOW)

    mine = [row.participant.name for row in lists.carried(session, bob, Status.NEEDS_INTAKE)]
    assert mine == ["Third", "Second"]
    assert [row.participant.name for row in lists.carried(session, bob, Status.ACTIVE)] == ["First"]
    (row,) = listed(session, alice, Listed.ACTIVE).rows
    assert (row.carried_by, row.carried_since, row.ticket) == ("Bob", NOW, "maple-7")


def test_a_page_reads_slices_of_an_index_and_sorts_no_list(session: Session, center: Center) -> None:
    """SQLite says how it reads; PostgreSQL has the same indexes, and bench/queue.py measures both."""
    if session.get_bind().dialect.name != "sqlite":
        indexes = session.execute(text("SELECT indexname FROM pg_indexes WHERE tablename = 'participant'")).scalars()
        assert "ix_participant_site_id_status_urgent_queue_number_id" in set(indexes)
        return
    for urgent in (0, 1):
        plan = session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM participant WHERE site_id = 1 AND status = 'Needs Assignment' "
                "AND urgent = :urgent AND (queue_number, id) > (5, 'a') ORDER BY queue_number, id LIMIT 51"
            ),
            {"urgent": urgent},
        ).all()
        assert "USING" in plan[0].detail
        assert "ix_participant_site_id_status_urgent_queue_number_id" in plan[0].detail
        assert not any("TEMP B-TREE" in step.detail for step in plan)


def _named(session: Session, member: Staff, name: str) -> UUID:
    found = [row.participant for row in listed(session, member, Listed.NEEDS_ASSIGNMENT).rows]
    found += [row.participant for row in listed(session, member, Listed.ALL).rows]
    return next((each.id for each in found if each.name == name), None) or _beyond(session, member, name)


def _beyond(session: Session, member: Staff, name: str) -> UUID:
    after: Place | None = None
    while True:
        page = listed(session, member, Listed.ALL, None, after)
        for row in page.rows:
            if row.participant.name == name:
                return row.participant.id
        assert page.after is not None, name
        after = page.after
