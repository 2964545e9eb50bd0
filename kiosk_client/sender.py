"""The thread that brings sealed intakes to the service, and says from time to time that the kiosk is alive."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from kiosk_client.enrollment import EnrollmentDamaged, Store, Stored
from kiosk_client.outcomes import Failure, NotEnrolled, Refused, Unreachable
from kiosk_client.spool import Spool, SpoolError
from kiosk_client.watchdog import Word, tell
from shared_schema.form import Form
from shared_schema.intake import Receipt
from shared_schema.kiosk_api import CallHeard, Heartbeat, KioskConfig

if TYPE_CHECKING:
    from kiosk_client.service_api import ServiceApi

_FIRST_RETRY = 1.0  # seconds, doubled at each try
_LONGEST_RETRY = 60.0
_HEARTBEAT = 60.0
_AFTER_TROUBLE = 10.0
_LONGEST_ASKED = 600.0  # what a service may ask for; beyond, somebody made a mistake

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contact:
    """What the last try to reach the service came to.

    `at`: of the last answer that was the service's, None before the first. `trouble`: why the last try had none, for
    staff. `unknown`: the service does not know this kiosk (any more). `clock_error`: what to add to this kiosk's clock
    to have the service's.
    """

    reachable: bool = False
    at: datetime | None = None
    trouble: str = ""
    unknown: bool = False
    clock_error: timedelta = timedelta()


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
        self._contact = Contact()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    @property
    def contact(self) -> Contact:
        """Safe from any thread."""
        return self._contact

    def service_time(self) -> datetime | None:
        """What the service's clock says now; None before its first answer."""
        contact = self._contact
        return datetime.now(UTC) + contact.clock_error if contact.at is not None else None

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something new is in the spool: send it now, whatever the last try said. Somebody may need a person."""
        self._awake.set()

    def stop(self, timeout: float = 2.0) -> None:
        """End after the request in the air; what is not sent stays in the spool."""
        self._stopping = True
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        api = self._connect()
        tries = 0
        heartbeat_at = -math.inf
        while not self._stopping:
            self._awake.clear()
            try:
                failure = self._drain(api)
                tries = tries + 1 if failure else 0
                if time.monotonic() >= heartbeat_at:
                    heartbeat_at = time.monotonic() + _HEARTBEAT
                    self._report(api)
                if self._was_paired_anew():
                    api.close()
                    api = self._connect()
                    heartbeat_at = -math.inf
                    continue
                wait = max(_retry(tries), _asked(failure)) if failure else _HEARTBEAT
            except SpoolError as error:
                _log.warning("%s; trying again", error)
                wait = _AFTER_TROUBLE
            except Exception as error:  # a sender that has ended would keep every further intake here, unseen
                _log.error("the sender stumbled over %s; trying again", type(error).__name__)
                wait = _AFTER_TROUBLE
            self._awake.wait(wait)
        api.close()

    def _connect(self) -> "ServiceApi":
        # imported here, in the sender's thread and after the first frame: `requests` takes 150 ms
        from kiosk_client.service_api import ServiceApi  # noqa: PLC0415

        return ServiceApi(self._stored.address, self._stored.enrollment.credential, self._ca_file)

    def _was_paired_anew(self) -> bool:
        """Whether somebody has paired this kiosk again, since the service does not know it any more."""
        if not self._contact.unknown:
            return False
        try:
            stored = self._store.load()
        except EnrollmentDamaged:
            return False
        if stored is None or stored.enrollment.credential == self._stored.enrollment.credential:
            return False
        self._stored = stored
        return True

    def _drain(self, api: "ServiceApi") -> Failure | None:
        """Send what is held: calls for a person first, then intakes, oldest first.

        None: nothing waits any more. Else the service cannot be reached, asks to wait or does not know us; try later.
        """
        while not self._stopping:
            if call := self._spool.next_call():
                heard = self._noted(api, api.post_call(call))
                if not isinstance(heard, CallHeard | Refused):
                    return heard
                self._spool.answered(call.intake_id, heard=isinstance(heard, CallHeard) and heard.told > 0)
            elif held := self._spool.next():
                receipt = self._noted(api, api.post_intake(held.sealed, held.proof))
                now = datetime.now(UTC)
                if isinstance(receipt, Receipt):
                    self._spool.accepted(held.sealed.intake_id, now)
                elif isinstance(receipt, Refused):
                    _log.warning("the service refused an intake for good: %s", receipt.code)
                    self._spool.refused(held.sealed.intake_id, receipt.code, now)
                else:
                    return receipt
            else:
                return None
        return None

    def _report(self, api: "ServiceApi") -> None:
        counts = self._spool.counts()
        heartbeat = Heartbeat(
            app_version=version("warm-handoff"),
            sent_at=datetime.now(UTC),
            held=counts.held,
            refused=counts.refused,
            oldest_held_at=counts.oldest_held_at,
        )
        if self._noted(api, api.post_heartbeat(heartbeat)) is None:
            tell(Word.HEARD)
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
            self._keep(lambda: self._store.save_form(form))
        self._keep(lambda: self._store.save_config(config))
        self._on_config(config, form)

    def _keep(self, save: Callable[[], None]) -> None:
        """A disk that takes nothing more is no reason not to use what the site decided, until the next start."""
        try:
            save()
        except (OSError, EnrollmentDamaged) as error:
            _log.warning("the site's settings could not be kept: %s", type(error).__name__)

    def _noted(self, api: "ServiceApi", outcome: _T | Failure) -> _T | Failure:
        """The same outcome; what it says of the line is kept for whoever asks."""
        if isinstance(outcome, Unreachable) and not outcome.after:
            self._contact = replace(self._contact, reachable=False, trouble=outcome.reason)
            return outcome
        now = datetime.now(UTC)
        self._contact = Contact(
            reachable=not isinstance(outcome, NotEnrolled),
            at=now,
            trouble=outcome.code if isinstance(outcome, NotEnrolled) else "",
            unknown=isinstance(outcome, NotEnrolled),
            clock_error=api.service_time - now if api.service_time else timedelta(),
        )
        return outcome


def _asked(failure: Failure) -> float:
    """Seconds that the service asks us to wait: its word counts, but not for so long that intakes are forgotten."""
    after = failure.after if isinstance(failure, Unreachable) else 0.0
    return min(after, _LONGEST_ASKED) * random.uniform(1.0, 1.25)  # noqa: S311  (spreads the load, protects nothing)


def _retry(tries: int) -> float:
    """Seconds until the next try: doubled each time, with jitter, so that many kiosks do not come back at once."""
    wait = min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** min(tries - 1, 10))
    return wait * random.uniform(0.5, 1.0)  # noqa: S311  (spreads the load, protects nothing)
