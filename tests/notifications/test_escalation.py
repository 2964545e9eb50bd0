from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from notifications import alerts, firing, roster, sites, timers
from notifications.db import writing
from notifications.policy import Audience, Policy, Quiet, Step
from notifications.tables import Alert, AlertKind, Notice, NoticeState, Timer
from shared_schema.hours import WEEKDAYS
from tests.notifications.devices import NOW
from tests.notifications.house import (
    ALICE,
    BOB,
    CHARLIE,
    DANA,
    HARBOR,
    a_house,
    arrive,
    happened,
    live_through,
    minutes,
    pass_time,
    says,
    somebody_waits,
    told,
)


def test_step_by_step_until_everybody_knows_and_a_banner_stays(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    live_through(session, NOW, NOW + minutes(69))
    steps = [(0, BOB), (1, BOB), (1, CHARLIE), (2, ALICE), (3, DANA)]
    assert told(session, alert) == [*steps, *((number, DANA) for number in range(4, 9))]
    assert alerts.unanswered(session, [HARBOR]) == []

    live_through(session, NOW, NOW + minutes(1000))

    assert [each.id for each in alerts.unanswered(session, [HARBOR])] == [alert]
    assert len(told(session, alert)) == 10
    assert session.scalars(select(Timer.what)).all() == []
    assert happened(session, alert) == ["step"] * 8 + ["unanswered"]


def test_on_it_stops_the_rest_and_takes_the_banner_away(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    live_through(session, NOW, NOW + minutes(3))

    alerts.acknowledge(session, alert, CHARLIE, NOW + minutes(4))
    session.commit()
    assert says(session, NoticeState.QUEUED) == []
    assert session.scalars(select(Timer.what).order_by(Timer.what)).all() == [timers.COMES_BACK, timers.WAITING]

    session.execute(update(Alert).values(unanswered_since=NOW))
    assert alerts.unanswered(session, [HARBOR]) == []


def test_assigning_stops_everything_in_the_same_transaction(session: Session) -> None:
    a_house(session)
    somebody_waits(session)

    alerts.close(session, "7", NOW + minutes(1))
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Timer)) == 2

    alerts.close(session, "7", NOW + minutes(1))
    session.commit()
    assert session.scalar(select(func.count()).select_from(Timer)) == 0
    assert says(session, NoticeState.QUEUED) == []
    live_through(session, NOW, NOW + minutes(1000))
    assert says(session, NoticeState.QUEUED) == []


def test_with_nobody_on_duty_the_next_step_starts_at_once_and_the_others_wait_from_then(session: Session) -> None:
    a_house(session, on_duty=())
    alert = somebody_waits(session)
    assert told(session, alert) == [(1, BOB), (1, CHARLIE)]
    assert happened(session, alert) == ["nobody", "step"]

    live_through(session, NOW, NOW + minutes(3) - timedelta(seconds=1))
    assert len(told(session, alert)) == 2
    live_through(session, NOW, NOW + minutes(3))
    assert told(session, alert)[2:] == [(2, ALICE)]


def test_somebody_who_cannot_be_reached_holds_nobody_up(session: Session) -> None:
    a_house(session, with_phones=[ALICE])
    alert = somebody_waits(session)

    assert told(session, alert) == [(2, ALICE)]
    assert says(session, NoticeState.FAILED) == [(AlertKind.READY_FOR_ASSIGNMENT, who) for who in (BOB, BOB, CHARLIE)]


def test_when_nobody_at_all_can_be_reached_the_banner_says_so_at_once(session: Session) -> None:
    a_house(session, with_phones=[])
    alert = somebody_waits(session)

    assert [each.id for each in alerts.unanswered(session, [HARBOR])] == [alert]
    assert session.scalar(select(Timer.due_at).where(Timer.what == timers.STEP)) == NOW + minutes(10)


def test_a_worker_that_was_away_goes_on_from_the_step_that_is_due_now(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)

    pass_time(session, NOW + minutes(7))

    assert told(session, alert) == [(0, BOB), (2, ALICE)]
    assert session.scalar(select(Timer.due_at).where(Timer.what == timers.STEP)) == NOW + minutes(10)


def test_a_worker_that_was_away_for_hours_tells_the_last_step_once(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)

    pass_time(session, NOW + minutes(300))

    assert told(session, alert) == [(0, BOB), (8, DANA)]
    assert [each.id for each in alerts.unanswered(session, [HARBOR])] == [alert]


def test_what_is_urgent_is_everybodys_who_is_designated(session: Session) -> None:
    a_house(session, on_duty=[BOB])
    alert = somebody_waits(session, AlertKind.URGENT)

    assert told(session, alert) == [(0, BOB), (0, CHARLIE)]


def test_quiet_hours_hold_everything_but_what_is_urgent(session: Session) -> None:
    a_house(session)  # it is 04:30 at Harbor House
    quiet = Quiet(days=WEEKDAYS, begins=time(22), ends=time(7))
    sites.set_policy(session, HARBOR, Policy(quiet=quiet))
    until = NOW + minutes(150)
    held, urgent = somebody_waits(session), somebody_waits(session, AlertKind.URGENT, subject="8")
    assert (told(session, held), told(session, urgent)) == ([], [(0, BOB), (0, CHARLIE)])

    live_through(session, NOW, until - timedelta(seconds=1))
    assert told(session, held) == []
    live_through(session, NOW, until + minutes(3))
    assert told(session, held) == [(0, BOB), (1, BOB), (1, CHARLIE)]


def test_quiet_that_begins_in_between_holds_the_next_step(session: Session) -> None:
    a_house(session)
    sites.set_policy(session, HARBOR, Policy(quiet=Quiet(days=WEEKDAYS, begins=time(4, 32), ends=time(7))))
    alert = somebody_waits(session)

    live_through(session, NOW, NOW + minutes(149))
    assert told(session, alert) == [(0, BOB)]
    live_through(session, NOW, NOW + minutes(153))
    assert told(session, alert) == [(0, BOB), (1, BOB), (1, CHARLIE), (2, ALICE)]


def test_a_site_decides_its_own_steps(session: Session) -> None:
    a_house(session)
    steps = (Step(after=0, who=(Audience.DESIGNATED, Audience.SUPERVISORS)), Step(after=1, who=(Audience.SUPERVISORS,)))
    sites.set_policy(session, HARBOR, Policy(steps=steps, repeat_every=2, repeats=1))
    alert = somebody_waits(session)

    live_through(session, NOW, NOW + minutes(4))

    assert told(session, alert) == [(0, ALICE), (0, BOB), (0, CHARLIE), (1, ALICE), (2, ALICE)]
    live_through(session, NOW, NOW + minutes(5))
    assert len(alerts.unanswered(session, [HARBOR])) == 1


def test_acknowledged_and_left_it_comes_back_and_then_goes_on(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    alerts.acknowledge(session, alert, BOB, NOW + minutes(1))
    session.commit()

    live_through(session, NOW, NOW + minutes(16))
    assert says(session, NoticeState.QUEUED) == [("still_yours", BOB)]
    assert alerts.open_at(session, HARBOR) == 0

    live_through(session, NOW, NOW + minutes(21))
    assert alerts.open_at(session, HARBOR) == 1
    assert told(session, alert)[-2:] == [(1, BOB), (1, CHARLIE)]
    assert happened(session, alert) == ["acknowledged", "came_back", "taken_back", "step"]

    live_through(session, NOW, NOW + minutes(24))
    assert told(session, alert)[-1] == (2, ALICE)


def test_saying_it_again_gives_time_again(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    for number in (1, 15, 29):
        live_through(session, NOW, NOW + minutes(number))
        assert alerts.acknowledge(session, alert, BOB, NOW + minutes(number)).won
        session.commit()

    live_through(session, NOW, NOW + minutes(43))
    assert says(session, NoticeState.QUEUED) == [(AlertKind.WAITING_TOO_LONG, who) for who in (ALICE, BOB)]


def test_waiting_too_long_is_told_even_if_somebody_is_on_it(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    alerts.acknowledge(session, alert, BOB, NOW)
    session.commit()

    pass_time(session, NOW + minutes(20))

    told_too_long = [each for each in alerts.of_subject(session, "7") if each.kind == AlertKind.WAITING_TOO_LONG]
    assert [notice.staff_id for notice in alerts.ledger(session, told_too_long[0].id)] == [ALICE, BOB]


def test_a_phone_that_was_told_says_taken_care_of_once_and_silently(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    live_through(session, NOW, NOW + minutes(3))
    arrive(session, NOW + minutes(3))

    alerts.acknowledge(session, alert, CHARLIE, NOW + minutes(4))
    session.commit()
    assert says(session, NoticeState.QUEUED) == [("taken_care_of", BOB), ("taken_care_of", CHARLIE)]

    arrive(session, NOW + minutes(4))
    alerts.close(session, "7", NOW + minutes(5))
    session.commit()
    assert says(session, NoticeState.QUEUED) == []


def test_the_phone_that_said_it_is_not_told_that_it_did(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    arrive(session)

    alerts.acknowledge_by_token(session, alerts.ledger(session, alert)[0].token, NOW)
    session.commit()

    assert says(session, NoticeState.QUEUED) == []
    assert says(session, NoticeState.ACKNOWLEDGED) == [(AlertKind.READY_FOR_ASSIGNMENT, BOB)]


def test_who_was_not_told_yet_is_not_told_that_it_is_over(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)

    alerts.acknowledge(session, alert, CHARLIE, NOW)
    session.commit()

    assert says(session, NoticeState.CANCELLED) == [(AlertKind.READY_FOR_ASSIGNMENT, BOB)]
    assert says(session, NoticeState.QUEUED) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (AlertKind.BACK_TO_REASSIGNMENT, [ALICE]),
        (AlertKind.KIOSK_OFFLINE, [ALICE, BOB]),
        (AlertKind.KIOSK_HOLDING, [ALICE, BOB]),
        (AlertKind.CONCERN, [DANA]),
    ],
)
def test_other_kinds_have_one_audience(session: Session, kind: AlertKind, expected: list[int]) -> None:
    a_house(session)
    alert = somebody_waits(session, kind)

    live_through(session, NOW, NOW + minutes(1000))
    assert told(session, alert) == [(0, who) for who in expected]


def test_a_concern_never_goes_to_the_one_it_names(session: Session) -> None:
    a_house(session)
    roster.put_in_step(session, HARBOR, ALICE, Audience.ADMINISTRATORS)

    alert = alerts.raise_alert(
        session, AlertKind.CONCERN, HARBOR, "Harbor House", "c-1", "/concerns/1", None, NOW, without=[ALICE]
    )

    assert told(session, alert) == [(0, DANA)]


def test_a_call_is_due_for_the_one_who_promised_it(session: Session) -> None:
    a_house(session)
    alerts.call_back(session, HARBOR, "p-1", "/participants/1", CHARLIE, NOW + minutes(60))
    alerts.call_back(session, HARBOR, "p-2", "/participants/2", CHARLIE, NOW + minutes(60))
    alerts.close(session, "p-2", NOW)
    session.commit()

    live_through(session, NOW, NOW + minutes(60))

    assert says(session, NoticeState.QUEUED) == [(AlertKind.CALLBACK_DUE, CHARLIE)]


def test_a_call_that_nobody_makes_goes_on_to_those_who_lead_and_to_nobody_else(session: Session) -> None:
    """Bob is designated and on duty, and may not even see who is to be called."""
    a_house(session)
    alert = a_due_call(session, CHARLIE)

    live_through(session, NOW, NOW + minutes(1000))

    assert told(session, alert)[:4] == [(0, CHARLIE), (1, CHARLIE), (2, ALICE), (3, DANA)]
    assert BOB not in [who for _, who in told(session, alert)]
    assert [each.id for each in alerts.unanswered(session, [HARBOR])] == [alert]


def test_a_call_of_nobodys_participant_is_for_those_who_lead_at_once(session: Session) -> None:
    a_house(session)

    assert told(session, a_due_call(session, None)) == [(2, ALICE)]


def test_a_call_in_quiet_hours_waits_for_their_end_and_is_still_its_carriers(session: Session) -> None:
    a_house(session)  # it is 04:30 at Harbor House
    sites.set_policy(session, HARBOR, Policy(quiet=Quiet(days=WEEKDAYS, begins=time(22), ends=time(7))))
    alert = a_due_call(session, CHARLIE)
    assert told(session, alert) == []

    live_through(session, NOW, NOW + minutes(150))

    assert told(session, alert) == [(0, CHARLIE)]


def test_a_call_that_somebody_is_on_comes_back_to_them_until_it_is_done(session: Session) -> None:
    a_house(session)
    alert = a_due_call(session, CHARLIE)
    arrive(session)

    alerts.acknowledge(session, alert, CHARLIE, NOW + minutes(1))
    session.commit()
    live_through(session, NOW, NOW + minutes(17))
    assert (AlertKind.CALLBACK_DUE, CHARLIE) in says(session, NoticeState.QUEUED)

    alerts.close(session, "p-1", NOW + minutes(18))
    session.commit()
    assert session.scalars(select(Timer.what)).all() == []
    assert (AlertKind.CALLBACK_DUE, CHARLIE) not in says(session, NoticeState.QUEUED)


def test_a_call_that_somebody_was_on_and_did_not_make_goes_on(session: Session) -> None:
    a_house(session)
    alert = a_due_call(session, CHARLIE)
    alerts.acknowledge(session, alert, CHARLIE, NOW + minutes(1))
    session.commit()

    live_through(session, NOW, NOW + minutes(28))

    assert ALICE in [who for _, who in told(session, alert)]
    assert BOB not in [who for _, who in told(session, alert)]


def a_due_call(session: Session, carrier: int | None) -> int:
    """The alert's id; it is due now. Committed."""
    alerts.call_back(session, HARBOR, "p-1", "/participants/1", carrier, NOW)
    session.commit()
    pass_time(session, NOW)
    return alerts.of_subject(session, "p-1")[0].id


def test_many_steps_that_are_due_together_cost_little_more_than_what_they_say(session: Session, engine: Engine) -> None:
    """Counted, not timed: of each its audience, its notice and its line in the ledger."""
    a_house(session)
    for number in range(40):
        somebody_waits(session, subject=f"s-{number}")
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    fired = firing.fire_due(session, NOW + minutes(3), 100)
    session.commit()
    event.remove(engine, "before_cursor_execute", note)

    assert fired == 40
    assert len(ran) <= 40 * 3 + 15


def test_a_timer_that_cannot_be_fired_keeps_no_other_from_it(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    a_house(session)
    before, after = somebody_waits(session, subject="1"), somebody_waits(session, subject="2")
    timers.set_timer(session, timers.STEP, "of no alert", NOW + minutes(3))
    session.commit()

    assert firing.fire_due(session, NOW + minutes(3), 100) == 3
    session.commit()

    assert [told(session, each)[-1] for each in (before, after)] == [(1, CHARLIE)] * 2
    assert len(told(session, before)) == 3  # what was undone with the bad one is not told twice
    bad = session.scalars(select(Timer).where(Timer.subject == "of no alert")).one()
    assert bad.due_at == NOW + minutes(4)
    assert "could not be fired" in caplog.text


def test_many_workers_fire_each_timer_once(engine: Engine, session: Session) -> None:
    a_house(session)
    for number in range(60):
        somebody_waits(session, subject=f"s-{number}")
    together = Barrier(3)

    def work(_number: int) -> None:
        together.wait(10)
        while True:
            with Session(writing(engine)) as own, own.begin():
                if not firing.fire_due(own, NOW + minutes(3), 7):
                    return

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))

    fired = select(Notice.alert_id, func.count()).where(Notice.step == 1).group_by(Notice.alert_id)
    assert {count for _, count in session.execute(fired)} == {2}
    assert len(session.execute(fired).all()) == 60


def test_on_it_and_the_next_step_at_the_same_moment_never_both_win(engine: Engine, session: Session) -> None:
    a_house(session)
    for number in range(20):
        alert = somebody_waits(session, subject=f"s-{number}")
        together = Barrier(2)

        def act(is_worker: bool, together: Barrier = together, alert: int = alert) -> None:
            with Session(writing(engine)) as own:
                together.wait(10)
                with own.begin():
                    if is_worker:
                        firing.fire_due(own, NOW + minutes(3), 100)
                    else:
                        alerts.acknowledge(own, alert, CHARLIE, NOW + minutes(3))

        with ThreadPoolExecutor(2) as both:
            list(both.map(act, (True, False)))

        session.expire_all()
        assert {notice.state for notice in alerts.ledger(session, alert)} == {NoticeState.CANCELLED}
        assert session.scalar(select(Timer.id).where(Timer.what == timers.STEP, Timer.alert_id == alert)) is None
        session.commit()


def test_one_that_cannot_be_fired_does_not_stop_the_others(session: Session) -> None:
    a_house(session)
    alert = somebody_waits(session)
    timers.set_timer(session, "nobody knows what", "x", NOW)
    session.commit()

    pass_time(session, NOW + minutes(3))

    assert told(session, alert)[1:] == [(1, BOB), (1, CHARLIE)]
    assert session.scalar(select(Timer.due_at).where(Timer.subject == "x")) == NOW + minutes(4)
