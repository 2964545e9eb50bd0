"""The way in: a password and then a second factor, if there is one; or a passkey alone; each slowed down for guessers.

A try goes in three transactions: it is counted, it is looked at, it is answered. Nothing is locked meanwhile, since
checking a password takes a while on purpose.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from intake_service import passwords, wrong_tries
from intake_service.errors import SignInNeeded
from intake_service.keys import Keys
from intake_service.sessions import digest
from intake_service.sign_in_tables import KnownBrowser, Purpose, SignInStep
from intake_service.tables import Staff
from intake_service.wrong_tries import Counted, Patience

STEP_VALID = timedelta(minutes=10)
_KNOWN_FOR = timedelta(days=400)
_FIRST_WAIT = timedelta(seconds=15)

FROM_A_KNOWN_BROWSER = Patience("known browser", 10, _FIRST_WAIT, timedelta(minutes=15))
TO_AN_ACCOUNT_FROM_AN_ADDRESS = Patience("account from address", 5, _FIRST_WAIT, timedelta(minutes=1))
"""From browsers that the person has never signed in with. Short: a center shares one address."""
TO_AN_ACCOUNT = Patience("account", 100, _FIRST_WAIT, timedelta(minutes=1))
"""The same from everywhere (NIST SP 800-63B rev. 4, 3.2.2). Late: whoever guesses must not keep a colleague out."""
FROM_AN_ADDRESS = Patience("address", 20, _FIRST_WAIT, timedelta(minutes=5))
OF_A_CODE = Patience("code", 5, _FIRST_WAIT, timedelta(minutes=15))
"""Only whoever has the password can be wrong here."""
OF_QUESTIONS = Patience("question", 60, _FIRST_WAIT, timedelta(minutes=1))
"""Passkeys and directories cannot be guessed; but each question costs a row, and the directory's patience."""


_ONE = ("staff_id", "browser_digest")
_sqlite, _postgresql = sqlite.insert(KnownBrowser), postgresql.insert(KnownBrowser)
_KNOW = {
    "sqlite": _sqlite.on_conflict_do_update(_ONE, set_={"last_at": _sqlite.excluded.last_at}),
    "postgresql": _postgresql.on_conflict_do_update(
        index_elements=_ONE, set_={"last_at": _postgresql.excluded.last_at}
    ),
}
"""Somebody may press the button twice at once."""


@dataclass(frozen=True)
class Begun:
    """A step at the door that waits for its answer. `token` goes into the browser's cookie and is kept nowhere else."""

    token: str
    purpose: Purpose
    staff_id: int | None
    data: Mapping[str, str]


def count_password(
    session: Session, keys: Keys, username: str, address: str, browser: str, now: datetime
) -> Sequence[Counted]:
    """A try is about to be made; commit. `browser`: the secret of its cookie, or nothing. Raises TooManyTries."""
    username = _plain(username)
    if _is_known(session, Staff.username == username, browser):
        everyone = [wrong_tries.counted(keys, FROM_A_KNOWN_BROWSER, f"{digest(browser)} {username}")]
    else:
        everyone = [
            wrong_tries.counted(keys, TO_AN_ACCOUNT_FROM_AN_ADDRESS, f"{username} {address}"),
            wrong_tries.counted(keys, TO_AN_ACCOUNT, username),
            wrong_tries.counted(keys, FROM_AN_ADDRESS, address),
        ]
    wrong_tries.begin(session, everyone, now)
    return everyone


def count_code(session: Session, keys: Keys, staff_id: int, browser: str, now: datetime) -> Sequence[Counted]:
    """The same for a second factor. Raises TooManyTries."""
    known = f" {digest(browser)}" if _is_known(session, Staff.id == staff_id, browser) else ""
    everyone = [wrong_tries.counted(keys, OF_A_CODE, f"{staff_id}{known}")]
    wrong_tries.begin(session, everyone, now)
    return everyone


def count_question(session: Session, keys: Keys, address: str, now: datetime) -> None:
    """Somebody who is not signed in asks to come in by a passkey or the directory. Raises TooManyTries."""
    wrong_tries.begin(session, [wrong_tries.counted(keys, OF_QUESTIONS, address)], now)


def was_answered(session: Session, keys: Keys, address: str, now: datetime) -> None:
    """They are in: that question does not count."""
    wrong_tries.was_right(session, [], [wrong_tries.counted(keys, OF_QUESTIONS, address)], now)


def was_right(session: Session, everyone: Sequence[Counted], now: datetime) -> None:
    """Forgive the person there; what others share, of them or of the address, only has this try taken back."""
    shared = [each for each in everyone if each.patience in {FROM_AN_ADDRESS, TO_AN_ACCOUNT}]
    wrong_tries.was_right(session, [each for each in everyone if each not in shared], shared, now)


def whose_password(session: Session, username: str, password: str) -> tuple[Staff | None, bool]:
    """Who has this username, and whether the password is theirs: one verification, whether there is anybody or not."""
    member = session.scalar(select(Staff).where(Staff.username == _plain(username), Staff.active))
    is_right = passwords.is_right(member.password_hash if member else None, password)
    return member, is_right and member is not None


def keep_up_to_date(member: Staff, password: str) -> None:
    """The right password was just typed; keep it by today's rule."""
    if passwords.is_outdated(member.password_hash):
        member.password_hash = passwords.hashed(password)


def begin_step(
    session: Session, purpose: Purpose, now: datetime, *, staff_id: int | None = None, data: Mapping[str, str]
) -> Begun:
    """Something that the browser is to answer within a few minutes."""
    session.execute(delete(SignInStep).where(SignInStep.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        SignInStep(
            token_digest=digest(token), purpose=purpose, staff_id=staff_id, data=dict(data), expires_at=now + STEP_VALID
        )
    )
    session.flush()
    return Begun(token, purpose, staff_id, data)


def step(session: Session, token: str, purpose: Purpose, now: datetime) -> Begun:
    """What this browser is in the middle of; it stays so. Raises SignInNeeded."""
    found = session.get(SignInStep, digest(token))
    if found is None or found.purpose != purpose or found.expires_at <= now:
        raise SignInNeeded("That took too long. Please begin once more.")
    return Begun(token, purpose, found.staff_id, found.data)


def end_step(session: Session, begun: Begun) -> None:
    """It was answered, and is answered no second time. Raises SignInNeeded for who comes second."""
    ended = session.execute(delete(SignInStep).where(SignInStep.token_digest == digest(begun.token)))
    if cast("CursorResult[Any]", ended).rowcount != 1:
        raise SignInNeeded("That was answered already. Please begin once more.")


def know_browser(session: Session, staff_id: int, browser: str, now: datetime) -> None:
    """The person has signed in here. `browser`: the secret of its cookie."""
    session.execute(delete(KnownBrowser).where(KnownBrowser.last_at <= now - _KNOWN_FOR))
    row = {"staff_id": staff_id, "browser_digest": digest(browser), "last_at": now}
    session.connection().execute(_KNOW[session.get_bind().dialect.name], row)


def forget_browsers(session: Session, staff_id: int) -> None:
    """No browser is known as this person's any more, and nothing that was begun goes on."""
    session.execute(delete(KnownBrowser).where(KnownBrowser.staff_id == staff_id))
    session.execute(delete(SignInStep).where(SignInStep.staff_id == staff_id))


def _is_known(session: Session, whose: ColumnElement[bool], browser: str) -> bool:
    known = select(KnownBrowser.staff_id).join(Staff, Staff.id == KnownBrowser.staff_id)
    return session.scalar(known.where(whose, KnownBrowser.browser_digest == digest(browser))) is not None


def _plain(username: str) -> str:
    return username.strip().lower()
