"""The whole house for a browser to stand in: service and worker as processes of their own, people, the ledger."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from intake_service.keys import open_keys
from intake_service.tables import Staff, StaffSession
from notifications import alerts, outbox, subscriptions
from notifications.db import connect, writing
from notifications.encrypted import unlock
from notifications.tables import AlertKind
from tests.intake_service.center import Center, a_center, sign_in, somebody_waits
from tests.support.service import Service, running_service, start

_WITHIN = 60.0  # seconds, on two busy cores

WAITING, TAKEN_CARE_OF = "Somebody is waiting", "Taken care of"
"""Titles of notifications."""

ALERT, REPLACEMENT = "ready_for_assignment", "taken_care_of"
"""What the messages of an alert say, by the ledger."""


@dataclass
class House:
    """Bob is designated and on duty; Alice supervises. Nobody has turned alerts on."""

    service: Service
    center: Center
    engine: Engine

    @property
    def url(self) -> str:
        return self.service.url

    def somebody_waits(self) -> UUID:
        """An intake has just come in; its id."""
        with self._session() as session:
            return somebody_waits(session, self.center)

    def tell_again(self, intake: UUID) -> None:
        """The same alert once more, as the policy's next step does it."""
        with self._session() as session:
            (alert,) = alerts.of_subject(session, str(intake))
            outbox.enqueue(session, alert.id, AlertKind.READY_FOR_ASSIGNMENT, [self.center.bob], datetime.now(UTC))
            session.commit()

    def told(self, intake: UUID) -> list[tuple[str, str]]:
        """What Bob was told about it and how far each message has come, oldest first."""
        with self._session() as session:
            return [
                (notice.says, notice.state)
                for alert in alerts.of_subject(session, str(intake))
                for notice in alerts.ledger(session, alert.id)
                if notice.staff_id == self.center.bob
            ]

    def wait_until_told(self, intake: UUID, *expected: tuple[str, str]) -> None:
        self.wait_until(lambda: self.told(intake) == list(expected), lambda: self.told(intake))

    def who_is_on_it(self, intake: UUID) -> int | None:
        with self._session() as session:
            return next((alert.acknowledged_by for alert in alerts.of_subject(session, str(intake))), None)

    def bobs_devices(self) -> int:
        with self._session() as session:
            return len(subscriptions.of_staff(session, self.center.bob))

    def bobs_endpoint(self) -> str:
        with self._session() as session:
            (device,) = subscriptions.of_staff(session, self.center.bob)
            return device.endpoint

    def alice_is_on_it(self, intake: UUID) -> None:
        """She says so on the intake's page."""
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            sign_in(client, "alice")
            with self._session() as session:
                mine = select(StaffSession.csrf_token).join(Staff, Staff.id == StaffSession.staff_id)
                csrf = session.scalars(mine.where(Staff.id == self.center.alice)).one()
            answer = client.post(f"/intakes/{intake}/acknowledgement", data={"csrf": csrf})
            assert answer.status_code == 303, answer.text

    def wait_until(self, true: Callable[[], bool], look: Callable[[], object]) -> None:
        deadline = time.monotonic() + _WITHIN
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"it stays at {look()}")
            time.sleep(0.1)

    def _session(self) -> Session:
        return Session(writing(self.engine), expire_on_commit=False)


@contextmanager
def running_house(folder: Path, database_url: str, settings: Mapping[str, str] | None = None) -> Iterator[House]:
    """`settings`: environment variables of service and worker, beside the usual ones of a test."""
    with running_service(folder, database_url, worker_inside=False, settings=settings) as service:
        engine = connect(database_url)
        keys = open_keys(folder / "keys", engine, datetime.now(UTC))
        unlock(engine, keys.data)
        with Session(writing(engine), expire_on_commit=False) as session:
            center = a_center(session, keys)
        worker = start("worker", ["notifications"], service.environment, folder / "worker.log")
        try:
            yield House(service, center, engine)
        finally:
            worker.stop()
            engine.dispose()
