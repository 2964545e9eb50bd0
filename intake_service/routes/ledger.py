"""Who was told of what, by what, and what came of it: for those who lead a site."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import rights
from intake_service.db import Reading
from intake_service.errors import NotFound
from intake_service.routes.at_sites import chosen_site, require_leader
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Reader
from intake_service.site_clock import local
from intake_service.tables import Site, Staff
from notifications import alerts
from notifications.tables import Alert, AlertKind

router = APIRouter(prefix="/alert-ledger")

_PAGE = 50


@router.get("")
def listed(
    request: Request, session: Reading, who: Reader, site: int | None = None, before: int | None = None
) -> Response:
    """A site's alerts, latest first."""
    require_leader(who)
    chosen = chosen_site(session, who, site)
    found = alerts.of_site(session, chosen.id, _PAGE, before)
    return console_page(
        request,
        session,
        who,
        "ledger.html",
        site=chosen,
        alerts=found,
        more=len(found) == _PAGE,
        names=_names(session),
        local=local,
        now_there=local(chosen, datetime.now(UTC)),
    )


@router.get("/{alert_id}")
def one(request: Request, session: Reading, who: Reader, alert_id: int) -> Response:
    """Every notice of an alert with its states and times, and what happened to the alert as a whole."""
    require_leader(who)
    alert = session.get(Alert, alert_id)
    is_listed = alert is not None and alert.kind != AlertKind.CONCERN  # those are read at /concerns
    if alert is None or not is_listed or alert.site_id not in rights.own_sites(session, who.staff):
        raise NotFound("There is no such alert at your sites.")
    return console_page(
        request,
        session,
        who,
        "ledger_alert.html",
        site=session.get_one(Site, alert.site_id),
        alert=alert,
        notices=alerts.ledger(session, alert_id),
        lines=alerts.lines(session, alert_id),
        names=_names(session),
        local=local,
    )


def _names(session: Session) -> dict[int, str]:
    return {member.id: member.name for member in session.execute(select(Staff.id, Staff.name))}
