"""May this person do this to this participant? Asked by every verb, from workflow.py's table."""

from collections.abc import Set as AbstractSet

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import staff
from intake_service.errors import NotAllowed, NotFound
from intake_service.tables import Assignment, Participant, Role, Staff
from intake_service.workflow import (
    MAY_COMPLETE_INTAKES,
    MAY_DECIDE_POLICY,
    MAY_REMOVE,
    STEPS,
    Action,
    Reach,
)
from notifications import roster
from shared_schema.intake import Status

_NO_PARTICIPANT = "There is no such participant at your sites."
_NOT_YOURS = "A supervisor or an administrator does this. Ask one of them."


def may(session: Session, member: Staff, action: Action, participant: Participant) -> bool:
    """For pages that offer what is allowed; the verbs ask `require`."""
    return _reaches(session, member, STEPS[action].may.get(Role(member.role), Reach.NOBODY), participant)


def require(session: Session, member: Staff, action: Action, participant: Participant | None) -> Participant:
    """The participant. Raises NotFound for who may not even see it, NotAllowed for who sees it and may not do this."""
    if participant is None or not may_see(session, member, participant):
        raise NotFound(_NO_PARTICIPANT)
    if action is not Action.VIEW and not may(session, member, action, participant):
        raise NotAllowed(_NOT_YOURS)
    return participant


def may_see(session: Session, member: Staff, participant: Participant) -> bool:
    """Supervisors and administrators see their sites, everybody whom they carry, designated staff who waits."""
    if participant.erased_at is not None:
        return False
    if may(session, member, Action.VIEW, participant):
        return True
    return participant.status == Status.NEEDS_ASSIGNMENT and participant.site_id in sites_of_queue(session, member)


def sites_of_queue(session: Session, member: Staff) -> frozenset[int]:
    """Where the member sees Needs Assignment: all of one's sites, or those that one is designated at."""
    sites = own_sites(session, member)
    if sees_everybody(member):
        return sites
    return sites & {entry.site_id for entry in roster.of_staff(session, member.id) if entry.designated}


def own_sites(session: Session, member: Staff) -> frozenset[int]:
    """Where the member may act: nowhere once they were removed, even should a page of theirs still be open."""
    return frozenset(site.id for site in staff.sites_of(session, member)) if member.active else frozenset()


def sees_everybody(member: Staff) -> bool:
    """Whether the Participants tab with its lists and its search is this person's."""
    return STEPS[Action.VIEW].may.get(Role(member.role)) is Reach.SITES


def require_completing_intakes(session: Session, member: Staff, site_id: int) -> None:
    """Raises NotFound for another site, NotAllowed for volunteers."""
    if site_id not in own_sites(session, member):
        raise NotFound("That is not one of your sites.")
    if member.role not in MAY_COMPLETE_INTAKES:
        raise NotAllowed("Volunteers do not complete brief intakes. Ask a colleague.")


def require_policy(session: Session, member: Staff, site_id: int) -> None:
    """Raises NotFound for another site, NotAllowed for who is not an administrator."""
    if site_id not in own_sites(session, member):
        raise NotFound("That is not one of your sites.")
    require_every_policy(member)


def may_decide_policy(member: Staff) -> bool:
    """For pages that offer it."""
    return member.role in MAY_DECIDE_POLICY


def require_every_policy(member: Staff) -> None:
    """Raises NotAllowed for who is not an administrator."""
    if not may_decide_policy(member):
        raise NotAllowed("An administrator decides this.")


def require_removing(session: Session, member: Staff, leaving: Staff | None) -> Staff:
    """The staff member to remove or to bring back. Somebody who was removed themselves shares no site with anybody.

    Raises NotFound when they share no site, NotAllowed for oneself, for a role that one may not remove, and for
    somebody who also works at a site of which one is not: an administrator does that.
    """
    sites = own_sites(session, member)
    works_at = {site.id for site in leaving.sites} if leaving else set()
    decides_for_all = member.active and member.role == Role.ADMINISTRATOR
    if leaving is None or not (works_at & sites or decides_for_all):
        raise NotFound("There is no such staff member at your sites.")
    if leaving.id == member.id:
        raise NotAllowed("Nobody removes themselves. Ask an administrator.")
    if leaving.role not in _removable(member) or not (works_at <= sites or decides_for_all):
        raise NotAllowed("An administrator removes this person.")
    return leaving


def may_remove(session: Session, member: Staff, leaving: Staff) -> bool:
    """For pages that offer it."""
    try:
        require_removing(session, member, leaving)
    except (NotAllowed, NotFound):
        return False
    return True


def _removable(member: Staff) -> AbstractSet[Role]:
    return MAY_REMOVE.get(Role(member.role), frozenset())


def _reaches(session: Session, member: Staff, reach: Reach, participant: Participant) -> bool:
    if reach is Reach.NOBODY or not member.active or participant.erased_at is not None:
        return False
    if reach is Reach.SITES and participant.site_id in own_sites(session, member):
        return True
    carried = select(Assignment.id).where(
        Assignment.participant_id == participant.id,
        Assignment.staff_id == member.id,
        Assignment.ended_at.is_(None),
    )
    return session.scalar(carried) is not None
