"""What the pages about alerts have in common: which site they are about, and forms whose fields repeat."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from intake_service import rights, staff
from intake_service.errors import NotAllowed, NotFound
from intake_service.routes.signed_in import SignedIn
from intake_service.tables import Site


async def _fields(request: Request) -> FormData:
    return await request.form()


Fields = Annotated[FormData, Depends(_fields)]


def chosen_site(session: Session, who: SignedIn, site_id: int | None) -> Site:
    """One of the person's own sites, the first one when none is chosen. Raises NotFound."""
    own = staff.sites_of(session, who.staff)
    found = next((site for site in own if site_id in {None, site.id}), None)
    if found is None:
        raise NotFound("That is not one of your sites. An administrator adds you to one.")
    return found


def require_leader(who: SignedIn) -> None:
    """Raises NotAllowed for who is neither a supervisor nor an administrator."""
    if not rights.sees_everybody(who.staff):
        raise NotAllowed("This page is for supervisors and administrators.")


def text(fields: FormData, name: str) -> str:
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def texts(fields: FormData, name: str) -> list[str]:
    return [value for value in fields.getlist(name) if isinstance(value, str)]
