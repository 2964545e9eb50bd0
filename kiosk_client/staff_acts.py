"""What the staff corner is connected to: the state of a running kiosk, and what staff can do to it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from kiosk_client.enrollment import Stored
from kiosk_client.outcomes import NotEnrolled, Refused, Unreachable
from kiosk_client.sender import Sender
from kiosk_client.session import Session
from kiosk_client.spool import Counts, Spool, SpoolError
from kiosk_client.staff_corner import Acts, Health, StaffCorner
from kiosk_client.voice import Tone, Voice


@dataclass(frozen=True)
class Parts:
    """Of a running kiosk. `letters`: see Health. `change`: does something between two frames, from any thread."""

    stored: Stored
    session: Session
    spool: Spool
    sender: Sender
    voice: Voice
    ca_file: str | None
    letters: Callable[[], str]
    change: Callable[[Callable[[], None]], None]


def staff_corner(
    parts: Parts,
    measure: Callable[[int], None],
    pair: Callable[[], None],
    restart: Callable[[], None],
    leave: Callable[[], None],
    wifi: Callable[[], Callable[[], None] | None],
) -> StaffCorner:
    """`measure`: the lit picture's width in mm. `leave`: back to the participants' first screen. `wifi`: see Acts."""

    def alert() -> None:
        threading.Thread(target=_send_test_alert, args=(parts, corner), name="test-alert", daemon=True).start()

    corner = StaffCorner(
        lambda: _health(parts),
        Acts(lambda: _sound(parts), alert, lambda: _try_again(parts), measure, pair, restart, leave, wifi),
    )
    return corner


def _health(parts: Parts) -> Health:
    config = parts.session.config
    return Health(
        site_name=config.site_name,
        time_zone=config.hours.time_zone,
        version=version("warm-handoff"),
        address=parts.stored.address,
        contact=parts.sender.contact,
        counts=_counts(parts.spool),
        staff_pin=config.settings.staff_pin,
        letters=parts.letters(),
    )


def _counts(spool: Spool) -> Counts | None:
    try:
        return spool.counts()
    except SpoolError:
        return None


def _sound(parts: Parts) -> bool:
    settings = parts.session.settings
    if settings.sound:
        parts.voice.tone(Tone.DONE, settings.volume)
    return settings.sound


def _try_again(parts: Parts) -> None:
    try:
        parts.spool.try_refused_again()
    except SpoolError:
        return  # the corner says so of the disk
    parts.sender.wake()


def _send_test_alert(parts: Parts, corner: StaffCorner) -> None:
    # imported here, in a thread of its own: `requests` takes 150 ms
    from kiosk_client.service_api import ServiceApi  # noqa: PLC0415

    api = ServiceApi(parts.stored.address, parts.stored.enrollment.credential, parts.ca_file)
    try:
        answer = api.post_test_alert()
    finally:
        api.close()
    match answer:
        case Unreachable(reason):
            parts.change(lambda: corner.alerted(None, reason))
        case NotEnrolled(code) | Refused(code):
            parts.change(lambda: corner.alerted(None, code))
        case raised:
            count = raised.told
            parts.change(lambda: corner.alerted(count))
