"""Things to do at a time, as rows: they survive restarts, and of many workers one does each.

A timer is fired in the transaction that moves it on or deletes it, and fires again when that is not committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from notifications.tables import Timer

STEP, COMES_BACK, WAITING, CALL, KIOSK, SHIFT = "step", "comes_back", "waiting", "call", "kiosk", "shift"
"""What timers are for: the next step of an alert; an alert that was acknowledged and left; an intake that nobody was
assigned to; a call that was promised; a kiosk that should have been heard from; a shift that begins."""

_ONE = ("what", "subject")
_VALUES = ("due_at", "alert_id", "step", "site_id", "staff_id", "path")
_sqlite, _postgresql = sqlite.insert(Timer), postgresql.insert(Timer)
_SET = {
    "sqlite": _sqlite.on_conflict_do_update(_ONE, set_={name: _sqlite.excluded[name] for name in _VALUES}),
    "postgresql": _postgresql.on_conflict_do_update(
        index_elements=_ONE, set_={name: _postgresql.excluded[name] for name in _VALUES}
    ),
}


@dataclass(frozen=True)
class Setting:
    """What a timer is to be; see tables.Timer."""

    what: str
    subject: str
    due_at: datetime
    alert_id: int | None = None
    step: int = 0
    site_id: int | None = None
    staff_id: int | None = None
    path: str = ""


def set_timers(session: Session, settings: Sequence[Setting]) -> None:
    """Of each kind and subject there is one timer, due then, whatever it was before."""
    if settings:
        session.connection().execute(_SET[session.get_bind().dialect.name], [vars(each) for each in settings])


def set_timer(
    session: Session,
    what: str,
    subject: str,
    due_at: datetime,
    *,
    alert_id: int | None = None,
    step: int = 0,
    site_id: int | None = None,
    staff_id: int | None = None,
    path: str = "",
) -> None:
    """The same for one."""
    set_timers(session, [Setting(what, subject, due_at, alert_id, step, site_id, staff_id, path)])


def drop(session: Session, what: str, subject: str) -> bool:
    """There is no such timer any more. Whether there was one; one that fires at this moment is waited for."""
    return _deleted(session, delete(Timer).where(Timer.what == what, Timer.subject == subject)) > 0


def drop_of_alerts(session: Session, alert_ids: list[int]) -> None:
    """Nothing more happens to these alerts by itself. Call it before changing them: whoever fires one is waited for."""
    _deleted(session, delete(Timer).where(Timer.alert_id.in_(alert_ids)))


def take(session: Session, now: datetime, limit: int) -> list[Timer]:
    """Up to `limit` timers that are due, locked until the transaction ends: other workers get others."""
    due = select(Timer).where(Timer.due_at <= now).order_by(Timer.due_at).limit(limit)
    return list(session.scalars(due.with_for_update(skip_locked=True)))


def put_off(session: Session, timer_id: int, until: datetime) -> None:
    """It could not be done now."""
    session.execute(update(Timer).where(Timer.id == timer_id).values(due_at=until))


def next_due(session: Session) -> datetime | None:
    return session.scalar(select(func.min(Timer.due_at)))


def _deleted(session: Session, statement: Delete) -> int:
    done = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount
