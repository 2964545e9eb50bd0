"""Addresses beside web push, a person's own or a site's: set, tested by a code that must come back, then counted."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifications import alerts, outbox, sites
from notifications.other_channels import BadAddress, OtherChannels
from notifications.tables import AlertKind, Channel, PushSubscription

_MOST = 10  # of one person, or of one site
_TRIES = 5
_CODE_VALID = timedelta(minutes=30)


class WrongCode(Exception):
    """The code is wrong, too old, or was tried too often. Says what to do."""


@dataclass(frozen=True)
class Reach:
    """By what somebody can be told: devices that work, and kinds of confirmed addresses."""

    devices: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def is_reachable(self) -> bool:
        return bool(self.devices or self.kinds)


def add(
    session: Session,
    door: OtherChannels,
    address: str,
    name: str,
    now: datetime,
    *,
    staff_id: int | None = None,
    site_id: int | None = None,
) -> Channel:
    """A person's own address, or with `site_id` alone a site's. It does not count yet. Raises BadAddress."""
    address = address.strip()
    kind = door.kind_of(address)
    if len(_of(session, staff_id, site_id)) >= _MOST:
        raise BadAddress(f"There are {_MOST} addresses already. Remove one first.")
    channel = Channel(
        staff_id=staff_id,
        site_id=site_id,
        kind=kind,
        name=name.strip()[:80] or kind.value,
        address=address,
        created_at=now,
    )
    session.add(channel)
    session.flush()
    return channel


def test(session: Session, channel: Channel, public_name: str, now: datetime) -> None:
    """Send a code to the address; whoever reads it there types it in."""
    channel.code = f"{secrets.randbelow(10**6):06}"
    channel.code_sent_at, channel.wrong_codes = now, 0
    session.flush()
    name = sites.name(session, channel.site_id) if channel.site_id else public_name
    subject = f"channel-{channel.id}"
    alert_id = alerts.raise_alert(
        session, AlertKind.CHANNEL_TEST, channel.site_id or 0, name, subject, "/channels", [], now
    )
    target = outbox.Target(channel.staff_id, channel.kind, channel_id=channel.id)
    outbox.put(session, alert_id, AlertKind.CHANNEL_TEST, [target], now)


def confirm(session: Session, channel: Channel, code: str, now: datetime) -> None:
    """The code came back: the address counts from now on. Raises WrongCode; commit all the same, tries are counted."""
    sent_at = channel.code_sent_at
    if channel.code is None or sent_at is None or now > sent_at + _CODE_VALID or channel.wrong_codes >= _TRIES:
        raise WrongCode("That code is too old, or was tried too often. Send a new test.")
    if not secrets.compare_digest(channel.code.encode(), code.strip().encode()):
        channel.wrong_codes += 1
        session.flush()
        raise WrongCode("That is not the code that was sent. Look again, or send a new test.")
    channel.code, channel.confirmed_at, channel.failing_since = None, now, None
    session.flush()


def remove(session: Session, channel: Channel) -> None:
    session.execute(delete(Channel).where(Channel.id == channel.id))


def remove_all(session: Session, staff_id: int) -> None:
    """Forget every address of a person's own."""
    session.execute(delete(Channel).where(Channel.staff_id == staff_id))


def of_staff(session: Session, staff_id: int) -> Sequence[Channel]:
    return _of(session, staff_id, None)


def of_site(session: Session, site_id: int) -> Sequence[Channel]:
    """The addresses that belong to a site and to nobody in particular."""
    return _of(session, None, site_id)


def reach(session: Session, staff_ids: Sequence[int]) -> dict[int, Reach]:
    """By what each of them can be told at this moment. What was refused, or was never confirmed, does not count."""
    devices: dict[int, int] = {}
    for staff_id in session.scalars(
        select(PushSubscription.staff_id).where(
            PushSubscription.staff_id.in_(staff_ids), PushSubscription.suspect_since.is_(None)
        )
    ):
        devices[staff_id] = devices.get(staff_id, 0) + 1
    kinds: dict[int, list[str]] = {}
    confirmed = select(Channel.staff_id, Channel.kind).where(
        Channel.staff_id.in_(staff_ids), Channel.confirmed_at.is_not(None), Channel.failing_since.is_(None)
    )
    for owner, kind in session.execute(confirmed.order_by(Channel.id)):
        if kind not in kinds.setdefault(owner or 0, []):
            kinds[owner or 0].append(kind)
    return {each: Reach(devices.get(each, 0), tuple(kinds.get(each, ()))) for each in staff_ids}


def _of(session: Session, staff_id: int | None, site_id: int | None) -> Sequence[Channel]:
    if staff_id is not None:
        query = select(Channel).where(Channel.staff_id == staff_id)
    else:
        query = select(Channel).where(Channel.staff_id.is_(None), Channel.site_id == site_id)
    return session.scalars(query.order_by(Channel.id)).all()
