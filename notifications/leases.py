"""Who alone may do something for a while. A holder that dies is followed when its time runs out."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from notifications.tables import Lease


def hold(session: Session, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Take the lease if it is free or has run out, or keep one's own longer. False: somebody else has it.

    For SQLite, in a session that holds the write lock.
    """
    session.execute(sqlite.insert(Lease).values(name=name, holder=holder, until=now + lasts).on_conflict_do_nothing())
    taken = session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.holder == holder, Lease.until <= now))
        .values(holder=holder, until=now + lasts)
        .returning(Lease.name)
        .execution_options(synchronize_session=False)
    )
    return taken.scalar_one_or_none() is not None


def leave(session: Session, name: str, holder: str) -> None:
    """Free it for the next one."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
