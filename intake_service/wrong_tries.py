"""Slows down whoever guesses a password or a code, in rows that a restart keeps and every service process shares.

A try is counted before it is looked at, so that many at once are no way around; a right one takes the count back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake_service.errors import TooManyTries
from intake_service.keys import Keys
from intake_service.sign_in_tables import WrongTry

_FORGIVEN = timedelta(hours=1)  # after the last wrong try
_RACES = 10


@dataclass(frozen=True)
class Patience:
    """`free` wrong tries cost nothing; from then on each doubles the wait, from `first` to `longest`."""

    kind: str
    free: int
    first: timedelta
    longest: timedelta

    def wait_after(self, tries: int) -> timedelta:
        if tries < self.free:
            return timedelta(0)
        doublings: int = min(tries - self.free, 20)
        return min(self.first * (1 << doublings), self.longest)


@dataclass(frozen=True)
class Counted:
    """Who is counted, by which patience. `who` is a keyed digest: what somebody typed is not in the database."""

    patience: Patience
    who: str


def counted(keys: Keys, patience: Patience, who: str) -> Counted:
    return Counted(patience, keys.mac(f"wrong tries {patience.kind} {who}".encode()))


def begin(session: Session, everyone: Sequence[Counted], now: datetime) -> None:
    """Count a try for each of them. Commit it before looking whether the try is right.

    Raises TooManyTries, and counts nothing then, when one of them has to wait: also for a right one.
    """
    aged = select(WrongTry.who).where(WrongTry.last_at <= now - _FORGIVEN).with_for_update(skip_locked=True)
    session.execute(delete(WrongTry).where(WrongTry.who.in_(aged)))
    for each in sorted(everyone, key=_in_one_order):
        _count(session, each, now)


def was_right(session: Session, forgiven: Sequence[Counted], taken_back: Sequence[Counted], now: datetime) -> None:
    """The try was right. `taken_back`: it says nothing of their earlier ones, which somebody else may have made."""
    for each in sorted((*forgiven, *taken_back), key=_in_one_order):
        this = WrongTry.who == each.who
        if each in forgiven:
            session.execute(delete(WrongTry).where(this))
        else:
            session.execute(
                update(WrongTry).where(this, WrongTry.tries > 0).values(tries=WrongTry.tries - 1, allowed_at=now)
            )


def _in_one_order(each: Counted) -> str:
    """Rows are locked in one order everywhere, so that no two processes wait for each other."""
    return each.who


def _count(session: Session, each: Counted, now: datetime) -> None:
    """Compare-and-swap on the count; who loses looks again."""
    for _ in range(_RACES):
        found = session.execute(select(WrongTry.tries, WrongTry.allowed_at).where(WrongTry.who == each.who)).first()
        if found is None:
            if _is_first(session, each, now):
                return
            continue
        if each.patience.wait_after(found.tries) and found.allowed_at > now:  # clocks differ: free ones never wait
            wait = found.allowed_at - now
            raise TooManyTries(f"Too many tries. Wait {_words(wait)}, then try once more.", wait.total_seconds())
        tries = found.tries + 1
        swapped = session.execute(
            update(WrongTry)
            .where(WrongTry.who == each.who, WrongTry.tries == found.tries)
            .values(tries=tries, last_at=now, allowed_at=now + each.patience.wait_after(tries))
        )
        if cast("CursorResult[Any]", swapped).rowcount == 1:
            return
    raise TooManyTries("Too many tries at once. Wait a little, then try once more.")


def _is_first(session: Session, each: Counted, now: datetime) -> bool:
    """False: another process was faster."""
    first = WrongTry(who=each.who, tries=1, last_at=now, allowed_at=now + each.patience.wait_after(1))
    try:
        with session.begin_nested():
            session.add(first)
    except IntegrityError:
        return False
    return True


def _words(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    return f"{seconds} seconds" if seconds < 90 else f"{-(-seconds // 60)} minutes"
