"""What the organization has decided about signing in: when an unused session ends, who needs a second factor."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from intake_service import audit, rights
from intake_service.sign_in_log import AtTheDoor, happened
from intake_service.sign_in_tables import Organization
from intake_service.tables import Role, Staff
from shared_schema.intake import Frozen

SHORTEST_IDLE, LONGEST_IDLE = 5, 60  # minutes


class SecondFactorFor(StrEnum):
    LEADERS = "leaders"
    EVERYBODY = "everybody"
    NOBODY = "nobody"


_LEADERS = {Role.ADMINISTRATOR, Role.SUPERVISOR}


class SignInRules(Frozen):
    """A session keeps the rules that it began with."""

    idle_minutes: Annotated[int, Field(ge=SHORTEST_IDLE, le=LONGEST_IDLE)] = 15
    second_factor: SecondFactorFor = SecondFactorFor.LEADERS

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    def need_second_factor(self, member: Staff) -> bool:
        if self.second_factor is SecondFactorFor.LEADERS:
            return member.role in _LEADERS
        return self.second_factor is SecondFactorFor.EVERYBODY


def current(session: Session) -> SignInRules:
    organization = session.get(Organization, 1)
    return SignInRules.model_validate(organization.sign_in_rules) if organization else SignInRules()


def are_decided(session: Session) -> bool:
    """Whether anybody has changed them."""
    return session.get(Organization, 1) is not None


def change(session: Session, rules: SignInRules, by: Staff, now: datetime) -> None:
    """For every session that begins from now on. Raises NotAllowed for who is not an administrator."""
    rights.require_every_policy(by)
    before = current(session)
    put(session, rules)
    was_changed(session, before, rules, by, now)


def was_changed(session: Session, before: SignInRules, after: SignInRules, by: Staff | None, now: datetime) -> None:
    states = audit.differences(before.model_dump(mode="json"), after.model_dump(mode="json"))
    happened(session, AtTheDoor.RULES_CHANGED, now, None, by, states=states)


def put(session: Session, rules: SignInRules) -> None:
    """By whoever sets the organization up."""
    session.merge(Organization(id=1, sign_in_rules=rules.model_dump(mode="json", exclude_defaults=True)))
    session.flush()
