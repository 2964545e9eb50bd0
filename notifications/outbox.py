"""The delivery ledger that workers share: enqueue with the cause, claim with a lease, settle with what came of it.

A row is marked as being sent before it is sent. When a worker dies its lease runs out and the notice is sent again with
the same tag and token: at least once on the wire, once for the person.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from notifications.db import Base
from notifications.encrypted import Locked
from notifications.messages import Message
from notifications.signals import OUTBOX, signal
from notifications.tables import Alert, Channel, ChannelKind, Notice, NoticeState, PushSubscription, Recipient

NO_DEVICE = "no device has alerts turned on"
_PENDING = (NoticeState.QUEUED, NoticeState.SENDING)
_PUSH = (ChannelKind.WEB_PUSH,)

# Statements of an intake's way are built once: building them costs more than running them.
_NOTICE = Base.metadata.tables[Notice.__tablename__]
_ADD = insert(Notice)
_DEVICES = (
    select(PushSubscription.staff_id, PushSubscription.id)
    .where(PushSubscription.staff_id.in_(bindparam("to", expanding=True)))
    .order_by(PushSubscription.id)
)


@dataclass(frozen=True)
class Target:
    """One device or address of one person, or a site's address (`staff_id` is None)."""

    staff_id: int | None
    kind: str
    subscription_id: int | None = None
    channel_id: int | None = None


@dataclass(frozen=True)
class Claimed:
    """A notice that this worker may send until `leased_until`. Without device or channel it was removed meanwhile.

    `endpoint` is None for a device whose address cannot be read with the keys that are here.
    """

    notice_id: int
    leased_until: datetime
    attempts: int
    deadline: datetime
    message: Message
    subscription_id: int | None
    endpoint: str | None
    p256dh: str
    auth: str
    vapid_key_id: str = ""
    channel_id: int | None = None
    is_failing: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a send: the new state, why, and when to try again if it is queued once more.

    `attempted`: false when it was put back without a try, which must not count for the next one's wait.
    """

    state: NoticeState
    failure: str | None = None
    next_try_at: datetime | None = None
    attempted: bool = True


_ACCEPTED = Outcome(NoticeState.ACCEPTED)
_ACCEPT = (
    update(_NOTICE)
    .where(
        _NOTICE.c.id == bindparam("its"),
        _NOTICE.c.state == NoticeState.SENDING,
        _NOTICE.c.leased_until == bindparam("lease"),
    )
    .values(state=NoticeState.ACCEPTED, failure=None, leased_until=None, accepted_at=bindparam("at"))
)


def enqueue(
    session: Session,
    alert_id: int,
    says: str,
    to: Sequence[int],
    now: datetime,
    channels: Sequence[str] = _PUSH,
    step: int = 0,
    site_id: int | None = None,
    devices: Mapping[int, Sequence[int]] | None = None,
) -> int:
    """Notices to each person's devices and addresses of these kinds; how many there are.

    Somebody with none of these kinds is told by what they have, and somebody with nothing gets a line that says so.
    `site_id`: that site's own addresses as well. `devices`: everybody's subscriptions, by person, when they are known.
    """
    targets = _targets(session, to, channels, site_id, devices)
    reached = {target.staff_id for target in targets}
    nobody = [Target(staff_id, channels[0]) for staff_id in to if staff_id not in reached]
    put(session, alert_id, says, [*targets, *nobody], now, step)
    return len(targets)


def put(session: Session, alert_id: int, says: str, targets: Sequence[Target], now: datetime, step: int = 0) -> None:
    """One notice per target."""
    rows = [
        {
            "alert_id": alert_id,
            "staff_id": target.staff_id,
            "says": says,
            "step": step,
            "channel": target.kind,
            "subscription_id": target.subscription_id,
            "channel_id": target.channel_id,
            "token": secrets.token_urlsafe(24),
            "state": NoticeState.QUEUED if target.subscription_id or target.channel_id else NoticeState.FAILED,
            "failure": None if target.subscription_id or target.channel_id else NO_DEVICE,
            "ended_at": None if target.subscription_id or target.channel_id else now,
            "next_try_at": now,
            "queued_at": now,
        }
        for target in targets
    ]
    if rows:
        session.connection().execute(_ADD, rows)
        signal(session, OUTBOX)


def claim(session: Session, now: datetime, lease: timedelta, limit: int) -> list[Claimed]:
    """Take up to `limit` notices that are due, oldest first, marked as being sent. Overdue ones expire.

    Workers never get the same row: PostgreSQL skips locked rows, and SQLite's session holds the write lock from its
    beginning (`db.writing`).
    """
    due = or_(
        and_(Notice.state == NoticeState.QUEUED, Notice.next_try_at <= now),
        and_(Notice.state == NoticeState.SENDING, Notice.leased_until < now),
    )
    ids = session.scalars(
        select(Notice.id).where(due).order_by(Notice.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    leased_until = now + lease
    rows = session.execute(
        select(Notice, Alert, PushSubscription, Channel, Recipient.language)
        .join(Alert, Alert.id == Notice.alert_id)
        .outerjoin(PushSubscription, PushSubscription.id == Notice.subscription_id)
        .outerjoin(Channel, Channel.id == Notice.channel_id)
        .outerjoin(Recipient, Recipient.staff_id == Notice.staff_id)
        .where(Notice.id.in_(ids))
        .order_by(Notice.id)
    )
    reaches = _reaches(session, ids)
    claimed = []
    for notice, alert, subscription, channel, language in rows:
        if alert.deadline <= now:
            notice.state = NoticeState.EXPIRED
            notice.ended_at = now
            notice.failure = "too late: nobody could be reached in time"
            continue
        notice.state = NoticeState.SENDING
        notice.sent_at = now
        notice.leased_until = leased_until
        notice.attempts += 1
        reach = reaches.get(subscription.id) if subscription else None
        claimed.append(_claimed(notice, alert, subscription, reach, channel, language or "en"))
    session.flush()
    return claimed


def next_due(session: Session) -> datetime | None:
    """When the next notice is to be sent, or given up on by a worker that died; None when there is none."""
    queued = session.scalar(select(func.min(Notice.next_try_at)).where(Notice.state == NoticeState.QUEUED))
    leased = session.scalar(select(func.min(Notice.leased_until)).where(Notice.state == NoticeState.SENDING))
    return min((each for each in (queued, leased) if each is not None), default=None)


def settle_all(session: Session, landed: Sequence[tuple[Claimed, Outcome, datetime]]) -> None:
    """The same for many, each at its own time; those that were accepted in one go."""
    accepted = [
        {"its": claimed.notice_id, "lease": claimed.leased_until, "at": at}
        for claimed, outcome, at in landed
        if outcome == _ACCEPTED
    ]
    if accepted:
        session.connection().execute(_ACCEPT, accepted)
    for claimed, outcome, at in landed:
        if outcome != _ACCEPTED:
            settle(session, claimed, outcome, at)


def settle(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write what came of a send. False: the notice is no longer ours (cancelled, lease ran out); nothing is written."""
    values: dict[str, Any] = {"state": outcome.state, "failure": outcome.failure, "leased_until": None}
    if outcome.state is NoticeState.ACCEPTED:
        values["accepted_at"] = now
    if outcome.state is NoticeState.FAILED:
        values["ended_at"] = now
    if not outcome.attempted:
        values["attempts"] = Notice.attempts - 1
    if outcome.next_try_at is not None:
        values["next_try_at"] = outcome.next_try_at
    changed = session.execute(
        update(Notice)
        .where(
            Notice.id == claimed.notice_id,
            Notice.state == NoticeState.SENDING,
            Notice.leased_until == claimed.leased_until,
        )
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", changed).rowcount == 1


def cancel_pending(session: Session, alert_ids: Sequence[int], now: datetime, but: str = "") -> None:
    """Nobody else needs to be told: what was not sent yet will not be. `but`: what these notices say is still so."""
    session.execute(
        update(Notice)
        .where(Notice.alert_id.in_(alert_ids), Notice.state.in_(_PENDING), Notice.says != but)
        .values(state=NoticeState.CANCELLED, leased_until=None, ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _targets(
    session: Session,
    to: Sequence[int],
    channels: Sequence[str],
    site_id: int | None,
    devices: Mapping[int, Sequence[int]] | None,
) -> list[Target]:
    """Addresses are looked up only where they are asked for, or where a person has nothing else."""
    found: list[Target] = []
    if ChannelKind.WEB_PUSH in channels:
        found += _devices(session, to, devices)
    others = [kind for kind in channels if kind != ChannelKind.WEB_PUSH]
    if others:
        found += _addresses(session, Channel.staff_id.in_(to), Channel.kind.in_(others))
        if site_id is not None:
            own = Channel.staff_id.is_(None) & (Channel.site_id == site_id)
            found += _addresses(session, own, Channel.kind.in_(others))
    if missing := _without(to, found):
        found += _addresses(session, Channel.staff_id.in_(missing))
    if ChannelKind.WEB_PUSH not in channels and (missing := _without(to, found)):
        found += _devices(session, missing, devices)
    return found


def _without(to: Sequence[int], found: Sequence[Target]) -> list[int]:
    reached = {target.staff_id for target in found}
    return [staff_id for staff_id in to if staff_id not in reached]


def _devices(session: Session, to: Sequence[int], known: Mapping[int, Sequence[int]] | None = None) -> list[Target]:
    if known is not None:
        pairs = sorted(((each, device) for each in to for device in known[each]), key=lambda pair: pair[1])
    else:
        rows = session.connection().execute(_DEVICES, {"to": list(to)})
        pairs = [(staff_id, device) for staff_id, device in rows]
    return [Target(staff_id, ChannelKind.WEB_PUSH, subscription_id=device) for staff_id, device in pairs]


def _addresses(session: Session, *conditions: Any) -> list[Target]:
    confirmed = select(Channel.staff_id, Channel.kind, Channel.id).where(Channel.confirmed_at.is_not(None), *conditions)
    return [
        Target(staff_id, kind, channel_id=channel_id)
        for staff_id, kind, channel_id in session.execute(confirmed.order_by(Channel.id))
    ]


@dataclass(frozen=True)
class _Reach:
    endpoint: str
    p256dh: str
    auth: str


def _reaches(session: Session, notice_ids: Sequence[int]) -> dict[int, _Reach]:
    """How the devices of these notices are reached, by subscription; without those that cannot be read.

    One that was damaged, or written with a key that is not here, must not stop the others.
    """
    its = select(Notice.subscription_id).where(Notice.id.in_(notice_ids))
    query = select(PushSubscription.id, PushSubscription.endpoint, PushSubscription.p256dh, PushSubscription.auth)
    try:
        rows = session.execute(query.where(PushSubscription.id.in_(its))).all()
    except Locked:
        rows = []
        for each in session.scalars(select(PushSubscription.id).where(PushSubscription.id.in_(its))).all():
            with suppress(Locked):
                rows += session.execute(query.where(PushSubscription.id == each)).all()
    return {subscription_id: _Reach(*reach) for subscription_id, *reach in rows}


def _claimed(
    notice: Notice,
    alert: Alert,
    subscription: PushSubscription | None,
    reach: _Reach | None,
    channel: Channel | None,
    language: str,
) -> Claimed:
    assert notice.leased_until is not None  # noqa: S101  (set by the caller)
    return Claimed(
        notice_id=notice.id,
        leased_until=notice.leased_until,
        attempts=notice.attempts,
        deadline=alert.deadline,
        message=Message(
            says=notice.says,
            site_name=alert.site_name,
            alert_id=alert.id,
            path=alert.path,
            token=notice.token,
            language=language,
            count=alert.count,
            code=(channel.code if channel else None) or "",
        ),
        subscription_id=subscription.id if subscription else None,
        endpoint=reach.endpoint if reach else None,
        p256dh=reach.p256dh if reach else "",
        auth=reach.auth if reach else "",
        vapid_key_id=subscription.vapid_key_id if subscription else "",
        channel_id=channel.id if channel else None,
        is_failing=channel is not None and channel.failing_since is not None,
    )
