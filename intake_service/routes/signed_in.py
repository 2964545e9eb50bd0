"""Who is asking: the staff member behind the session cookie, and proof that a form came from our own page.

    looks at what leaves no trace      Reader    FreshReader     from a form: Asker, FreshAsker
    looks at what is kept              Viewer    FreshViewer
    changes something, from a form     Actor     Fresh
    changes something, from a script   Script    FreshScript

The fresh ones ask for a proof of who it is that is a few minutes old at most: for exports, staff changes, keys, second
factors. Who has none is asked for it and then goes on; a form's fields are kept meanwhile.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Form, Header, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from intake_service import sessions
from intake_service.db import Reading, Writing
from intake_service.errors import NotAllowed, ProofNeeded, SecondFactorNeeded, SignInNeeded
from intake_service.sessions import SignIn
from intake_service.tables import Staff, StaffSession
from notifications.db import writing


@dataclass(frozen=True)
class SignedIn:
    """`csrf_token` goes into every form of the page. `is_fresh`: they proved who they are within the last minutes."""

    staff: Staff
    csrf_token: str
    browser: StaffSession
    is_fresh: bool


def cookie_name(request: Request, name: str = "session") -> str:
    """With https the browser itself refuses a cookie of this name from anywhere else."""
    return f"__Host-{name}" if is_https(request) else name


def is_https(request: Request) -> bool:
    return str(request.app.state.settings.public_url).startswith("https:")


def token_of(request: Request) -> str:
    return request.cookies.get(cookie_name(request), "")


def staff_id_of(request: Request) -> int | None:
    """Whose request this has turned out to be, also when it was refused then; None: nobody's."""
    found: int | None = getattr(request.state, "staff_id", None)
    return found


def keep_session(request: Request, answer: Response, entered: SignIn) -> None:
    answer.set_cookie(
        cookie_name(request),
        entered.token,
        max_age=int(sessions.LONGEST.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",  # a tapped notification opens the console from outside
    )


def forget_session(request: Request, answer: Response) -> None:
    answer.delete_cookie(cookie_name(request), path="/", secure=is_https(request), httponly=True, samesite="lax")


def maybe_signed_in(request: Request, session: Session) -> SignedIn | None:
    """For the door itself, which is open to everybody."""
    now = datetime.now(UTC)
    try:
        member, browser = sessions.signed_in(session, token_of(request), now)
    except SignInNeeded:
        return None
    return SignedIn(member, browser.csrf_token, browser, sessions.is_fresh(browser, now))


def _newcomer_reading(request: Request, session: Reading, part: bool = False) -> SignedIn:
    """`part`: a page renews itself. Nobody need be there, so that it does not keep the session from idling out."""
    now = datetime.now(UTC)
    member, browser = sessions.signed_in(session, token_of(request), now)
    request.state.staff_id = member.id
    if sessions.is_due(browser, now) and not part:
        with Session(writing(request.app.state.engine)) as own, own.begin():
            sessions.is_seen(own, browser, now)
    return SignedIn(member, browser.csrf_token, browser, sessions.is_fresh(browser, now))


def _newcomer_writing(request: Request, session: Writing) -> SignedIn:
    now = datetime.now(UTC)
    member, browser = sessions.signed_in(session, token_of(request), now)
    request.state.staff_id = member.id
    if sessions.is_due(browser, now):
        sessions.is_seen(session, browser, now)
    return SignedIn(member, browser.csrf_token, browser, sessions.is_fresh(browser, now))


NewcomerReader = Annotated[SignedIn, Depends(_newcomer_reading, scope="function")]
"""Looks at their own account, also before a second factor that they need is there."""

_NewcomerViewer = Annotated[SignedIn, Depends(_newcomer_writing, scope="function")]


def _newcomer_acting(who: _NewcomerViewer, csrf: Annotated[str, Form()] = "") -> SignedIn:
    return from_our_page(who, csrf)


def _newcomer_script(who: _NewcomerViewer, x_csrf_token: Annotated[str, Header()] = "") -> SignedIn:
    return from_our_page(who, x_csrf_token)


NewcomerActor = Annotated[SignedIn, Depends(_newcomer_acting, scope="function")]
NewcomerScript = Annotated[SignedIn, Depends(_newcomer_script, scope="function")]


def _reader(who: NewcomerReader) -> SignedIn:
    return _enrolled(who)


def _asker(who: NewcomerReader, csrf: Annotated[str, Form()] = "") -> SignedIn:
    return _enrolled(from_our_page(who, csrf))


def _viewer(who: _NewcomerViewer) -> SignedIn:
    return _enrolled(who)


def _actor(who: NewcomerActor) -> SignedIn:
    return _enrolled(who)


def _script(who: NewcomerScript) -> SignedIn:
    return _enrolled(who)


def from_our_page(who: SignedIn, csrf: str) -> SignedIn:
    """Raises NotAllowed."""
    if not hmac.compare_digest(who.csrf_token.encode(), csrf.encode()):
        raise NotAllowed("This page is too old or not ours. Load it again, then try once more.")
    return who


def _enrolled(who: SignedIn) -> SignedIn:
    if who.browser.enrolling:
        raise SecondFactorNeeded("First add a second way to prove that it is you.")
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


def _fresh_reader(who: Reader) -> SignedIn:
    return proven(who)


def _fresh_asker(who: Asker) -> SignedIn:
    return proven(who)


def _fresh_viewer(who: Viewer) -> SignedIn:
    return proven(who)


def _fresh_actor(who: Actor) -> SignedIn:
    return proven(who)


def _fresh_script(who: Script) -> SignedIn:
    return proven(who)


def proven(who: SignedIn) -> SignedIn:
    """Raises ProofNeeded when the last proof is too old."""
    if not who.is_fresh:
        raise ProofNeeded("Please show once more that it is you.")
    return who


FreshReader = Annotated[SignedIn, Depends(_fresh_reader, scope="function")]
FreshAsker = Annotated[SignedIn, Depends(_fresh_asker, scope="function")]
"""From a form of ours, for whoever writes in transactions of their own: nothing is locked meanwhile."""

FreshViewer = Annotated[SignedIn, Depends(_fresh_viewer, scope="function")]
Fresh = Annotated[SignedIn, Depends(_fresh_actor, scope="function")]
FreshScript = Annotated[SignedIn, Depends(_fresh_script, scope="function")]
