"""What the alerts page says on every kind of device, in a real Chromium that pretends to be it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, Playwright, Route, expect
from sqlalchemy.orm import Session

from intake_service.keys import Keys
from notifications import subscriptions
from notifications.subscriptions import Policy
from notifications.vapid import key_id_of
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.live import Service
from tests.notifications.devices import Device
from tests.support.chromium import DESK, PHONE, running_chromium

PICTURES = Path("build/pictures/alerts")
MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/made-up"

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1"
OLD_IPHONE = IPHONE.replace("18_6", "16_3").replace("18.6", "16.3")
IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"

NO_PUSH = "delete window.PushManager; delete window.Notification;"
BLOCKED = "Object.defineProperty(Notification, 'permission', {get: () => 'denied'});"
TOUCH = "Object.defineProperty(navigator, 'maxTouchPoints', {get: () => 5});"
INSTALLED = "Object.defineProperty(navigator, 'standalone', {get: () => true});"
NOT_SECURE = "Object.defineProperty(window, 'isSecureContext', {get: () => false});"
WITHOUT_ITS_PUSH_SERVICE = (
    "PushManager.prototype.subscribe = async () => { throw new Error('The push service cannot be reached.'); };"
)


def with_push(endpoint: str, bound_to: str = "null") -> str:
    """A push service that hands out this endpoint, for the key `bound_to`; nothing is ever sent to it."""
    device = Device()
    given = json.dumps({"endpoint": endpoint, "keys": {"p256dh": device.p256dh, "auth": device.auth}})
    return f"""
        const given = {given}, kept = 'made-up-subscription';
        const subscription = {{
            endpoint: given.endpoint, toJSON: () => given, options: {{applicationServerKey: {bound_to}}},
            unsubscribe: async () => {{ localStorage.removeItem(kept); return true; }},
        }};
        PushManager.prototype.getSubscription = async () => localStorage.getItem(kept) ? subscription : null;
        PushManager.prototype.subscribe = async ({{applicationServerKey}}) => {{
            localStorage.setItem(kept, 'yes');
            subscription.options = {{applicationServerKey: applicationServerKey.buffer}};
            return subscription;
        }};
    """


def open_alerts(page: Page, service: Service, name: str = "bob") -> None:
    page.goto(f"{service.url}/sign-in?next=/alerts")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Alerts", exact=True)).to_be_visible()


STATES = {
    "install-iphone": (IPHONE, NO_PUSH, "First put Warm Handoff on your home screen"),
    "install-ipad": (IPAD, NO_PUSH + TOUCH, "First put Warm Handoff on your home screen"),
    "old-iphone": (OLD_IPHONE, NO_PUSH, "system is too old"),
    "old-iphone-installed": (OLD_IPHONE, NO_PUSH + INSTALLED, "system is too old"),
    "blocked-iphone": (IPHONE, BLOCKED + INSTALLED, "Choose Warm Handoff."),
    "blocked-android": (ANDROID, BLOCKED, "Tap Permissions, then Notifications."),
    "blocked-firefox": (FIREFOX, BLOCKED, "click the small cross"),
    "blocked-mac": (IPAD, BLOCKED, "Choose Notifications on the left."),
    "blocked": (None, BLOCKED, "Turn Notifications on, or set them to Allow."),
    "unable": (None, NO_PUSH, "This browser cannot receive alerts."),
    "not-secure": (None, NOT_SECURE, "Ask an administrator for that address."),
    "off": (None, "", "Alerts are off on this device."),
}


@pytest.mark.pictures
def test_every_device_is_told_what_to_do(playwright: Playwright, service: Service, center: Center) -> None:
    with running_chromium(playwright) as first:
        open_alerts(first, service)
        for name, (user_agent, pretence, words) in STATES.items():
            page = first.context.new_page()
            if user_agent:
                page.add_init_script(f"Object.defineProperty(navigator, 'userAgent', {{get: () => '{user_agent}'}})")
                page.set_viewport_size(PHONE if user_agent in {IPHONE, OLD_IPHONE, ANDROID} else DESK)
            page.add_init_script(pretence)
            page.goto(f"{service.url}/alerts")

            card = page.locator("#device")
            expect(card.get_by_text(words)).to_be_visible()
            expect(card.locator("[data-standing]:visible")).to_have_count(1)
            expect(card.get_by_role("button")).to_have_count(1 if name == "off" else 0)
            draw(page, name)
            page.close()


@pytest.mark.pictures
def test_alerts_are_turned_on_tested_renamed_and_turned_off(
    playwright: Playwright, service: Service, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
        device = page.locator("#devices li")
        expect(device).to_contain_text("Chrome on Linux")
        expect(device).to_contain_text("this device")
        expect(device).to_contain_text("Last confirmed just now · no alert shown yet")
        draw(page, "on-desk")
        page.set_viewport_size(PHONE)
        draw(page, "on-phone")

        page.get_by_role("button", name="Send me a test alert").click()
        expect(page.get_by_role("status")).to_contain_text("Sent.")

        page.get_by_text("Rename").click()
        page.get_by_label("Name of the device").fill("The desk by the door")
        page.get_by_role("button", name="Save").click()
        expect(device).to_contain_text("The desk by the door")

        page.get_by_role("button", name="Turn alerts off").click()
        expect(page.get_by_text("Alerts are off on this device.")).to_be_visible()
        expect(page.get_by_text("None has alerts turned on.")).to_be_visible()
        draw(page, "off-phone")
        expect(page.get_by_role("link", name="Alerts off")).to_be_visible()


def test_a_removed_device_gives_its_own_half_up(playwright: Playwright, service: Service, center: Center) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        page.get_by_role("button", name="Remove Chrome on Linux").click()

        expect(page.get_by_text("Alerts are off on this device.")).to_be_visible()
        page.wait_for_function("() => localStorage.getItem('made-up-subscription') === null")


def test_no_button_moves_under_a_finger(playwright: Playwright, service: Service, center: Center) -> None:
    """The card above the devices has another height once it is known how this one stands."""
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
        asked: list[Route] = []

        def hold(route: Route) -> None:
            asked.append(route)

        page.route("**/confirmation", hold)
        with page.expect_request("**/confirmation"):
            page.reload()

        remove = page.get_by_role("button", name="Remove Chrome on Linux")
        expect(page.get_by_text("Looking", exact=False)).to_be_visible()
        expect(remove).to_be_hidden()
        asked[0].continue_()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
        expect(remove).to_be_visible()


def test_what_the_browser_has_lost_is_taken_out_anew_by_the_next_page(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()

        page.add_init_script(with_push(f"{MOZILLA}-2"))
        page.evaluate("() => localStorage.clear()")
        page.goto(f"{service.url}/my-participants")
        page.wait_for_function("() => localStorage.getItem('made-up-subscription') === 'yes'")
        page.goto(f"{service.url}/alerts")

        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
        expect(page.locator("#devices li")).to_have_count(1)
    assert [each.endpoint for each in subscriptions.of_staff(session, center.bob)] == [f"{MOZILLA}-2"]


def test_a_subscription_for_another_key_is_made_anew(
    playwright: Playwright, service: Service, session: Session, center: Center, keys: Keys
) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()

        page.add_init_script(with_push(f"{MOZILLA}-2", bound_to="new Uint8Array(65).buffer"))
        page.goto(f"{service.url}/alerts")
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
    (device,) = subscriptions.of_staff(session, center.bob)
    assert (device.endpoint, device.vapid_key_id) == (f"{MOZILLA}-2", key_id_of(keys.vapid.public_key))


def test_signing_out_ends_alerts_and_the_next_person_is_not_signed_up(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Username")).to_be_visible()
        assert page.evaluate("() => localStorage.getItem('made-up-subscription')") is None

        open_alerts(page, service, "charlie")
        expect(page.get_by_text("Alerts are off on this device.")).to_be_visible()
    assert subscriptions.of_staff(session, center.bob) == []
    assert subscriptions.of_staff(session, center.charlie) == []


@pytest.mark.pictures
def test_a_browser_that_somebody_left_signed_in_is_handed_over_by_choice(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.add_init_script(with_push(MOZILLA))
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()

        open_alerts(page, service, "charlie")
        expect(page.get_by_text("Alerts on this device are another person's.")).to_be_visible()
        draw(page, "somebody-elses")
        page.get_by_role("button", name="Have alerts come to me").click()
        expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
    assert subscriptions.of_staff(session, center.bob) == []


@pytest.mark.pictures
def test_a_push_service_that_is_out_of_reach_is_told(playwright: Playwright, service: Service, center: Center) -> None:
    with running_chromium(playwright, PHONE) as page:
        page.add_init_script(WITHOUT_ITS_PUSH_SERVICE)
        open_alerts(page, service)
        page.get_by_role("button", name="Turn alerts on").click()

        expect(page.get_by_text("Alerts could not be turned on.")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        draw(page, "failed")


@pytest.mark.pictures
def test_devices_are_removed_without_javascript(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    now = datetime.now(UTC)
    for number, name in enumerate(("Bob's phone", "The desk by the door", "The old tablet in the kitchen")):
        device, since = Device(), now - timedelta(days=20 * number, minutes=4)
        made = subscriptions.register(
            session, center.bob, f"{MOZILLA}-{number}", device.p256dh, device.auth, name, since, Policy()
        )
        made.last_shown_at = since if number == 0 else None
        made.suspect_since = since if number == 1 else None
    session.commit()
    with running_chromium(playwright, PHONE, java_script=False) as page:
        open_alerts(page, service)
        expect(page.get_by_text("Alerts need JavaScript.")).to_be_visible()
        expect(page.get_by_text("Not heard of for 40 days.")).to_be_visible()
        page.get_by_text("Rename").first.click()
        draw(page, "no-script-phone")
        page.set_viewport_size(DESK)
        draw(page, "no-script-desk")

        page.get_by_role("button", name="Remove The old tablet in the kitchen").click()
        expect(page.locator("#devices li")).to_have_count(2)
        page.get_by_text("Rename").first.click()
        page.get_by_label("Name of the device").first.fill("Bob's new phone")
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_text("Bob's new phone")).to_be_visible()


def draw(page: Page, name: str) -> None:
    """In light and in dark; nothing may be wider than the screen."""
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"{name}-{scheme}.png", full_page=True)
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
