"""The browsers that staff turned alerts on in."""

import base64
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from notifications.settings import BIG_FOUR
from notifications.tables import PushSubscription

_MAX_ENDPOINT = 1024
_MAX_NAME = 80
_POINT = 65  # an uncompressed P-256 point, RFC 8291 section 3.1
_AUTH = 16  # RFC 8291 section 3.2


class BadSubscription(Exception):
    """What the browser sent is not a subscription that alerts may go to. Says what to do, never what was sent."""


@dataclass(frozen=True)
class Policy:
    """Where pushes may go: host patterns; `allow_private` also lets plain http pass."""

    hosts: tuple[str, ...] = BIG_FOUR
    allow_private: bool = False


def register(
    session: Session,
    staff_id: int,
    endpoint: str,
    p256dh: str,
    auth: str,
    device_name: str,
    now: datetime,
    policy: Policy,
) -> PushSubscription:
    """Keep a browser's subscription, or confirm it. A known one moves to this staff member: one browser, one person.

    Raises BadSubscription.
    """
    _require_usable(endpoint, p256dh, auth, policy)
    found = session.scalar(select(PushSubscription).where(PushSubscription.endpoint == endpoint))
    if found is None:
        found = PushSubscription(endpoint=endpoint, created_at=now)
        session.add(found)
    found.staff_id = staff_id
    found.p256dh, found.auth = p256dh, auth
    found.device_name = device_name.strip()[:_MAX_NAME] or "This device"
    found.confirmed_at = now
    found.suspect_since = None
    session.flush()
    return found


def replace(
    session: Session,
    staff_id: int,
    old_endpoint: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
    policy: Policy,
) -> PushSubscription:
    """The browser got a new subscription for an old one; the device keeps its name."""
    old = session.scalar(_own(staff_id, old_endpoint))
    name = old.device_name if old is not None else ""
    new = register(session, staff_id, endpoint, p256dh, auth, name, now, policy)
    if old_endpoint != endpoint:
        remove(session, staff_id, old_endpoint)
    return new


def remove(session: Session, staff_id: int, endpoint: str) -> None:
    """Forget one's own subscription; somebody else's is left alone, an unknown one is fine."""
    session.execute(
        delete(PushSubscription).where(PushSubscription.staff_id == staff_id, PushSubscription.endpoint == endpoint)
    )


def of_staff(session: Session, staff_id: int) -> Sequence[PushSubscription]:
    """A person's devices, oldest first."""
    query = select(PushSubscription).where(PushSubscription.staff_id == staff_id)
    return session.scalars(query.order_by(PushSubscription.id)).all()


def _own(staff_id: int, endpoint: str) -> Select[PushSubscription]:
    return select(PushSubscription).where(PushSubscription.staff_id == staff_id, PushSubscription.endpoint == endpoint)


def _require_usable(endpoint: str, p256dh: str, auth: str, policy: Policy) -> None:
    if not any(fnmatchcase(_host(endpoint, policy), pattern) for pattern in policy.hosts):
        raise BadSubscription("This browser's push service is not on the list of allowed ones. Ask an administrator.")
    point = _decoded(p256dh)
    if len(point) != _POINT or point[0] != 4 or not _on_curve(point) or len(_decoded(auth)) != _AUTH:
        raise BadSubscription("This browser's push keys are not usable. Turn alerts off and on again.")


def _host(endpoint: str, policy: Policy) -> str:
    schemes = {"https", "http"} if policy.allow_private else {"https"}
    try:
        parts = urlsplit(endpoint[: _MAX_ENDPOINT + 1])
    except ValueError:  # brackets that hold no IPv6 address
        parts = urlsplit("")
    if len(endpoint) > _MAX_ENDPOINT or parts.scheme not in schemes or not parts.hostname or parts.username:
        raise BadSubscription("This browser's push address is not one we can use. Turn alerts off and on again.")
    return parts.hostname


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value[:200] + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (Base64Error, ValueError):
        return b""


def _on_curve(point: bytes) -> bool:
    """Whether the point lies on P-256 (SEC 2, section 2.4.2): y^2 = x^3 - 3x + b."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    return x < p and y < p and (y * y - (x * x * x - 3 * x + b)) % p == 0
