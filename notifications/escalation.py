"""Telling the next one when nobody answers: a site's policy, step by step, until somebody says "I'm on it".

Whoever changes an alert deletes its timers first (`timers.drop_of_alerts`), which waits for a worker that fires one at
this moment; whoever fires a timer locks it, then the alert. So neither acts on what the other is about to change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from notifications import outbox, roster, sites, timers
from notifications.messages import STILL_YOURS
from notifications.policy import Audience, Policy, Step
from notifications.sites import Rules
from notifications.tables import Alert, AlertKind, ChannelKind, LedgerLine, Timer
from notifications.timers import Setting, set_timers

WORTH_TELLING = timedelta(minutes=30)  # later than that the console's queue tells the truth better than a push

ESCALATING = (AlertKind.READY_FOR_ASSIGNMENT, AlertKind.URGENT, AlertKind.CALLBACK_DUE)
"""Kinds that the policy's steps are for; each other kind has one audience."""

_OF_THE_SITE = {Audience.ON_DUTY, Audience.DESIGNATED}
_LEADERS = (Audience.SUPERVISORS, Audience.ADMINISTRATORS)

_ADD_LINE = insert(LedgerLine)


@dataclass(frozen=True)
class Matter:
    """What an alert is about, as far as telling it needs to know. `carrier`: whose a call is that is due.

    `alert`: itself, where it is at hand; it is then changed there, and written with others.
    """

    alert_id: int
    kind: str
    site_id: int
    carrier: int | None = None
    alert: Alert | None = None


def begin(session: Session, matter: Matter, rules: Rules, now: datetime) -> Setting:
    """Tell the first step that reaches somebody. In quiet hours: when they end. Returns the timer that goes on."""
    quiet = rules.quiet_until(now, matter.kind == AlertKind.URGENT)
    if quiet is not None:
        _remember(session, matter, clock=quiet)
        return _next_step(matter, 0, quiet)
    return _tell_from(session, matter, rules.policy, 0, now, now)


def fire_step(session: Session, timer: Timer, alert: Alert, rules: Rules, now: datetime) -> None:
    """The step that is due now, however late it is: those in between are past, and nobody needs them any more.

    The alert is locked, as its timer is.
    """
    if alert.acknowledged_at is not None or alert.closed_at is not None or alert.clock is None:
        session.delete(timer)
        return
    matter = Matter(alert.id, alert.kind, alert.site_id, timer.staff_id, alert)
    policy = rules.policy
    quiet = rules.quiet_until(now, alert.kind == AlertKind.URGENT)
    if quiet is not None:
        alert.clock = quiet - policy.due(timer.step)
        timer.due_at = quiet
    elif timer.step > policy.last:
        _nobody_came(session, alert, now)
        session.delete(timer)
    else:
        number = max(timer.step, policy.at(now - alert.clock))
        following = _tell_from(session, matter, policy, number, alert.clock, now)
        timer.due_at, timer.step = following.due_at, following.step


def wait_for_an_end(session: Session, alert_id: int, site_id: int, now: datetime) -> None:
    """Acknowledged: if it is neither assigned nor closed by the site's time, it comes back."""
    policy = sites.rules(session, site_id).policy
    due = now + timedelta(minutes=policy.comes_back_after)
    timers.set_timer(session, timers.COMES_BACK, str(alert_id), due, alert_id=alert_id)


def fire_comes_back(session: Session, timer: Timer, alert: Alert, rules: Rules, now: datetime) -> None:
    """First to the one who acknowledged; when that has no effect either, the alert is open again, one step further."""
    if alert.acknowledged_by is None or alert.closed_at is not None:
        session.delete(timer)
        return
    policy = rules.policy
    alert.deadline = now + WORTH_TELLING
    if timer.step == 0:
        says = alert.kind if alert.kind == AlertKind.CALLBACK_DUE else STILL_YOURS
        outbox.enqueue(session, alert.id, says, [alert.acknowledged_by], now, tuple(ChannelKind), alert.step)
        note(session, alert.id, "came_back", now, staff_id=alert.acknowledged_by)
        timer.step, timer.due_at = 1, now + timedelta(minutes=policy.goes_on_after)
        return
    session.delete(timer)
    note(session, alert.id, "taken_back", now, staff_id=alert.acknowledged_by)
    matter = Matter(alert.id, alert.kind, alert.site_id, alert.acknowledged_by, alert)
    alert.acknowledged_at = alert.acknowledged_by = None
    number = min(alert.step + 1, policy.last)
    session.flush()
    set_timers(session, [_tell_from(session, matter, policy, number, now - policy.due(number), now)])


def note(
    session: Session, alert_id: int, what: str, now: datetime, *, step: int | None = None, staff_id: int | None = None
) -> None:
    """A line in the alert's ledger."""
    values = {"alert_id": alert_id, "at": now, "what": what, "step": step, "staff_id": staff_id}
    session.connection().execute(_ADD_LINE, values)


def _tell_from(
    session: Session, matter: Matter, policy: Policy, number: int, clock: datetime, now: datetime
) -> Setting:
    """Tell this step; one that reaches nobody hands over to the next at once. The next one's time counts from then.

    Returns the timer of the next one.
    """
    while not _tell(session, matter, policy, number, now):
        note(session, matter.alert_id, "nobody", now, step=number)
        if number >= len(policy.steps) - 1:
            _nobody_came(session, matter.alert or session.get_one(Alert, matter.alert_id), now)
            break
        number += 1
        clock = now - policy.due(number)
    else:
        if number:
            note(session, matter.alert_id, "step", now, step=number)
    if number:  # an alert begins with what step 0 leaves
        _remember(session, matter, clock=clock, step=number, deadline=now + WORTH_TELLING)
    return _next_step(matter, number + 1, clock + policy.due(number + 1))


def _next_step(matter: Matter, number: int, due: datetime) -> Setting:
    return Setting(timers.STEP, str(matter.alert_id), due, matter.alert_id, number, staff_id=matter.carrier)


def _tell(session: Session, matter: Matter, policy: Policy, number: int, now: datetime) -> int:
    """How many notices went out."""
    step = policy.step(number)
    if matter.kind == AlertKind.CALLBACK_DUE:
        return _tell_of_a_call(session, matter, step, number, now)
    to = roster.devices_of_audience(session, matter.site_id, _who(step.who, matter.kind, number), now)
    return outbox.enqueue(
        session, matter.alert_id, matter.kind, list(to), now, step.channels, number, matter.site_id, to
    )


def _tell_of_a_call(session: Session, matter: Matter, step: Step, number: int, now: datetime) -> int:
    """Whoever carries the participant is told in the place of the site's other staff, who may not see who it is."""
    leaders = [who for who in step.who if who in _LEADERS]
    to = roster.audience(session, matter.site_id, leaders, now) if leaders else []
    if matter.carrier is not None and _OF_THE_SITE & set(step.who):
        to = [matter.carrier, *(each for each in to if each != matter.carrier)]
    return outbox.enqueue(session, matter.alert_id, matter.kind, to, now, step.channels, number)


def _who(who: Sequence[Audience], kind: str, number: int) -> Sequence[Audience]:
    """What is urgent is everybody's who is designated, from the beginning."""
    return (*who, Audience.DESIGNATED) if kind == AlertKind.URGENT and number == 0 else who


def _nobody_came(session: Session, alert: Alert, now: datetime) -> None:
    if alert.unanswered_since is None:
        alert.unanswered_since = now
        note(session, alert.id, "unanswered", now)
        session.flush()


def _remember(session: Session, matter: Matter, **values: object) -> None:
    if matter.alert is not None:
        for name, value in values.items():
            setattr(matter.alert, name, value)
        return
    session.execute(
        update(Alert).where(Alert.id == matter.alert_id).values(values).execution_options(synchronize_session="fetch")
    )
