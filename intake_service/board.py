"""How things stand at a site right now, in numbers: for a supervisor's glance, and safe to leave on a wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake_service import alerting, lists, matching, rights
from intake_service.errors import NotAllowed
from intake_service.joined_records import stands
from intake_service.lists import Filters, Listed
from intake_service.tables import Kiosk, Participant, Site, Staff
from notifications import alerts, roster
from shared_schema.intake import Status

KIOSK_HEARD_WITHIN = timedelta(minutes=3)
"""A kiosk says that it is there every minute: after three it is not."""


@dataclass(frozen=True)
class OnDuty:
    """`load` weighs the tiers, against `capacity`."""

    name: str
    load: float
    capacity: int


@dataclass(frozen=True)
class SiteBoard:
    """No participant's name is in it. `held`: sealed intakes that wait on kiosks; `refused`: those staff must look at.

    `waiting` and `to_reassign` stop counting at lists.MOST_COUNTED. `missed`: designated staff whom nothing can reach.
    """

    site: Site
    waiting: int
    urgent: int
    longest_since: datetime | None
    to_reassign: int
    on_duty: tuple[OnDuty, ...]
    missed: Sequence[str]
    unacknowledged: int
    kiosks: int
    kiosks_online: int
    held: int
    refused: int


def of(session: Session, member: Staff, now: datetime) -> Sequence[SiteBoard]:
    """The boards of the member's sites by name. Raises NotAllowed for who is no supervisor or administrator."""
    if not rights.sees_everybody(member):
        raise NotAllowed("The board is for supervisors and administrators.")
    sites = session.scalars(select(Site).where(Site.id.in_(rights.own_sites(session, member))).order_by(Site.name))
    return [_board(session, member, site, now) for site in sites]


def _board(session: Session, member: Staff, site: Site, now: datetime) -> SiteBoard:
    here = Filters(site_id=site.id)
    waits = (
        Participant.site_id == site.id,
        Participant.status == Status.NEEDS_ASSIGNMENT,
        stands(),
    )
    first = [
        session.scalar(
            select(Participant.waiting_since)
            .where(*waits, Participant.urgent.is_(urgent))
            .order_by(Participant.queue_number)
            .limit(1)
        )
        for urgent in (True, False)
    ]
    kiosks = session.execute(
        select(
            func.count(),
            func.count().filter(Kiosk.last_seen_at > now - KIOSK_HEARD_WITHIN),
            func.coalesce(func.sum(Kiosk.held), 0),
            func.coalesce(func.sum(Kiosk.refused), 0),
        ).where(Kiosk.site_id == site.id, Kiosk.enrolled_at.is_not(None), Kiosk.revoked_at.is_(None))
    ).one()
    return SiteBoard(
        site=site,
        waiting=lists.count(session, member, Listed.NEEDS_ASSIGNMENT, here),
        urgent=session.scalar(select(func.count()).where(*waits, Participant.urgent.is_(True))) or 0,
        longest_since=min((since for since in first if since), default=None),
        to_reassign=lists.count(session, member, Listed.NEEDS_REASSIGNMENT, here),
        on_duty=_on_duty(session, site, now),
        missed=alerting.missed_at(session, site.id, now),
        unacknowledged=alerts.open_at(session, site.id),
        kiosks=kiosks[0],
        kiosks_online=kiosks[1],
        held=int(kiosks[2]),
        refused=int(kiosks[3]),
    )


def _on_duty(session: Session, site: Site, now: datetime) -> tuple[OnDuty, ...]:
    loads = matching.loads(session, site)
    people = session.scalars(
        select(Staff).where(Staff.id.in_(roster.on_duty(session, site.id, now))).order_by(Staff.name)
    )
    return tuple(OnDuty(each.name, loads.get(each.id, (0, 0.0))[1], each.capacity) for each in people)
