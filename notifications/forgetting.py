"""Old alerts with everything about them: who was told, by what, and what came of it. Only what is over is forgotten."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from notifications.tables import Alert, LedgerLine, Notice, Timer


def forgettable(session: Session, site_id: int, before: datetime, keep: Collection[str]) -> int:
    """How many alerts of the site `forget` would take away. `keep`: subjects of which nothing is."""
    return session.scalar(select(func.count()).select_from(Alert).where(*_over(site_id, before, keep))) or 0


def forget(session: Session, site_id: int, before: datetime, keep: Collection[str], at_once: int) -> int:
    """Take away the oldest ones raised before then, at most so many at once; how many it were."""
    old = session.scalars(select(Alert.id).where(*_over(site_id, before, keep)).order_by(Alert.id).limit(at_once)).all()
    for table in (Notice, LedgerLine, Timer):
        session.execute(delete(table).where(table.alert_id.in_(old)).execution_options(synchronize_session=False))
    session.execute(delete(Alert).where(Alert.id.in_(old)).execution_options(synchronize_session=False))
    return len(old)


def _over(site_id: int, before: datetime, keep: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    ended = or_(Alert.closed_at.is_not(None), Alert.acknowledged_at.is_not(None))
    return (Alert.site_id == site_id, Alert.raised_at < before, ended, Alert.subject.not_in(keep))
