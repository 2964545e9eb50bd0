import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from notifications import subscriptions
from notifications.subscriptions import BadSubscription, Policy
from tests.notifications.devices import NOW, Device, base64url

BOB, CHARLIE = 2, 3
MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/made-up"
DEVICE = Device()


def register(session: Session, endpoint: str = MOZILLA, p256dh: str = DEVICE.p256dh, auth: str = DEVICE.auth) -> None:
    subscriptions.register(session, BOB, endpoint, p256dh, auth, "Test phone", NOW, Policy())


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://updates.push.services.mozilla.com/plain",
        "https://mozilla.com.example.org/other",
        "https://127.0.0.1/own-network",
        "https://someone@fcm.googleapis.com/with-a-user",
        "https://",
        "",
        MOZILLA + "x" * 1024,
    ],
)
def test_alerts_go_to_push_services_only(session: Session, endpoint: str) -> None:
    with pytest.raises(BadSubscription):
        register(session, endpoint)
    assert subscriptions.of_staff(session, BOB) == []


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        (base64url(b"\x04" + b"\x01" * 64), DEVICE.auth),
        (base64url(b"\x04" + b"\xff" * 64), DEVICE.auth),
        (DEVICE.p256dh[:-4], DEVICE.auth),
        (DEVICE.p256dh, base64url(b"short")),
        (DEVICE.p256dh, "*** not base64 ***"),
        ("", ""),
    ],
)
def test_keys_that_nobody_could_encrypt_to_are_refused(session: Session, p256dh: str, auth: str) -> None:
    with pytest.raises(BadSubscription):
        register(session, MOZILLA, p256dh, auth)


@given(st.text(max_size=60), st.text(string.printable, max_size=120), st.text(max_size=40))
def test_no_rubbish_does_more_than_be_refused(endpoint: str, p256dh: str, auth: str) -> None:
    with pytest.raises(BadSubscription) as refused:
        subscriptions.register(Session(), BOB, f"https://{endpoint}", p256dh, auth, "", NOW, Policy())
    assert len(p256dh) < 8 or p256dh not in str(refused.value)


def test_the_same_browser_again_is_confirmed_not_doubled(session: Session) -> None:
    register(session)
    register(session)
    assert len(subscriptions.of_staff(session, BOB)) == 1


def test_a_shared_browser_belongs_to_who_turned_alerts_on_last(session: Session) -> None:
    register(session)
    subscriptions.register(session, CHARLIE, MOZILLA, DEVICE.p256dh, DEVICE.auth, "", NOW, Policy())

    assert subscriptions.of_staff(session, BOB) == []
    assert [each.device_name for each in subscriptions.of_staff(session, CHARLIE)] == ["This device"]


def test_a_renewed_subscription_takes_the_old_ones_place(session: Session) -> None:
    register(session)
    new = subscriptions.replace(session, BOB, MOZILLA, f"{MOZILLA}-2", DEVICE.p256dh, DEVICE.auth, NOW, Policy())

    assert subscriptions.of_staff(session, BOB) == [new]
    assert new.device_name == "Test phone"


def test_nobody_removes_somebody_elses(session: Session) -> None:
    register(session)
    subscriptions.remove(session, CHARLIE, MOZILLA)
    assert len(subscriptions.of_staff(session, BOB)) == 1

    subscriptions.remove(session, BOB, MOZILLA)
    assert subscriptions.of_staff(session, BOB) == []
