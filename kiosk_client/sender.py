"""The thread that brings sealed intakes to the service, and says from time to time that the kiosk is alive."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from kiosk_client.enrollment import Store, Stored
from kiosk_client.spool import Spool, SpoolError
from shared_schema.form import Form
from shared_schema.kiosk_api import Heartbeat, KioskConfig

_FIRST_RETRY = 1.0  # seconds, doubled at each try
_LONGEST_RETRY = 60.0
_HEARTBEAT = 60.0
_AFTER_SPOOL_TROUBLE = 10.0

if TYPE_CHECKING:
    from kiosk_client.service_api import ServiceApi

_log = logging.getLogger(__name__)


class Sender:
    """Drains the spool in a thread of its own. `on_config`: called there with the site's settings when they arrive."""

    def __init__(
        self,
        spool: Spool,
        store: Store,
        stored: Stored,
        *,
        ca_file: str | None = None,
        on_config: Callable[[KioskConfig, Form], None] = lambda _config, _form: None,
    ) -> None:
        self._spool = spool
        self._store = store
        self._stored = stored
        self._ca_file = ca_file
        self._on_config = on_config
        self._awake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something new is in the spool: send it now, whatever the last try said."""
        self._awake.set()

    def stop(self, timeout: float = 2.0) -> None:
        """End after the request in the air; what is not sent stays in the spool."""
        self._stopping = True
        self._awake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        # imported here, in the sender's thread and after the first frame: `requests` takes 150 ms
        from kiosk_client.service_api import ServiceApi  # noqa: PLC0415

        api = ServiceApi(self._stored.address, self._stored.enrollment.credential, self._ca_file)
        tries = 0
        heartbeat_at = 0.0
        while not self._stopping:
            self._awake.clear()
            try:
                tries = 0 if self._drain(api) else tries + 1
                if time.monotonic() >= heartbeat_at:
                    heartbeat_at = time.monotonic() + _HEARTBEAT
                    self._report(api)
                wait = _HEARTBEAT if not tries else _retry(tries)
            except SpoolError as error:
                _log.warning("%s; trying again", error)
                wait = _AFTER_SPOOL_TROUBLE
            self._awake.wait(wait)
        api.close()

    def _drain(self, api: "ServiceApi") -> bool:
        """Send what is held, oldest first. False: the service cannot be reached or does not know us; try later."""
        from kiosk_client.service_api import Accepted, Refused  # noqa: PLC0415  (as above)

        while not self._stopping and (held := self._spool.next()):
            outcome = api.post_intake(held.sealed, held.proof)
            now = datetime.now(UTC)
            if isinstance(outcome, Accepted):
                self._spool.accepted(held.sealed.intake_id, now)
            elif isinstance(outcome, Refused):
                _log.warning("the service refused an intake for good: %s", outcome.code)
                self._spool.refused(held.sealed.intake_id, outcome.code, now)
            else:
                return False
        return True

    def _report(self, api: "ServiceApi") -> None:
        counts = self._spool.counts()
        heartbeat = Heartbeat(
            app_version=version("warm-handoff"),
            sent_at=datetime.now(UTC),
            held=counts.held,
            refused=counts.refused,
            oldest_held_at=counts.oldest_held_at,
        )
        if api.post_heartbeat(heartbeat) is None:
            self._refresh(api)

    def _refresh(self, api: "ServiceApi") -> None:
        """Fetch the site's settings and its form, keep both for the next start, and hand them on."""
        config = api.config()
        if not isinstance(config, KioskConfig):
            return
        form = self._store.load_form(config)
        if (form.name, form.version) != (config.form_name, config.form_version):
            fetched = api.form(config.form_name, config.form_version)
            if not isinstance(fetched, Form):
                return
            form = fetched
            self._store.save_form(form)
        self._store.save_config(config)
        self._on_config(config, form)


def _retry(tries: int) -> float:
    """Seconds until the next try: doubled each time, with jitter, so that many kiosks do not come back at once."""
    wait = min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** min(tries - 1, 10))
    return wait * random.uniform(0.5, 1.0)  # noqa: S311  (spreads the load, protects nothing)
