"""What alerts need to know of sites and staff. The service tells it; policies are set here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from notifications import roster
from notifications.policy import Policy
from notifications.tables import AlertSite, Recipient, RosterEntry

WAITING_TOO_LONG = 20
"""Minutes until somebody waits too long, where a site has decided nothing else."""


@dataclass(frozen=True)
class Rules:
    """How a site is told."""

    policy: Policy
    time_zone: str = "UTC"
    waiting_too_long: int = WAITING_TOO_LONG

    def quiet_until(self, now: datetime, urgent: bool) -> datetime | None:
        """When the quiet ends that holds an alert back now; None when nothing does."""
        quiet = self.policy.quiet
        if quiet is None or (urgent and quiet.spares_urgent):
            return None
        return quiet.ends_after(now, self.time_zone)


_DEFAULT = Rules(Policy())
_RULES = select(AlertSite.time_zone, AlertSite.waiting_too_long, AlertSite.policy).where(
    AlertSite.site_id == bindparam("site_id")
)


def rules(session: Session, site_id: int) -> Rules:
    """The site's policy; the default one for a site that nothing is known of."""
    found = session.connection().execute(_RULES, {"site_id": site_id}).one_or_none()
    if found is None:
        return _DEFAULT
    policy = Policy.model_validate(found.policy) if found.policy else _DEFAULT.policy
    return Rules(policy, found.time_zone, found.waiting_too_long)


def name(session: Session, site_id: int) -> str:
    """What the site is called; empty when nothing is known of it."""
    return session.scalar(select(AlertSite.name).where(AlertSite.site_id == site_id)) or ""


def set_policy(session: Session, site_id: int, policy: Policy) -> None:
    """From now on; alerts that are being told already go on with the new one."""
    session.get_one(AlertSite, site_id).policy = policy.model_dump(mode="json", exclude_defaults=True)
    session.flush()


def keep_site(
    session: Session, site_id: int, called: str, time_zone: str, waiting_too_long: int = WAITING_TOO_LONG
) -> None:
    """The site is called so, its clocks go so, and so many minutes of waiting are too long."""
    found = session.get(AlertSite, site_id)
    if found is None:
        found = AlertSite(site_id=site_id, policy={})
        session.add(found)
    found.name, found.time_zone, found.waiting_too_long = called, time_zone, waiting_too_long
    session.flush()


def keep_staff(session: Session, staff_id: int, language: str, roles: Mapping[int, str]) -> None:
    """The staff member reads this language and belongs, by role, to these steps (by site) and to no others.

    Somebody who works nowhere any more has no roles; they are then designated nowhere and on duty nowhere.
    """
    found = session.get(Recipient, staff_id)
    if found is None:
        session.add(Recipient(staff_id=staff_id, language=language))
    else:
        found.language = language
    entries = {entry.site_id: entry for entry in roster.of_staff(session, staff_id)}
    for site_id, role in roles.items():
        if site_id not in entries and role:
            entries[site_id] = RosterEntry(site_id=site_id, staff_id=staff_id, designated=False, by_schedule="ask")
            session.add(entries[site_id])
    for site_id, entry in entries.items():
        entry.role = roles.get(site_id, "")
        if site_id not in roles:
            entry.designated, entry.step, entry.on_duty_since, entry.on_duty_until = False, None, None, None
    session.flush()
