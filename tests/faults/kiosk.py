"""A kiosk without its window: session, spool and sender as they run on the device, on a service that may be gone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DatabaseSession

from intake_service.tables import Intake, Participant
from kiosk_client import tickets
from kiosk_client.calls import SpooledCalls
from kiosk_client.enrollment import Store, Stored, pair
from kiosk_client.handing_in import hand_in
from kiosk_client.sender import Sender
from kiosk_client.session import Session
from kiosk_client.settings import Settings
from kiosk_client.spool import Spool
from kiosk_client.view import Action, Tap
from notifications.db import connect
from tests.kiosk.intakes import NOW

_WITHIN = 120.0  # seconds


class Kiosk:
    """`spool` and `session` to look into; `tap` as a participant does. `now`: what this kiosk's clock says."""

    def __init__(self, state: Path, stored: Stored, ca_file: str | None = None) -> None:
        self.now = NOW
        self.spool = Spool(state / "spool.sqlite3")
        store = Store(state)
        config = stored.enrollment.config
        form = store.load_form(config)
        self.sender = Sender(self.spool, store, stored, ca_file=ca_file)
        self.session = Session(
            form,
            config,
            lambda: tickets.draw_unlike_recent(form, self.spool),
            lambda flow, now: hand_in(flow, self.spool, config.service_key, self.sender.wake, now),
            seconds=time.monotonic(),
            calls=SpooledCalls(self.spool, self.sender),
        )

    def tap(self, *taps: str) -> str:
        """What is on the screen then."""
        for tap in taps:
            action, _, value = tap.partition(":")
            self.session.tap(Tap(Action(action), value), self.now, time.monotonic())
        return self.session.view.name

    def screen(self) -> str:
        """What is on the screen a moment later."""
        self.session.tick(time.monotonic())
        return self.session.view.name

    def somebody_asks_for_a_person(self) -> str:
        view = self.tap("talk-from-welcome:en", "confirm")
        self.tap("done")
        return view


@contextmanager
def running_kiosk(state: Path, address: str, code: str, ca_file: str | None = None) -> Iterator[Kiosk]:
    """Paired with what is at the address, and sending."""
    kiosk = Kiosk(state, pair(Settings(state, ca_file=ca_file), address, code), ca_file)
    kiosk.sender.start()
    try:
        yield kiosk
    finally:
        kiosk.sender.stop(30)
        kiosk.spool.close()


def eventually(true: Callable[[], bool], what: str, within: float = _WITHIN) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def received(database_url: str) -> list[UUID]:
    """The ids of the intakes that the service has, each with its own participant."""
    engine = connect(database_url)
    with DatabaseSession(engine) as session:
        ids = list(session.scalars(select(Intake.id).order_by(Intake.sequence)))
        assert session.scalar(select(func.count()).select_from(Participant)) == len(ids)
    engine.dispose()
    return ids
