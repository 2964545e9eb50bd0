"""The one writer of a process: it commits together what has gathered, and answers each intake after its commit.

One thread and one transaction at a time are what both databases are fastest with, and on SQLite the only way without
long waits for its lock. Nothing is promised before the commit: a failed one refuses all that were in it, and their
kiosks send again.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from intake_service.errors import Busy, ServiceError
from intake_service.guards import places
from intake_service.intakes import Received, receive
from notifications.db import writing
from notifications.signals import QUEUE, signal
from shared_schema.intake import IntakeRecord

_GROUP = 64  # intakes a commit; more makes the first one wait longer than it saves
_WAITING = 1024  # intakes; beyond, a kiosk is better off keeping its own for a minute

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Job:
    kiosk_id: UUID
    record: IntakeRecord
    content_mac: str
    answer: asyncio.Future[Received]


@dataclass
class IntakeWriter:
    """Started and stopped with the process.

    `after_commit` are called in the writer's thread with the ids of the sites whose queues have grown. They must be
    quick and may fail: the intakes are safe by then.
    """

    engine: Engine
    after_commit: list[Callable[[frozenset[int]], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting: queue.Queue[_Job | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="intake-writer")
        self._open = False

    def start(self) -> None:
        self._open = True
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more, write what has gathered, end."""
        self._open = False
        self._waiting.put(None)
        self._thread.join()

    @property
    def is_working(self) -> bool:
        return self._open and self._thread.is_alive()

    async def submit(self, kiosk_id: UUID, record: IntakeRecord, content_mac: str) -> Received:
        """Receive the intake; returns once it is committed. Raises what `receive` raises, and Busy."""
        if not self._open:
            raise Busy("The service is stopping. Send it again.")
        answer: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(_Job(kiosk_id, record, content_mac, answer))
        except queue.Full:
            raise Busy("Too many intakes at once. Send it again.") from None
        return await answer

    def _work(self) -> None:
        while jobs := self._gather():
            outcomes = self._write(jobs)
            _give(jobs, outcomes)
            self._tell(outcomes)

    def _gather(self) -> list[_Job]:
        """What waits, at least one; empty when it is time to stop, which only the end of the queue says."""
        jobs: list[_Job] = []
        job = self._waiting.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == _GROUP:
                break
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
        if job is None and jobs:
            self._waiting.put(None)
        return jobs

    def _write(self, jobs: list[_Job]) -> list[Received | ServiceError]:
        """All together, as nearly always nothing is wrong with any of them; else each in a savepoint of its own."""
        try:
            try:
                return self._commit(jobs, _receive)
            except OperationalError:
                raise
            except Exception:  # what it is comes again, and is told then
                return self._commit(jobs, _receive_alone)
        except Exception as error:
            _log.error("a group of %d intakes was not written\n%s", len(jobs), places(error))
            return [Busy("It could not be saved just now. Send it again.") for _ in jobs]

    def _commit(
        self, jobs: list[_Job], one: Callable[[Session, _Job, datetime], Received | ServiceError]
    ) -> list[Received | ServiceError]:
        now = datetime.now(UTC)
        with Session(writing(self.engine)) as session, session.begin():
            outcomes = [one(session, job, now) for job in jobs]
            if _grown(outcomes):
                signal(session, QUEUE)  # other processes' consoles
            return outcomes

    def _tell(self, outcomes: list[Received | ServiceError]) -> None:
        sites = _grown(outcomes)
        for callback in self.after_commit if sites else ():
            try:
                callback(sites)
            except Exception as error:
                _log.error("after a commit\n%s", places(error))


def _grown(outcomes: list[Received | ServiceError]) -> frozenset[int]:
    """The sites whose queues are longer now."""
    return frozenset(outcome.site_id for outcome in outcomes if isinstance(outcome, Received) and outcome.new)


def _receive(session: Session, job: _Job, now: datetime) -> Received:
    return receive(session, job.kiosk_id, job.record, job.content_mac, now)


def _receive_alone(session: Session, job: _Job, now: datetime) -> Received | ServiceError:
    """One intake in a savepoint: whatever is wrong with it stays with it, unless the database itself fails."""
    try:
        with session.begin_nested():
            return _receive(session, job, now)
    except ServiceError as refusal:
        return refusal
    except OperationalError:
        raise
    except Exception as error:
        _log.error("an intake was not written\n%s", places(error))
        return ServiceError("It is our fault, and it was logged.")


def _give(jobs: list[_Job], outcomes: list[Received | ServiceError]) -> None:
    """Wake the event loop once for the whole group."""
    jobs[0].answer.get_loop().call_soon_threadsafe(_settle, jobs, outcomes)


def _settle(jobs: list[_Job], outcomes: list[Received | ServiceError]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.answer.done():  # the request was given up; the intake is safe all the same
            continue
        if isinstance(outcome, ServiceError):
            job.answer.set_exception(outcome)
        else:
            job.answer.set_result(outcome)
