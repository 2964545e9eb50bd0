"""An alert on Bob's Chromium, the whole way: real service, real worker, encryption, a browser that decrypts, a click.

Only Google is played, by tests/support/google_push.py, and the desktop that shows notifications, by support/desktop.py.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.house import ALERT, REPLACEMENT, TAKEN_CARE_OF, WAITING, House, running_house
from tests.intake_service.center import PASSWORD
from tests.support.chromium import reachable_chromium
from tests.support.desktop import Desktop
from tests.support.google_push import GooglePush


@pytest.fixture
def house(google: GooglePush, database_url: str, tmp_path: Path) -> Iterator[House]:
    """A house whose way out leads through a proxy, to where Google is played."""
    settings = {
        "WARM_HANDOFF_PUSH_HOSTS": '["*.googleapis.com", "*.google.com"]',
        "WARM_HANDOFF_PUSH_ALLOW_PRIVATE": "false",
        "WARM_HANDOFF_PUSH_PROXY": google.proxy,
        "SSL_CERT_FILE": str(google.certificates.authority),
    }
    with running_house(tmp_path, database_url, settings) as house:
        yield house


@pytest.mark.timeout(300)
def test_a_chromium_through_a_day_of_alerts(
    playwright: Playwright, house: House, google: GooglePush, desktop: Desktop, chromium: Path
) -> None:
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        turn_alerts_on(page, house)
        a_test_alert_says_that_it_was_shown(page, desktop)
        page.goto("about:blank")  # from here on no page of ours is open, only the browser runs
        an_alert_is_answered_by_its_button(page, house, desktop)
        what_somebody_else_took_is_replaced(house, desktop)
        an_answer_that_did_not_get_through_can_be_given_again(house, desktop)
    google.wait_until_away()
    desktop.clear()

    intake = somebody_waits_and_three_messages_are_sent(house)
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        one_of_them_is_shown(intake, house, desktop)
        a_click_opens_the_page_whose_button_answers(page, intake, house, desktop)
        a_browser_that_gave_up_is_forgotten(page, house, google)
        who_signs_out_leaves_nothing_behind(page, house, google)


def turn_alerts_on(page: Page, house: House) -> None:
    page.goto(f"{house.url}/sign-in?next=/alerts")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Turn alerts on").click()
    expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()


def a_test_alert_says_that_it_was_shown(page: Page, desktop: Desktop) -> None:
    page.get_by_role("button", name="Send me a test alert").click()
    desktop.click(desktop.wait_for("Alerts work on this device"))
    expect(page.get_by_role("status")).to_contain_text("It was shown.")


def an_alert_is_answered_by_its_button(page: Page, house: House, desktop: Desktop) -> None:
    intake = house.somebody_waits()
    shown = desktop.wait_for(WAITING)
    assert "Harbor House" in shown.body
    house.wait_until_told(intake, (ALERT, "shown"))
    with page.context.expect_page() as opened:
        desktop.click(shown, "I'm on it")
    expect(opened.value.get_by_text("Bob is on it.")).to_be_visible()
    house.wait_until_told(intake, (ALERT, "acknowledged"))
    assert house.who_is_on_it(intake) == house.center.bob
    opened.value.close()


def what_somebody_else_took_is_replaced(house: House, desktop: Desktop) -> None:
    intake = house.somebody_waits()
    desktop.wait_for(WAITING)
    house.wait_until_told(intake, (ALERT, "shown"))
    house.alice_is_on_it(intake)
    desktop.wait_for(TAKEN_CARE_OF)
    house.wait_until_told(intake, (ALERT, "shown"), (REPLACEMENT, "shown"))
    assert [each.title for each in desktop.notifications] == [TAKEN_CARE_OF]  # in the place of the alert


def an_answer_that_did_not_get_through_can_be_given_again(house: House, desktop: Desktop) -> None:
    intake = house.somebody_waits()
    shown = desktop.wait_for(WAITING)
    house.wait_until_told(intake, (ALERT, "shown"))
    house.service.stop()
    desktop.click(shown, "I'm on it")
    back = desktop.wait_for(WAITING)
    assert back.id != shown.id
    assert house.who_is_on_it(intake) is None

    house.service.start()
    desktop.click(back, "I'm on it")
    house.wait_until_told(intake, (ALERT, "acknowledged"))
    assert house.who_is_on_it(intake) == house.center.bob


def somebody_waits_and_three_messages_are_sent(house: House) -> UUID:
    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "accepted"))
    for _ in range(2):
        house.tell_again(intake)
    house.wait_until_told(intake, *[(ALERT, "accepted")] * 3)
    return intake


def one_of_them_is_shown(intake: UUID, house: House, desktop: Desktop) -> None:
    desktop.wait_for(WAITING)
    house.wait_until_told(intake, (ALERT, "accepted"), (ALERT, "accepted"), (ALERT, "shown"))
    assert [each.title for each in desktop.history] == [WAITING]


def a_click_opens_the_page_whose_button_answers(page: Page, intake: UUID, house: House, desktop: Desktop) -> None:
    with page.context.expect_page() as opened:
        desktop.click(desktop.wait_for(WAITING))
    opened.value.get_by_role("button", name="I'm on it").click()
    expect(opened.value.get_by_text("Bob is on it.")).to_be_visible()
    assert house.who_is_on_it(intake) == house.center.bob
    opened.value.close()


def a_browser_that_gave_up_is_forgotten(page: Page, house: House, google: GooglePush) -> None:
    """By itself, as browsers do when their person takes the permission back: nobody tells the service."""
    page.goto(f"{house.url}/sign-in")
    unsubscribe = (
        "async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe()"
    )
    assert page.evaluate(unsubscribe)
    google.wait_until_unsubscribed()

    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "failed"))
    assert google.deliveries[-1].status == 410
    assert house.bobs_devices() == 0
    page.goto(f"{house.url}/alerts")
    expect(page.get_by_text("Alerts are off on this device.")).to_be_visible()
    expect(page.get_by_text("None has alerts turned on.")).to_be_visible()


def who_signs_out_leaves_nothing_behind(page: Page, house: House, google: GooglePush) -> None:
    page.get_by_role("button", name="Turn alerts on").click()
    expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    assert house.bobs_devices() == 0
    google.wait_until_unsubscribed()
