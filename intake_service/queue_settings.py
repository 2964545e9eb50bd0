"""What a site decides about its queue: when waiting is long, who gets brief check-ins, what matching goes by."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import update
from sqlalchemy.orm import Session

from intake_service import audit, carrying, rights
from intake_service.audit import Act
from intake_service.errors import InvalidRequest
from intake_service.tables import Site, Staff
from intake_service.telling import tell_site
from notifications.sites import WAITING_TOO_LONG
from shared_schema.intake import Frozen

Weight = Annotated[float, Field(ge=0, le=10)]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Share = Annotated[float, Field(ge=0, le=3)]

BriefCheckInRule = Literal["queue", "greeter", "named"]


class MatchingWeights(Frozen):
    """How much each thing counts when staff are ranked for a participant; 0: not at all."""

    on_duty: Weight = 4
    language: Weight = 5
    """Speaks the language that the participant asked for, sign language as well."""
    known: Weight = 4
    """Is the one whom the participant knows, by name."""
    asked_for: Weight = 3
    """Is a woman, or a man, as the participant asked, and has said so."""
    strength: Weight = 1
    """For each need that the participant named and that is a strength, up to three."""
    room: Weight = 4
    """Caseload against capacity: all of it with nobody, none when full, less when over."""


class TierWeights(Frozen):
    """What a participant weighs in a caseload, by tier; 1 before there is a tier, 0 without a caseload."""

    tier_1: Share = 1.0
    tier_2: Share = 0.6
    tier_3: Share = 0.3


class QueueSettings(Frozen):
    """`greeters`: staff in the order in which they get brief check-ins from the kiosk, the first who is on duty.

    `named`: who gets all of them. Waiting is long from `waiting_long` minutes on, and too long from `waiting_too_long`.
    """

    waiting_long: Minutes = 10
    waiting_too_long: Minutes = WAITING_TOO_LONG
    brief_check_in: BriefCheckInRule = "queue"
    greeters: tuple[int, ...] = Field(default=(), max_length=20)
    named: int | None = None
    weights: MatchingWeights = MatchingWeights()
    tiers: TierWeights = TierWeights()


def of(site: Site) -> QueueSettings:
    """What the site has decided; the defaults for the rest."""
    return QueueSettings.model_validate(site.queue_settings)


def change(session: Session, site: Site, settings: QueueSettings, by: Staff, now: datetime) -> None:
    """From now on the site's queue goes by these. An administrator's to decide.

    Raises NotFound, NotAllowed, and InvalidRequest for settings that do not fit together.
    """
    rights.require_policy(session, by, site.id)
    if settings.waiting_long > settings.waiting_too_long:
        raise InvalidRequest("Waiting is long before it is too long: the first number is the smaller one.")
    if settings.brief_check_in == "named" and settings.named is None:
        raise InvalidRequest("Name the staff member who gets the brief check-ins.")
    if settings.brief_check_in == "greeter" and not settings.greeters:
        raise InvalidRequest("Name at least one greeter.")
    for staff_id in {*settings.greeters, *([settings.named] if settings.named else [])}:
        carrying.require_able(session, site.id, staff_id)
    states = audit.differences(of(site).model_dump(mode="json"), settings.model_dump(mode="json"))
    audit.record(session, Act.QUEUE_SETTINGS_CHANGED, now, by=by, to=site, before=states[0], after=states[1])
    changed = settings.model_dump(mode="json", exclude_defaults=True)
    session.execute(
        update(Site)
        .where(Site.id == site.id)
        .values(queue_settings=changed)
        .execution_options(synchronize_session="fetch")
    )
    tell_site(session, site)
