"""A session per request, committed before the reply goes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service.audit import ADDRESS
from notifications.db import writing


def _reading_session(request: Request) -> Iterator[Session]:
    with Session(_engine(request)) as session:
        yield session


def _writing_session(request: Request) -> Iterator[Session]:
    with Session(writing(_engine(request)), info=_asked_from(request)) as session, session.begin():
        yield session


@contextmanager
def reading(request: Request) -> Iterator[Session]:
    """A session of one's own, for what must not be one transaction with the rest of the request."""
    with Session(_engine(request)) as session:
        yield session


@contextmanager
def transaction(request: Request) -> Iterator[Session]:
    """The same for writing: committed at the end of the block."""
    engine, info = writing(_engine(request)), _asked_from(request)
    with Session(engine, expire_on_commit=False, info=info) as session, session.begin():
        yield session


def _asked_from(request: Request) -> dict[str, str]:
    """For the audit, which keeps a keyed digest of it."""
    return {ADDRESS: request.client.host} if request.client else {}


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def commit_and_wake_worker(request: Request, session: Session) -> None:
    """Commit now, since whoever is woken looks at once, and have the worker inside this process send what there is."""
    session.commit()
    if request.app.state.worker is not None:
        request.app.state.worker.wake()


# scope="function" ends the dependency, and so commits, before the response is sent:
# a failed commit is a failed request.
Reading = Annotated[Session, Depends(_reading_session, scope="function")]
Writing = Annotated[Session, Depends(_writing_session, scope="function")]
