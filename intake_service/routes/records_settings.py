"""An administrator's page about a site's records: how long a consent holds, what is kept for how long, what is due."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from intake_service import records_settings, retention
from intake_service.db import Reading, Writing
from intake_service.records_settings import RecordsSettings
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Fresh, Reader, SignedIn
from intake_service.routes.sites import Fields, site_to_decide
from intake_service.tables import Site

router = APIRouter(prefix="/sites/{site_id}/records")

_LIMITS = "Months are a whole number from 1 to 240; leave it empty for no end."


@router.get("")
def one(request: Request, session: Reading, who: Reader, site_id: int, done: bool = False) -> Response:
    site = site_to_decide(session, who, site_id)
    fields = {name: str(months or "") for name, months in records_settings.of(site)}
    return _shown(request, session, who, site, fields, {}, done=done)


@router.post("")
def decide(request: Request, session: Writing, who: Fresh, site_id: int, fields: Fields) -> Response:
    """What is due by it is erased within a day, for good: hence the proof."""
    site = site_to_decide(session, who, site_id)
    given: dict[str, Any] = {name: fields.get(name, "").strip() or None for name in RecordsSettings.model_fields}
    try:
        decided = RecordsSettings.model_validate(given)
    except ValidationError as error:
        problems = {str(fault["loc"][0]): _LIMITS for fault in error.errors(include_input=False)}
        return _shown(request, session, who, site, fields, problems)
    records_settings.change(session, site, decided, who.staff, datetime.now(UTC))
    return RedirectResponse(f"/sites/{site_id}/records?done=true", 303)


def _shown(
    request: Request,
    session: Reading,
    who: SignedIn,
    site: Site,
    fields: dict[str, str],
    problems: dict[str, str],
    *,
    done: bool = False,
) -> Response:
    """The form, as it was typed."""
    return console_page(
        request,
        session,
        who,
        "records_settings.html",
        422 if problems else 200,
        site=site,
        fields=defaultdict(str, fields),
        problems=problems,
        due=retention.due(session, site, datetime.now(UTC)),
        done=done,
    )
