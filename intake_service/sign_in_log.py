"""What happened at the door, each thing said in one place: who, to whom, when. Never what was typed."""

import logging
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from intake_service import audit
from intake_service.tables import Staff

_log = logging.getLogger(__name__)


class AtTheDoor(StrEnum):
    SIGNED_IN = "signed in"
    REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    PROVED_AGAIN = "proved again"
    SESSION_ENDED = "session ended"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 (words for the log)
    FACTOR_ADDED = "second factor added"
    FACTOR_REMOVED = "second factor removed"
    RECOVERY_CODES_MADE = "recovery codes made"
    RECOVERY_CODE_USED = "recovery code used"
    DIRECTORY_LINKED = "directory account linked"
    INVITED = "invited"
    RESET = "sign-in reset"
    LINK_USED = "one-time link used"
    RULES_CHANGED = "sign-in rules changed"


def happened(
    session: Session,
    what: AtTheDoor,
    now: datetime,
    about: Staff | None,
    by: Staff | None = None,
    how: str = "",
    states: tuple[dict[str, Any], dict[str, Any]] | None = None,
) -> None:
    """`about`: whose sign-in it is; None when the username is nobody's. `by`: who did it, themselves if None.

    `how`: such as "passkey". `states`: before and after. It is kept with the session's transaction.
    """
    actor = by or about
    before, after = states or (None, {"how": how} if how else None)
    audit.record(session, what, now, by=actor, to=about, before=before, after=after)
    _log.info("%s %s: staff %s, by %s", what, how, about.id if about else "-", actor.id if actor else "-")
