"""Who gets a brief check-in that was completed at the kiosk: the queue, the on-duty greeter, or somebody named."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from intake_service import carrying
from intake_service.errors import InvalidRequest
from intake_service.queue_settings import QueueSettings
from notifications import roster


def taker(session: Session, site_id: int, decided: Mapping[str, Any], now: datetime) -> int | None:
    """The staff member, by the site's rule (`decided`: its queue settings); None: the queue.

    Nobody is on duty, or the one who is named works here no more: the queue, so that nobody waits for nobody.
    """
    settings = QueueSettings.model_validate(decided)
    if settings.brief_check_in == "queue":
        return None
    if settings.brief_check_in == "named":
        candidates = [] if settings.named is None else [settings.named]
    else:
        on_duty = roster.on_duty(session, site_id, now)
        candidates = [each for each in settings.greeters if each in on_duty]
    return next((each for each in candidates if _is_able(session, site_id, each)), None)


def _is_able(session: Session, site_id: int, staff_id: int) -> bool:
    try:
        carrying.require_able(session, site_id, staff_id)
    except InvalidRequest:
        return False
    return True
