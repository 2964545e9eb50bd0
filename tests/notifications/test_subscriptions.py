import string
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from notifications import alerts, subscriptions
from notifications.subscriptions import BadSubscription, Policy, UnknownDevice
from notifications.tables import AlertKind
from tests.notifications.devices import NOW, Device, base64url

BOB, CHARLIE = 2, 3
MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/made-up"
DEVICE = Device()


def register(
    session: Session,
    endpoint: str = MOZILLA,
    p256dh: str = DEVICE.p256dh,
    auth: str = DEVICE.auth,
    device: str = "",
) -> None:
    subscriptions.register(session, BOB, endpoint, p256dh, auth, "Test phone", NOW, Policy(), device)


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
    ids=["off the curve", "no coordinates", "cut", "short secret", "not base64", "empty"],
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


def test_what_is_on_its_way_to_one_person_never_comes_to_the_next(session: Session) -> None:
    register(session)
    (bobs,) = subscriptions.of_staff(session, BOB)
    alert = alerts.raise_alert(
        session, AlertKind.READY_FOR_ASSIGNMENT, 1, "Harbor House", "7", "/intakes/7", [BOB], NOW
    )

    subscriptions.register(session, CHARLIE, MOZILLA, DEVICE.p256dh, DEVICE.auth, "", NOW, Policy())

    (notice,) = alerts.ledger(session, alert)
    assert notice.subscription_id == bobs.id
    assert bobs.id not in {each.id for each in subscriptions.of_staff(session, CHARLIE)}


def test_a_device_is_known_again_by_its_secret_and_keeps_its_name(session: Session) -> None:
    register(session, device="made-up secret")
    (phone,) = subscriptions.of_staff(session, BOB)
    subscriptions.rename(session, BOB, phone.id, "  Bob's   phone ")

    subscriptions.renew(session, "made-up secret", f"{MOZILLA}-2", DEVICE.p256dh, DEVICE.auth, NOW, Policy())
    register(session, f"{MOZILLA}-3", device="made-up secret")

    assert [each.endpoint for each in subscriptions.of_staff(session, BOB)] == [f"{MOZILLA}-3"]
    assert (phone.device_name, phone.id) == ("Bob's phone", subscriptions.of_staff(session, BOB)[0].id)


def test_a_stranger_renews_nothing(session: Session) -> None:
    register(session, device="made-up secret")
    register(session, f"{MOZILLA}-old")  # from before devices had a secret

    for guess in ("", "guessed"):
        with pytest.raises(UnknownDevice):
            subscriptions.renew(session, guess, f"{MOZILLA}-2", DEVICE.p256dh, DEVICE.auth, NOW, Policy())


def test_a_copied_database_is_nobodys_device(session: Session) -> None:
    register(session, device="made-up secret")
    assert "made-up secret" not in str(vars(subscriptions.of_staff(session, BOB)[0]))


def test_a_person_has_several_devices_and_names_them(session: Session) -> None:
    register(session, MOZILLA, device="phone")
    register(session, f"{MOZILLA}-2", device="desk")
    phone, desk = subscriptions.of_staff(session, BOB)

    subscriptions.rename(session, BOB, phone.id, "x" * 200)
    subscriptions.rename(session, BOB, desk.id, "   ")
    with pytest.raises(UnknownDevice):
        subscriptions.rename(session, CHARLIE, phone.id, "Mine")

    assert (phone.device_name, desk.device_name) == ("x" * 80, "Test phone")


def test_nobody_removes_somebody_elses(session: Session) -> None:
    register(session)
    (phone,) = subscriptions.of_staff(session, BOB)
    subscriptions.remove(session, CHARLIE, phone.id)
    assert len(subscriptions.of_staff(session, BOB)) == 1

    subscriptions.remove(session, BOB, phone.id)
    assert subscriptions.of_staff(session, BOB) == []


def test_the_number_of_a_removed_device_is_never_given_again(session: Session) -> None:
    register(session)
    (old,) = subscriptions.of_staff(session, BOB)
    subscriptions.remove(session, BOB, old.id)
    register(session, f"{MOZILLA}-2")

    assert subscriptions.of_staff(session, BOB)[0].id > old.id


def test_a_confirmation_is_written_once_a_minute_and_a_change_at_once(session: Session) -> None:
    register(session, device="phone")
    (phone,) = subscriptions.of_staff(session, BOB)

    def confirm(endpoint: str, seconds: int) -> datetime:
        now = NOW + timedelta(seconds=seconds)
        subscriptions.confirm(session, phone, endpoint, DEVICE.p256dh, DEVICE.auth, now, Policy(), "phone")
        return phone.confirmed_at

    assert confirm(MOZILLA, 30) == NOW
    assert confirm(MOZILLA, 90) == NOW + timedelta(seconds=90)
    assert confirm(f"{MOZILLA}-2", 91) == NOW + timedelta(seconds=91)
    assert phone.endpoint == f"{MOZILLA}-2"


def test_a_device_says_when_it_last_showed_an_alert(session: Session) -> None:
    register(session, device="phone")
    register(session, f"{MOZILLA}-2", device="desk")
    alert = alerts.raise_alert(
        session, AlertKind.READY_FOR_ASSIGNMENT, 1, "Harbor House", "7", "/intakes/7", [BOB], NOW
    )
    notice = alerts.ledger(session, alert)[1]

    subscriptions.has_shown(session, notice.token, NOW)

    session.expire_all()
    assert [each.last_shown_at for each in subscriptions.of_staff(session, BOB)] == [None, NOW]
