"""Which action leads from which status to which, and by whom. The whole assignment workflow, in one table.

    status               actions that leave it or act in it
    Needs Assignment     assign -> Needs Intake; discharge; convert (see below)
    (all but Discharged) set when to call back; called back; call it off
    (all)                consent given; consent revoked; told to somebody outside; legal hold; erased -> Discharged
    Needs Intake         full intake done -> Active; transfer; set tier; discharge; staff removed -> Needs Reassignment
    Active               transfer; set tier; discharge; staff removed -> Needs Reassignment
    Needs Reassignment   assign -> the status held before; staff is back -> the same; discharge
    Discharged           reactivate -> Needs Assignment, or Needs Intake with a chosen staff member

Somebody carries (is the current primary staff member of) every participant who Needs Intake, and every Active one whose
pathway type has a caseload. What a walk-in tapped is a wish, so a kiosk's intake of any type waits in Needs Assignment;
what staff say holds: an intake that staff complete, or a conversion, to a type without a caseload makes the participant
Active with nobody; a conversion of those to a type with one puts them into Needs Assignment.

The verbs are in participants.py, assignments.py, removals.py, duplicates.py, consent_changes.py, erasure.py and
intakes.py; each goes through changes.py, which refuses what this table does not have, and rights.py, which refuses whom
it does not name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from intake_service.tables import Role
from shared_schema.intake import PathwayType, Status


class Action(StrEnum):
    """What happens to a participant's record. Values are what events say."""

    RECEIVE = "intake received"
    VIEW = "intake viewed"
    ASSIGN = "assigned"
    TRANSFER = "transferred"
    FULL_INTAKE_DONE = "full intake done"
    DISCHARGE = "discharged"
    REACTIVATE = "reactivated"
    CONVERT = "converted"
    SET_TIER = "tier set"
    SET_CALLBACK = "call back set"
    CALLED_BACK = "called back"
    CALL_OFF_CALLBACK = "call back called off"
    REMOVE_STAFF = "staff member removed"
    UNDO_REMOVAL = "staff member is back"
    JOIN = "joined"
    NOT_THE_SAME = "not the same"
    UNDO_DUPLICATE = "decision undone"
    AGREE = "consent given"
    REVOKE_CONSENT = "consent revoked"
    DISCLOSE = "told to somebody outside"
    MAKE_OWN_RECORD = "own record made"
    HOLD = "legal hold set"
    LIFT_HOLD = "legal hold lifted"
    ASK_ERASURE = "erasure asked"
    WITHDRAW_ERASURE = "erasure withdrawn"
    ERASE = "erased"
    MOVE_CONTACT_PERMISSION = "contact permission moved"


class Reach(IntEnum):
    """Whose participants an action reaches: nobody's, those one carries, all of one's sites (and those one carries)."""

    NOBODY = 0
    OWN = 1
    SITES = 2


@dataclass(frozen=True)
class Step:
    """One action: the statuses it leads from, each with those it may lead to; who may; whether a reason must be given.

    `done` is what others are told that somebody did.
    """

    leads: Mapping[Status, frozenset[Status]]
    may: Mapping[Role, Reach]
    done: str
    needs_reason: bool = False


_EVERYWHERE = (Role.ADMINISTRATOR, Role.SUPERVISOR)
_LEAD = dict.fromkeys(_EVERYWHERE, Reach.SITES)
_LEAD_OR_OWN = {**_LEAD, Role.PEER_SPECIALIST: Reach.OWN, Role.VOLUNTEER: Reach.OWN}
_ADMINISTRATORS = {Role.ADMINISTRATOR: Reach.SITES}

_WAITING = Status.NEEDS_ASSIGNMENT
_FIRST = Status.NEEDS_INTAKE
_ACTIVE = Status.ACTIVE
_AGAIN = Status.NEEDS_REASSIGNMENT
_GONE = Status.DISCHARGED


def _stays(*statuses: Status) -> dict[Status, frozenset[Status]]:
    return {status: frozenset({status}) for status in statuses}


def _here() -> dict[Status, frozenset[Status]]:
    """In every status of somebody who has not left."""
    return _stays(_WAITING, _FIRST, _ACTIVE, _AGAIN)


def _to(status: Status, *origins: Status) -> dict[Status, frozenset[Status]]:
    return dict.fromkeys(origins, frozenset({status}))


STEPS: Mapping[Action, Step] = {
    Action.VIEW: Step(_stays(*Status), _LEAD_OR_OWN, "looked at this intake"),
    Action.ASSIGN: Step(
        _to(_FIRST, _WAITING) | {_AGAIN: frozenset({_FIRST, _ACTIVE})}, _LEAD, "assigned this participant"
    ),
    Action.TRANSFER: Step(_stays(_FIRST, _ACTIVE), _LEAD, "transferred this participant", needs_reason=True),
    Action.FULL_INTAKE_DONE: Step(_to(_ACTIVE, _FIRST), _LEAD_OR_OWN, "marked the full intake as done"),
    Action.DISCHARGE: Step(
        _to(_GONE, _WAITING, _FIRST, _ACTIVE, _AGAIN),
        _LEAD_OR_OWN,
        "discharged this participant",
        needs_reason=True,
    ),
    Action.REACTIVATE: Step({_GONE: frozenset({_WAITING, _FIRST})}, _LEAD, "reactivated this participant"),
    Action.CONVERT: Step(
        {
            _WAITING: frozenset({_WAITING, _ACTIVE}),
            _FIRST: frozenset({_FIRST, _ACTIVE}),
            _ACTIVE: frozenset({_ACTIVE, _WAITING}),
            _AGAIN: frozenset({_AGAIN, _ACTIVE}),
            _GONE: frozenset({_GONE}),
        },
        _LEAD,
        "converted this participant's pathway",
        needs_reason=True,
    ),
    Action.SET_TIER: Step(_stays(_FIRST, _ACTIVE), _LEAD_OR_OWN, "set this participant's tier"),
    Action.SET_CALLBACK: Step(_here(), _LEAD_OR_OWN, "said when this participant is to be called"),
    Action.CALLED_BACK: Step(_here(), _LEAD_OR_OWN, "called this participant"),
    Action.CALL_OFF_CALLBACK: Step(_here(), _LEAD_OR_OWN, "called off the call to this participant"),
    Action.REMOVE_STAFF: Step(_to(_AGAIN, _FIRST, _ACTIVE), _LEAD, "removed the staff member"),
    Action.UNDO_REMOVAL: Step({_AGAIN: frozenset({_FIRST, _ACTIVE})}, _LEAD, "brought the staff member back"),
    Action.JOIN: Step(
        _stays(*Status) | {_GONE: frozenset({_GONE, _WAITING}), _ACTIVE: frozenset({_ACTIVE, _WAITING})},
        _LEAD,
        "joined this participant with another record",
    ),
    Action.NOT_THE_SAME: Step(_stays(*Status), _LEAD, "said that these are two people"),
    Action.UNDO_DUPLICATE: Step(
        _stays(*Status) | {_WAITING: frozenset({_WAITING, _GONE, _ACTIVE})},
        _LEAD,
        "undid the decision about two records",
    ),
    Action.AGREE: Step(_stays(*Status), _LEAD_OR_OWN, "wrote down that this participant agrees"),
    Action.REVOKE_CONSENT: Step(_stays(*Status), _LEAD_OR_OWN, "wrote down that this participant takes consent back"),
    Action.DISCLOSE: Step(_stays(*Status), _LEAD_OR_OWN, "wrote down that somebody outside was told"),
    Action.MAKE_OWN_RECORD: Step(_stays(*Status), _LEAD, "made a copy of this participant's record"),
    Action.HOLD: Step(_stays(*Status), _ADMINISTRATORS, "put this record on legal hold", needs_reason=True),
    Action.LIFT_HOLD: Step(_stays(*Status), _ADMINISTRATORS, "lifted the legal hold", needs_reason=True),
    Action.ASK_ERASURE: Step(_stays(*Status), _ADMINISTRATORS, "asked to have this record erased"),
    Action.WITHDRAW_ERASURE: Step(_stays(*Status), _ADMINISTRATORS, "took the erasure back"),
    Action.ERASE: Step(_to(_GONE, *Status), _ADMINISTRATORS, "erased this record"),
}
"""RECEIVE begins a record and MOVE_CONTACT_PERMISSION goes with another action, so neither is a step."""

WITH_CASELOAD = frozenset({PathwayType.COMPREHENSIVE, PathwayType.BRIEF_CHECK_IN})
"""The pathway types whose participants somebody carries."""

MAY_COMPLETE_INTAKES: frozenset[Role] = frozenset({*_EVERYWHERE, Role.PEER_SPECIALIST})
MAY_DECIDE_POLICY: frozenset[Role] = frozenset({Role.ADMINISTRATOR})

MAY_REMOVE: Mapping[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset(Role),
    Role.SUPERVISOR: frozenset({Role.PEER_SPECIALIST, Role.VOLUNTEER}),
}
"""Whom one may remove, and bring back."""
