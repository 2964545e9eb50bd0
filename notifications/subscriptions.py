"""The browsers that staff turned alerts on in."""

import base64
import hashlib
from binascii import Error as Base64Error
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from notifications.encrypted import Locked
from notifications.settings import BIG_FOUR
from notifications.tables import Notice, PushSubscription

_MAX_ENDPOINT = 1024
_MAX_NAME = 80
_POINT = 65  # an uncompressed P-256 point, RFC 8291 section 3.1
_AUTH = 16  # RFC 8291 section 3.2
_CONFIRM_AGAIN = timedelta(minutes=1)  # every page says that it is there; writing that down need not be as often


class BadSubscription(Exception):
    """What the browser sent is not a subscription that alerts may go to. Says what to do, never what was sent."""


class UnknownDevice(Exception):
    """No such device among this person's, or no device with this secret."""


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
    device: str = "",
    vapid_key_id: str = "",
) -> PushSubscription:
    """Alerts are turned on in a browser: they come to this person from now on, and to nobody else there.

    `device`: the secret of the browser's cookie. A device that was this person's already keeps the name it has.
    `vapid_key_id`: of the key that the browser made the subscription with; empty if it does not say.
    Raises BadSubscription.
    """
    _require_usable(endpoint, p256dh, auth, policy)
    found = None
    for known in session.scalars(_of_browser(device, endpoint)).all():
        if known.staff_id == staff_id and found is None:
            found = known
        else:  # a row of its own for each person: what is on its way to the other one must not come to this one
            session.delete(known)
    session.flush()
    if found is None:
        name = device_name.strip()[:_MAX_NAME] or "This device"
        found = PushSubscription(staff_id=staff_id, device_name=name, created_at=now)
        session.add(found)
    found.device_digest = _digest(device)
    found.suspect_since = None
    _keep(found, endpoint, p256dh, auth, vapid_key_id, now)
    session.flush()
    return found


def of_browser(session: Session, device: str, endpoint: str = "") -> PushSubscription | None:
    """What is known of the browser with this cookie, or else with this endpoint, whoever's it is."""
    found = session.scalars(_of_browser(device, endpoint)).all()
    return next((each for each in found if each.device_digest == _digest(device)), found[0] if found else None)


def confirm(
    session: Session,
    subscription: PushSubscription,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
    policy: Policy,
    device: str = "",
    vapid_key_id: str = "",
) -> None:
    """The browser says that this is how it can be reached now. Raises BadSubscription."""
    _require_usable(endpoint, p256dh, auth, policy)
    same = _is_kept(subscription, endpoint, p256dh, auth, vapid_key_id)
    known = subscription.device_digest == _digest(device) or not device
    if same and known and now - subscription.confirmed_at < _CONFIRM_AGAIN:
        return
    for other in session.scalars(_of_browser(device, endpoint)).all():
        if other is not subscription:
            session.delete(other)
    session.flush()
    subscription.device_digest = _digest(device) or subscription.device_digest
    if not same:
        subscription.suspect_since = None
    _keep(subscription, endpoint, p256dh, auth, vapid_key_id, now)
    session.flush()


def renew(
    session: Session,
    device: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
    policy: Policy,
    vapid_key_id: str = "",
) -> None:
    """The browser changed its subscription while no page was open. Raises UnknownDevice, BadSubscription."""
    found = of_browser(session, device)
    if found is None:
        raise UnknownDevice
    confirm(session, found, endpoint, p256dh, auth, now, policy, device, vapid_key_id)


def rename(session: Session, staff_id: int, subscription_id: int, name: str) -> None:
    """Raises UnknownDevice. Without a single letter the old name stays."""
    found = session.scalar(_own(staff_id, subscription_id))
    if found is None:
        raise UnknownDevice
    found.device_name = " ".join(name.split())[:_MAX_NAME] or found.device_name
    session.flush()


def remove(session: Session, staff_id: int, subscription_id: int) -> None:
    """Forget one's own device; somebody else's is left alone, an unknown one is fine."""
    session.execute(
        delete(PushSubscription).where(PushSubscription.staff_id == staff_id, PushSubscription.id == subscription_id)
    )


def remove_all(session: Session, staff_id: int) -> None:
    """Forget every device of a person: nothing that is still on its way goes there."""
    session.execute(delete(PushSubscription).where(PushSubscription.staff_id == staff_id))


def has_shown(session: Session, token: str, now: datetime) -> None:
    """The device that got this notice is one that shows alerts."""
    its = select(Notice.subscription_id).where(Notice.token == token).scalar_subquery()
    session.execute(update(PushSubscription).where(PushSubscription.id == its).values(last_shown_at=now))


def of_staff(session: Session, staff_id: int) -> Sequence[PushSubscription]:
    """A person's devices, oldest first."""
    query = select(PushSubscription).where(PushSubscription.staff_id == staff_id)
    return session.scalars(query.order_by(PushSubscription.id)).all()


def endpoint_digest(endpoint: str) -> str:
    """What an encrypted endpoint is found by. It needs no key: nobody guesses the random part of an endpoint."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def vapid_keys_needed(session: Session) -> dict[str, int]:
    """How many subscriptions were made with each key, by its id; empty is the first key."""
    counted = select(PushSubscription.vapid_key_id, func.count()).group_by(PushSubscription.vapid_key_id)
    return dict(session.execute(counted).all())


def _of_browser(device: str, endpoint: str) -> Select[PushSubscription]:
    this = PushSubscription.endpoint_digest == endpoint_digest(endpoint)
    if device:
        this = or_(this, PushSubscription.device_digest == _digest(device))
    return select(PushSubscription).where(this).order_by(PushSubscription.id)


def _own(staff_id: int, subscription_id: int) -> Select[PushSubscription]:
    return select(PushSubscription).where(PushSubscription.staff_id == staff_id, PushSubscription.id == subscription_id)


def _is_kept(subscription: PushSubscription, endpoint: str, p256dh: str, auth: str, vapid_key_id: str) -> bool:
    """What cannot be read any more counts as changed, so that it is written anew."""
    if vapid_key_id and vapid_key_id != subscription.vapid_key_id:
        return False
    with suppress(Locked):
        return (subscription.endpoint, subscription.p256dh, subscription.auth) == (endpoint, p256dh, auth)
    return False


def _keep(
    subscription: PushSubscription, endpoint: str, p256dh: str, auth: str, vapid_key_id: str, now: datetime
) -> None:
    digest = endpoint_digest(endpoint)
    if vapid_key_id or digest != subscription.endpoint_digest:
        subscription.vapid_key_id = vapid_key_id
    subscription.endpoint_digest = digest
    subscription.endpoint, subscription.p256dh, subscription.auth = endpoint, p256dh, auth
    subscription.confirmed_at = now


def _digest(device: str) -> str | None:
    """What is kept of a device's secret, so that a copied database is nobody's device."""
    return hashlib.sha256(device.encode()).hexdigest() if device else None


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
