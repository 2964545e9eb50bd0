from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notifications import alerts, outbox
from notifications.alerts import Acknowledgement, UnknownAlert
from notifications.db import writing
from notifications.outbox import NO_DEVICE, Outcome
from notifications.tables import AlertKind, NoticeState
from tests.notifications.devices import NOW, Device

ALICE, BOB, CHARLIE = 1, 2, 3
LEASE = timedelta(seconds=30)


@pytest.fixture
def alert(session: Session) -> int:
    """Bob has a phone and a tablet, Charlie has nothing. Committed."""
    for name in ("phone", "tablet"):
        Device().subscribe(session, BOB, f"http://localhost/{name}")
    alert_id = alerts.raise_alert(
        session, AlertKind.READY_FOR_ASSIGNMENT, 1, "Harbor House", "7", "/intakes/7", [BOB, CHARLIE], NOW
    )
    session.commit()
    return alert_id


def states(session: Session, alert_id: int) -> list[str]:
    session.expire_all()
    return [notice.state for notice in alerts.ledger(session, alert_id)]


def test_every_device_is_told_and_who_cannot_be_is_named(session: Session, alert: int) -> None:
    ledger = [(notice.staff_id, notice.state, notice.failure) for notice in alerts.ledger(session, alert)]

    assert ledger == [
        (BOB, NoticeState.QUEUED, None),
        (BOB, NoticeState.QUEUED, None),
        (CHARLIE, NoticeState.FAILED, NO_DEVICE),
    ]


def test_the_first_to_say_so_is_on_it(session: Session, alert: int) -> None:
    later = NOW + timedelta(minutes=1)

    assert alerts.acknowledge(session, alert, BOB, NOW) == Acknowledgement(True, BOB, NOW)
    assert alerts.acknowledge(session, alert, CHARLIE, later) == Acknowledgement(False, BOB, NOW)
    assert alerts.acknowledge(session, alert, BOB, later) == Acknowledgement(True, BOB, NOW)
    assert states(session, alert) == ["cancelled", "cancelled", "failed"]


def test_two_at_once_cannot_both_be_first(engine: Engine, session: Session, alert: int) -> None:
    together = Barrier(2)

    def say(staff_id: int) -> Acknowledgement:
        with Session(writing(engine)) as own:
            together.wait(10)
            with own.begin():
                return alerts.acknowledge(own, alert, staff_id, NOW)

    with ThreadPoolExecutor(2) as people:
        said = [each.result(30) for each in [people.submit(say, BOB), people.submit(say, CHARLIE)]]

    assert sorted(each.won for each in said) == [False, True]
    assert said[0].by == said[1].by


def test_a_button_on_the_phone_says_the_same(session: Session, alert: int) -> None:
    token = alerts.ledger(session, alert)[0].token

    assert alerts.acknowledge_by_token(session, token, NOW).won
    notice = alerts.ledger(session, alert)[0]
    assert (notice.state, notice.shown_at, notice.acknowledged_at) == ("acknowledged", NOW, NOW)


def test_shown_counts_once_and_never_takes_back_an_acknowledgement(session: Session, alert: int) -> None:
    token = alerts.ledger(session, alert)[0].token
    outbox.claim(session, NOW, LEASE, 1)
    alerts.shown(session, token, NOW)
    assert states(session, alert)[0] == "shown"

    alerts.acknowledge_by_token(session, token, NOW)
    alerts.shown(session, token, NOW + timedelta(minutes=1))

    notice = alerts.ledger(session, alert)[0]
    assert (notice.state, notice.shown_at) == ("acknowledged", NOW)


def test_a_settled_matter_is_told_to_nobody_else(session: Session, alert: int) -> None:
    alerts.close(session, "7", NOW)

    assert states(session, alert) == ["cancelled", "cancelled", "failed"]
    assert outbox.claim(session, NOW, LEASE, 10) == []


def test_a_stranger_acknowledges_nothing(session: Session, alert: int) -> None:
    with pytest.raises(UnknownAlert):
        alerts.acknowledge_by_token(session, "guessed", NOW)
    with pytest.raises(UnknownAlert):
        alerts.shown(session, "guessed", NOW)
    with pytest.raises(UnknownAlert):
        alerts.acknowledge(session, 4711, BOB, NOW)


def test_two_workers_never_claim_the_same(engine: Engine, session: Session, alert: int) -> None:
    with Session(writing(engine)) as first, first.begin():
        mine = outbox.claim(first, NOW, LEASE, 1)
    with Session(writing(engine)) as second, second.begin():
        theirs = outbox.claim(second, NOW, LEASE, 10)

    assert len(mine) == len(theirs) == 1
    assert mine[0].notice_id != theirs[0].notice_id


def test_a_dead_workers_notice_is_claimed_again_with_the_same_token(session: Session, alert: int) -> None:
    first = outbox.claim(session, NOW, LEASE, 1)[0]
    assert [each.notice_id for each in outbox.claim(session, NOW + LEASE, LEASE, 10)] != [first.notice_id]

    second = outbox.claim(session, NOW + LEASE + timedelta(seconds=1), LEASE, 1)[0]

    assert (second.notice_id, second.message, second.attempts) == (first.notice_id, first.message, 2)
    assert not outbox.settle(session, first, Outcome(NoticeState.ACCEPTED), NOW)
    assert outbox.settle(session, second, Outcome(NoticeState.ACCEPTED), NOW)


def test_a_cancelled_notice_stays_cancelled_whatever_comes_of_its_send(session: Session, alert: int) -> None:
    claimed = outbox.claim(session, NOW, LEASE, 1)[0]
    alerts.acknowledge(session, alert, CHARLIE, NOW)

    assert not outbox.settle(session, claimed, Outcome(NoticeState.ACCEPTED), NOW)
    assert states(session, alert)[0] == "cancelled"


def test_an_alert_that_is_too_late_is_not_sent(session: Session, alert: int) -> None:
    assert outbox.claim(session, NOW + timedelta(minutes=30), LEASE, 10) == []
    assert states(session, alert)[:2] == ["expired", "expired"]
