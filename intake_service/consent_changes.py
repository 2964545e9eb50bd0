"""What a participant tells staff about the use of their answers: they agree, or they take it back. It counts at once.

Revoking needs no form and no reason, and whoever works with the participant may write it down: it is to be as easy as
agreeing was. What was done in reliance on the consent before stays done (42 CFR 2.31).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from intake_service import carrying, changes, consents, contact_permission
from intake_service.changes import Change
from intake_service.consents import TOLD_TO_STAFF, ConsentState, How
from intake_service.errors import InvalidRequest
from intake_service.records_tables import ConsentSaid
from intake_service.tables import Staff
from intake_service.workflow import Action
from shared_schema.form import load_form
from shared_schema.intake import Status


def agree(
    session: Session,
    participant_id: UUID,
    how: How,
    language: str,
    by: Staff,
    now: datetime,
    until: datetime | None = None,
    seen: int | None = None,
) -> None:
    """They agree, having read or heard the newest form's words in this language; until a date, if they named one.

    Whoever carries them may contact them again. Raises NotFound, NotAllowed, InvalidRequest, Conflict.
    """
    if language not in load_form().texts:
        raise InvalidRequest("Choose the language in which they read or heard it.")
    if until is not None and until <= now:
        raise InvalidRequest("Choose a day from tomorrow on, or none.")
    _say(session, participant_id, Change(Action.AGREE, by, now, to_value=how, seen=seen), language, until)


def revoke(
    session: Session,
    participant_id: UUID,
    how: How,
    by: Staff,
    now: datetime,
    reason: str | None = None,
    seen: int | None = None,
) -> None:
    """They take it back: the record says so from now on, and nobody may contact them.

    Raises NotFound, NotAllowed, InvalidRequest when there is nothing to take back, Conflict.
    """
    _say(session, participant_id, Change(Action.REVOKE_CONSENT, by, now, reason, to_value=how, seen=seen))


def _say(
    session: Session, participant_id: UUID, change: Change, language: str | None = None, until: datetime | None = None
) -> None:
    if change.to_value not in TOLD_TO_STAFF:
        raise InvalidRequest("Choose how they told it.")
    participant = changes.begin(session, participant_id, change)
    if participant is None:
        return
    before = consents.standing(session, participant, change.now)
    agreed = change.action is Action.AGREE
    if not agreed and before is not None and before.state in {ConsentState.REVOKED, ConsentState.DECLINED}:
        raise InvalidRequest("There is no consent to take back: they have said no already.")
    changes.swap(session, participant, change, Status(participant.status))
    form = load_form()
    session.add(
        ConsentSaid(
            participant_id=participant.id,
            at=change.now,
            agreed=agreed,
            how=change.to_value,
            form_name=form.name,
            form_version=form.version,
            language=language or participant.language,
            until=until,
            recorded_by=change.by.id,
        )
    )
    session.flush()
    carrier = carrying.current(session, participant.id)
    holder = None if carrier is None else carrier.staff_id
    contact_permission.follow(session, participant.id, holder, change.by.id, change.now)
