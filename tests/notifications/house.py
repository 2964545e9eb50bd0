"""Harbor House, made up: who works there by their ids, what has been sent to whom, and time that passes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import alerts, firing, outbox, roster, sites
from notifications.policy import Audience
from notifications.tables import AlertKind, Notice, NoticeState, Timer
from tests.notifications.devices import NOW, Device

HARBOR = 1
ALICE, BOB, CHARLIE, DANA = 1, 2, 3, 4
"""Alice supervises, Bob and Charlie are designated peer specialists, Dana administers."""
TIME_ZONE = "America/New_York"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def a_house(session: Session, *, on_duty: Sequence[int] = (BOB,), with_phones: Sequence[int] = (1, 2, 3, 4)) -> None:
    """Committed."""
    sites.keep_site(session, HARBOR, "Harbor House", TIME_ZONE)
    roles = {ALICE: Audience.SUPERVISORS, BOB: "", CHARLIE: "", DANA: Audience.ADMINISTRATORS}
    for staff_id, role in roles.items():
        sites.keep_staff(session, staff_id, "en", {HARBOR: role})
    for staff_id in (BOB, CHARLIE):
        roster.designate(session, HARBOR, staff_id, True)
    for staff_id in on_duty:
        roster.set_duty(session, HARBOR, staff_id, True, NOW)
    for staff_id in with_phones:
        Device().subscribe(session, staff_id, f"http://localhost/phone-of-{staff_id}")
    session.commit()


def somebody_waits(
    session: Session, kind: AlertKind = AlertKind.READY_FOR_ASSIGNMENT, now: datetime = NOW, subject: str = "7"
) -> int:
    """The alert's id. Committed."""
    alert_id = alerts.raise_alert(session, kind, HARBOR, "Harbor House", subject, f"/intakes/{subject}", None, now)
    session.commit()
    return alert_id


def pass_time(session: Session, until: datetime) -> None:
    """What is due by then is fired at once at that moment, as by a worker that was away. Committed."""
    while firing.fire_due(session, until, 100):
        session.commit()
    session.commit()


def live_through(session: Session, begin: datetime, until: datetime) -> None:
    """Every timer is fired when it is due, as by a worker that is there. Committed."""
    while (due := session.scalar(select(Timer.due_at).order_by(Timer.due_at).limit(1))) is not None and due <= until:
        firing.fire_due(session, max(due, begin), 100)
        session.commit()


def told(session: Session, alert_id: int) -> list[tuple[int, int | None]]:
    """Step and person of every notice that was not sent in vain, in order."""
    session.expire_all()
    return [
        (notice.step, notice.staff_id)
        for notice in alerts.ledger(session, alert_id)
        if notice.state != NoticeState.FAILED
    ]


def happened(session: Session, alert_id: int) -> list[str]:
    return [line.what for line in alerts.lines(session, alert_id)]


def arrive(session: Session, now: datetime = NOW) -> None:
    """Everything that is queued is accepted by its other side. Committed."""
    for claimed in outbox.claim(session, now, minutes(1), 1000):
        outbox.settle(session, claimed, outbox.Outcome(NoticeState.ACCEPTED), now)
    session.commit()


def says(session: Session, state: NoticeState) -> list[tuple[str, int | None]]:
    """What notices in this state say, and to whom."""
    session.expire_all()
    found = session.scalars(select(Notice).where(Notice.state == state).order_by(Notice.id))
    return [(notice.says, notice.staff_id) for notice in found]
