"""Who saw, changed and tried what: searched, and taken along as a file, by administrators alone. Both are kept too."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from intake_service import audit, audit_export, audit_search, rights, staff
from intake_service.audit import Act, Kind
from intake_service.audit_search import KIOSK, SERVICE, Found, Names, Place, Sought
from intake_service.db import Writing
from intake_service.errors import NotFound
from intake_service.routes.description import answers_with
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import FreshViewer, SignedIn, Viewer
from intake_service.routes.story import told
from intake_service.sign_in_log import AtTheDoor
from intake_service.site_clock import local, zone_of
from intake_service.tables import Site, Staff
from intake_service.workflow import Action

router = APIRouter(prefix="/audit")

_ACTIONS: dict[str, list[StrEnum]] = {
    "Participants": list(Action),
    "Signing in": list(AtTheDoor),
    "Everything else": list(Act),
}
_KNOWN = {str(action) for actions in _ACTIONS.values() for action in actions}
_FILES = {"csv": ("text/csv", audit_export.as_csv), "jsonl": ("application/jsonl", audit_export.as_json_lines)}


@dataclass(frozen=True)
class Asked:
    """What an address asks for, as it was written; what makes no sense there is left out."""

    who: str = ""
    whom: str = ""
    action: str = ""
    site: str = ""
    since: str = ""
    until: str = ""
    after: str = ""

    def query(self, **other: str) -> str:
        """The address's query for the same, but for what is named, from the first page on."""
        said = {**self.__dict__, "after": "", **other}
        kept = {name: value for name, value in said.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.query())


def _asked(
    who: str = "",
    whom: str = "",
    action: str = "",
    site: str = "",
    since: str = "",
    until: str = "",
    after: str = "",
) -> Asked:
    return Asked(
        who=who if who in {KIOSK, SERVICE} or _number(who) else "",
        whom=whom if _whom(whom) else "",
        action=action if action in _KNOWN else "",
        site=site if _number(site) else "",
        since=since if _day(since) else "",
        until=until if _day(until) else "",
        after=after if _place(after) else "",
    )


Wanted = Annotated[Asked, Depends(_asked)]


@router.get("")
def search(request: Request, session: Writing, who: Viewer, asked: Wanted) -> Response:
    """A look that is kept, with what was asked for."""
    rights.require_every_policy(who.staff)
    sites = staff.sites_of(session, who.staff)
    sought = _sought(asked, sites)
    rows, after = audit_search.find(session, who.staff, sought, _place(asked.after))
    names = audit_search.names_in(session, rows, sought.whom)
    _keep(session, Act.AUDIT_SEARCHED, who, asked)
    return console_page(
        request,
        session,
        who,
        "audit.html",
        asked=asked,
        rows=[_line(row, names, sites) for row in rows],
        names=names,
        whom=_name(*sought.whom, names) if sought.whom else "",
        earlier=asked.query(after=f"{after.at.isoformat()}~{after.id}") if after else "",
        actions=_ACTIONS,
        kiosk=KIOSK,
        service=SERVICE,
    )


@router.get("/export", response_class=Response, responses=answers_with("text/csv", "application/jsonl"))
def export(request: Request, session: Writing, who: FreshViewer, asked: Wanted, file: str = "csv") -> Response:
    """Everything that the search finds, as a file; that it was taken is committed before the first line goes out."""
    rights.require_every_policy(who.staff)
    if file not in _FILES:
        raise NotFound("There is no such file.")
    content_type, lines = _FILES[file]
    now = datetime.now(UTC)
    sought = _sought(asked, staff.sites_of(session, who.staff))
    names = audit_search.names_in(session, [])
    _keep(session, Act.AUDIT_EXPORTED, who, asked, file=file)
    engine, member_id = request.app.state.engine, who.staff.id

    def pages() -> Iterator[list[Found]]:
        with Session(engine) as own:
            yield from audit_search.every(own, own.get_one(Staff, member_id), sought)

    headers = {"Content-Disposition": f'attachment; filename="audit-{now:%Y-%m-%d}.{file}"'}
    return StreamingResponse(lines(pages(), names), media_type=content_type, headers=headers)


@dataclass(frozen=True)
class Line:
    """An entry as the page shows it. `changes`: name, before, after."""

    at: str
    who: str
    who_link: str
    said: str
    whom: str
    whom_link: str
    site: str
    changes: list[tuple[str, str, str]]
    address: str


def _line(row: Found, names: Names, sites: list[Site]) -> Line:
    entry = row.entry
    site = next((each for each in sites if each.id == entry.site_id), sites[0] if sites else None)
    before, after = (json.loads(state) if state else {} for state in (entry.before, entry.after))
    return Line(
        at=_clock(site, entry.at),
        who=names.staff.get(str(entry.staff_id), "")
        if entry.staff_id
        else "Kiosk"
        if entry.kiosk_id
        else "The service",
        who_link=str(entry.staff_id or (KIOSK if entry.kiosk_id else SERVICE)),
        said=told(row.event) if row.event else entry.action.capitalize(),
        whom=_name(entry.kind, entry.object_id, names) if entry.kind else "",
        whom_link=f"{entry.kind}:{entry.object_id}" if entry.kind and entry.object_id else "",
        site=names.sites.get(str(entry.site_id), ""),
        changes=[(name.replace("_", " "), _words(before, name), _words(after, name)) for name in {**before, **after}],
        address=entry.address or "",
    )


def _clock(site: Site | None, at: datetime) -> str:
    """With the year: the audit is long."""
    if site is None:
        return f"{at:%d %B %Y, %H:%M} UTC"
    return f"{local(site, at):%d %b %Y, %H:%M:%S}"


def _words(state: Mapping[str, Any], name: str) -> str:
    if name not in state or state[name] is None:
        return ""
    value = state[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _keep(session: Session, act: Act, who: SignedIn, asked: Asked, **more: str) -> None:
    said = {name: value for name, value in {**asked.__dict__, **more}.items() if value}
    whom = _whom(asked.whom)
    audit.record(
        session,
        act,
        datetime.now(UTC),
        by=who.staff,
        kind=whom[0] if whom else None,
        object_id=whom[1] if whom else None,
        after=said or None,
    )


def _sought(asked: Asked, sites: list[Site]) -> Sought:
    """Days are those of the chosen site's clock, or of the first site's."""
    site = next((each for each in sites if str(each.id) == asked.site), sites[0] if sites else None)
    since, until = _day(asked.since), _day(asked.until)
    return Sought(
        who=int(asked.who) if _number(asked.who) else asked.who or None,
        whom=_whom(asked.whom),
        action=asked.action or None,
        site=int(asked.site) if asked.site else None,
        since=_midnight(since, site) if since else None,
        until=_midnight(until + timedelta(days=1), site) if until else None,
    )


def _name(kind: str, object_id: str | None, names: Names) -> str:
    return names.of(kind, object_id) or kind


def _midnight(day: date, site: Site | None) -> datetime:
    return datetime.combine(day, time(), zone_of(site) if site else UTC)


def _number(said: str) -> bool:
    return said.isascii() and said.isdecimal() and len(said) < 16


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 <= found.year < 3000 else None


def _whom(said: str) -> tuple[Kind, str] | None:
    kind, _, object_id = said.partition(":")
    if kind not in set(Kind) or not (0 < len(object_id) <= 40 and object_id.isascii() and object_id.isalnum()):
        return None
    return Kind(kind), object_id


def _place(said: str) -> Place | None:
    at, _, number = said.partition("~")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return Place(found, int(number)) if found.tzinfo is not None and _number(number) else None
