"""What happened to a participant, told in sentences."""

from datetime import datetime

from intake_service.changes import time_at
from intake_service.tables import Event
from intake_service.workflow import Action


def told(event: Event) -> str:
    """One event as a sentence that begins with who did it. Every Action has its own."""
    who = event.staff.name if event.staff else "The service"
    to = event.to_staff.name if event.to_staff else ""
    before = event.from_staff.name if event.from_staff else ""
    sentences = {
        Action.RECEIVE: f"{who} completed a brief intake" if event.staff else "A brief intake came in from a kiosk",
        Action.VIEW: f"{who} looked at a brief intake",
        Action.ASSIGN: f"{who} assigned {to}",
        Action.TRANSFER: f"{who} transferred from {before} to {to}",
        Action.FULL_INTAKE_DONE: f"{who} marked the full intake as done",
        Action.DISCHARGE: f"{who} discharged{_off(before)}",
        Action.REACTIVATE: f"{who} reactivated" + (f" and assigned {to}" if to else ""),
        Action.CONVERT: f"{who} converted from {event.from_value} to {event.to_value}",
        Action.SET_TIER: f"{who} set tier {event.to_value}" + (f", it was {event.from_value}" * bool(event.from_value)),
        Action.SET_CALLBACK: f"{who} set a call back for {_when(event)}",
        Action.CALLED_BACK: f"{who} called back",
        Action.CALL_OFF_CALLBACK: f"{who} called off the call back",
        Action.REMOVE_STAFF: f"{who} removed {before or 'the staff member'}",
        Action.UNDO_REMOVAL: f"{who} brought {to or 'the staff member'} back",
        Action.JOIN: f"{who} joined two records of the same person",
        Action.NOT_THE_SAME: f"{who} said that these are two people",
        Action.UNDO_DUPLICATE: f"{who} undid the decision about two records",
        Action.AGREE: f"{who} wrote down that they agree to the use of their answers, told {event.to_value}",
        Action.REVOKE_CONSENT: f"{who} wrote down that they take their consent back, told {event.to_value}",
        Action.DISCLOSE: f"{who} wrote down that somebody outside was told something",
        Action.MAKE_OWN_RECORD: f"{who} made a copy of the whole record",
        Action.HOLD: f"{who} put this record on legal hold",
        Action.LIFT_HOLD: f"{who} lifted the legal hold",
        Action.ASK_ERASURE: f"{who} asked to have this record erased",
        Action.WITHDRAW_ERASURE: f"{who} took the erasure back",
        Action.ERASE: f"{who} erased this record",
        Action.MOVE_CONTACT_PERMISSION: "Contact permission moved",
    }
    return sentences[Action(event.action)]


def _when(event: Event) -> str:
    if event.action != Action.SET_CALLBACK or event.to_value is None:
        return ""
    return time_at(event.participant.site, datetime.fromisoformat(event.to_value), event.at)


def _off(before: str) -> str:
    return f", off {before}'s caseload" if before else ""
