"""Who is asking: the staff member behind the session cookie, and proof that a form came from our own page."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Form, Header, Request
from sqlalchemy.orm import Session

from intake_service import staff
from intake_service.db import Reading, Writing
from intake_service.errors import NotAllowed
from intake_service.tables import Staff
from notifications.db import writing


@dataclass(frozen=True)
class SignedIn:
    """`csrf_token` goes into every form of the page."""

    staff: Staff
    csrf_token: str


def cookie_name(request: Request) -> str:
    """With https the browser itself refuses a cookie of this name from anywhere else."""
    return "__Host-session" if is_https(request) else "session"


def is_https(request: Request) -> bool:
    return str(request.app.state.settings.public_url).startswith("https:")


def token_of(request: Request) -> str:
    return request.cookies.get(cookie_name(request), "")


def _reader(request: Request, session: Reading, part: bool = False) -> SignedIn:
    """`part`: a page renews itself. Nobody need be there, so that it does not keep the session from idling out."""
    now = datetime.now(UTC)
    member, browser = staff.signed_in(session, token_of(request), now)
    if staff.is_due(browser, now) and not part:
        with Session(writing(request.app.state.engine)) as own, own.begin():
            staff.is_seen(own, browser, now)
    return SignedIn(member, browser.csrf_token)


def _asker(request: Request, session: Reading, csrf: Annotated[str, Form()] = "") -> SignedIn:
    return _from_our_page(_reader(request, session), csrf)


def _viewer(request: Request, session: Writing) -> SignedIn:
    now = datetime.now(UTC)
    member, browser = staff.signed_in(session, token_of(request), now)
    if staff.is_due(browser, now):
        staff.is_seen(session, browser, now)
    return SignedIn(member, browser.csrf_token)


def _actor(request: Request, session: Writing, csrf: Annotated[str, Form()] = "") -> SignedIn:
    return _from_our_page(_viewer(request, session), csrf)


def _script(request: Request, session: Writing, x_csrf_token: Annotated[str, Header()] = "") -> SignedIn:
    return _from_our_page(_viewer(request, session), x_csrf_token)


def _from_our_page(who: SignedIn, csrf: str) -> SignedIn:
    if not hmac.compare_digest(who.csrf_token.encode(), csrf.encode()):
        raise NotAllowed("This page is too old or not ours. Load it again, then try once more.")
    return who


Reader = Annotated[SignedIn, Depends(_reader, scope="function")]
"""Looks at what leaves no trace."""

Asker = Annotated[SignedIn, Depends(_asker, scope="function")]
"""Looks at what leaves no trace, from a form of ours: what is asked for must not stand in an address."""

Viewer = Annotated[SignedIn, Depends(_viewer, scope="function")]
"""Looks at what is kept as an event."""

Actor = Annotated[SignedIn, Depends(_actor, scope="function")]
"""Changes something, from a form of ours."""

Script = Annotated[SignedIn, Depends(_script, scope="function")]
"""Changes something, from a script of ours, which sends JSON and the token in a header."""
