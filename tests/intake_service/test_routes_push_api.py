"""Devices and how they stand, as their browsers and their owners' forms speak of them."""

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, undefer_group

from intake_service.keys import Keys
from intake_service.tables import Staff, StaffSession
from notifications.tables import PushSubscription
from notifications.vapid import key_id_of
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service
from tests.notifications.devices import Device

MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/made-up"
DEVICE = Device()
PUSH = "/api/v1/push/subscriptions"


def body(endpoint: str = MOZILLA) -> dict[str, str]:
    return {"endpoint": endpoint, "p256dh": DEVICE.p256dh, "auth": DEVICE.auth}


def token(session: Session, name: str) -> str:
    """What a page of this person's carries."""
    newest = select(StaffSession.csrf_token).join(Staff, Staff.id == StaffSession.staff_id)
    found = session.scalars(newest.where(Staff.name == name).order_by(StaffSession.id.desc())).first()
    session.commit()
    assert found is not None
    return found


@pytest.fixture
def bob(service: Service, session: Session, center: Center) -> httpx.Client:
    """Bob's browser, signed in, as a script of our page."""
    sign_in(service.client, "bob")
    service.client.headers["X-CSRF-Token"] = token(session, "Bob")
    return service.client


def devices(session: Session, staff_id: int) -> list[PushSubscription]:
    session.expire_all()
    query = select(PushSubscription).where(PushSubscription.staff_id == staff_id).options(undefer_group("reach"))
    found = list(session.scalars(query.order_by(PushSubscription.id)))
    session.commit()
    return found


def standing(client: httpx.Client, endpoint: str | None = MOZILLA) -> str:
    has = body(endpoint) if endpoint else None
    answer = client.post(f"{PUSH}/confirmation", json={"subscription": has})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["standing"])


def test_a_page_says_how_its_browser_can_be_reached_now(bob: httpx.Client, session: Session, center: Center) -> None:
    assert standing(bob) == "off"
    assert devices(session, center.bob) == []

    assert bob.post(PUSH, json={**body(), "device_name": "Firefox on Linux"}).status_code == 204
    assert standing(bob) == "on"
    assert standing(bob, f"{MOZILLA}-changed-meanwhile") == "on"
    assert standing(bob, None) == "lost"

    (device,) = devices(session, center.bob)
    assert (device.endpoint, device.device_name) == (f"{MOZILLA}-changed-meanwhile", "Firefox on Linux")


def test_it_is_known_which_key_a_subscription_was_made_with(
    bob: httpx.Client, session: Session, center: Center, keys: Keys
) -> None:
    bob.post(PUSH, json=body())
    assert devices(session, center.bob)[0].vapid_key_id == ""  # an earlier page does not say

    own = {"subscription": {**body(), "public_key": keys.vapid.public_key}}
    assert bob.post(f"{PUSH}/confirmation", json=own).json()["public_key"] == keys.vapid.public_key
    assert devices(session, center.bob)[0].vapid_key_id == key_id_of(keys.vapid.public_key)

    standing(bob)
    assert devices(session, center.bob)[0].vapid_key_id == key_id_of(keys.vapid.public_key)
    bob.post(f"{PUSH}/renewal", json={**body(f"{MOZILLA}-new"), "public_key": "made up"})
    assert devices(session, center.bob)[0].vapid_key_id == key_id_of("made up")


def test_what_cannot_be_read_any_more_is_written_anew(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json=body())
    session.execute(text("UPDATE push_subscription SET p256dh = endpoint"))
    session.commit()

    assert standing(bob) == "on"

    assert devices(session, center.bob)[0].p256dh == DEVICE.p256dh


def test_a_device_without_a_cookie_is_known_by_its_endpoint(
    bob: httpx.Client, session: Session, center: Center
) -> None:
    bob.post(PUSH, json=body())
    bob.cookies.delete("device")

    assert standing(bob) == "on"
    assert standing(bob, f"{MOZILLA}-new") == "on"  # by the cookie that the last answer brought


def test_a_device_that_was_refused_hears_of_it_until_it_is_turned_on_again(
    bob: httpx.Client, session: Session, center: Center
) -> None:
    bob.post(PUSH, json=body())
    (device,) = devices(session, center.bob)
    session.refresh(device)
    device.suspect_since = device.created_at
    session.commit()

    assert standing(bob) == "refused"
    assert "The push service refused it" in bob.get("/alerts").text
    bob.post(PUSH, json=body(f"{MOZILLA}-2"))
    assert standing(bob, f"{MOZILLA}-2") == "on"


def test_another_persons_alerts_are_not_taken_over_by_looking(
    bob: httpx.Client, session: Session, center: Center
) -> None:
    bob.post(PUSH, json=body())
    sign_in(bob, "charlie")  # Bob's session ran out; nobody signed out
    bob.headers["X-CSRF-Token"] = token(session, "Charlie")

    assert standing(bob) == "somebody-elses"
    assert len(devices(session, center.bob)) == 1

    bob.post(PUSH, json=body(f"{MOZILLA}-2"))
    assert (devices(session, center.bob), len(devices(session, center.charlie))) == ([], 1)


def test_signing_out_ends_alerts_in_this_browser_alone(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json=body())
    bob.cookies.delete("device")  # another browser of his
    bob.post(PUSH, json=body(f"{MOZILLA}-desk"))

    bob.post("/sign-out", data={"csrf": token(session, "Bob")})

    assert [each.endpoint for each in devices(session, center.bob)] == [MOZILLA]


def test_signing_out_leaves_another_persons_alerts_alone(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json=body())
    sign_in(bob, "charlie")
    bob.post("/sign-out", data={"csrf": token(session, "Charlie")})

    assert len(devices(session, center.bob)) == 1


def test_devices_are_renamed_and_removed_by_plain_forms(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json={**body(), "device_name": "Firefox on Linux"})
    (device,) = devices(session, center.bob)
    csrf = {"csrf": token(session, "Bob")}
    assert "Firefox on Linux" in bob.get("/alerts").text
    assert "this device" in bob.get("/alerts").text

    assert bob.post(f"/alerts/devices/{device.id}/name", data={**csrf, "name": "Bob's <b>desk</b>"}).status_code == 303
    assert "Bob&#39;s &lt;b&gt;desk&lt;/b&gt;" in bob.get("/alerts").text

    assert bob.post(f"/alerts/devices/{device.id}/removal", data=csrf).status_code == 303
    assert "None has alerts turned on" in bob.get("/alerts").text
    assert standing(bob) == "off"  # the browser is told, and gives its own half up


def test_nobody_renames_or_removes_somebody_elses_device(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json={**body(), "device_name": "Bob's phone"})
    (device,) = devices(session, center.bob)
    sign_in(bob, "charlie")
    csrf = {"csrf": token(session, "Charlie")}

    assert bob.post(f"/alerts/devices/{device.id}/name", data={**csrf, "name": "Mine"}).status_code == 404
    bob.post(f"/alerts/devices/{device.id}/removal", data=csrf)
    assert [each.device_name for each in devices(session, center.bob)] == ["Bob's phone"]


def test_a_service_worker_renews_by_the_cookie_alone(bob: httpx.Client, session: Session, center: Center) -> None:
    bob.post(PUSH, json=body())
    bob.cookies.delete("session")
    del bob.headers["X-CSRF-Token"]

    assert bob.post(f"{PUSH}/renewal", json=body(f"{MOZILLA}-new")).status_code == 204
    assert [each.endpoint for each in devices(session, center.bob)] == [f"{MOZILLA}-new"]

    bob.cookies.delete("device")
    assert bob.post(f"{PUSH}/renewal", json=body(f"{MOZILLA}-stolen")).status_code == 404
    assert bob.post(f"{PUSH}/renewal", json=body("https://example.org/elsewhere")).status_code == 404


def test_alerts_go_to_allowed_push_services_only(bob: httpx.Client, session: Session, center: Center) -> None:
    refused = bob.post(PUSH, json=body("https://example.org/elsewhere"))

    assert (refused.status_code, "not on the list" in refused.json()["detail"]) == (422, True)
    bob.post(PUSH, json=body())
    assert bob.post(f"{PUSH}/confirmation", json={"subscription": body("https://example.org/x")}).status_code == 422
