"""An alert on Bob's Chromium, the whole way: real service, real worker, encryption, a browser that decrypts, a click.

Only Google is played, by tests/support/google_push.py, and the desktop that shows notifications, by support/desktop.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.alert_day import (
    a_browser_that_gave_up_is_forgotten,
    a_click_opens_the_page_whose_button_answers,
    one_of_them_is_shown,
    three_messages_are_sent_while_it_is_away,
    what_somebody_else_took_is_replaced,
)
from tests.browser.house import ALERT, WAITING, House, running_house
from tests.intake_service.center import PASSWORD
from tests.support.chromium import reachable_chromium
from tests.support.desktop import Desktop, Shown
from tests.support.google_push import GooglePush


@dataclass
class OnTheDesktop:
    """Bob's Chromium; the desktop shows its notifications."""

    page: Page
    house: House
    desktop: Desktop

    def wait_for(self, title: str) -> Shown:
        return self.desktop.wait_for(title)

    def titles(self) -> list[str]:
        return [each.title for each in self.desktop.notifications]

    def clear(self) -> None:
        self.desktop.clear()

    def answer_on_the_page(self) -> None:
        with self.page.context.expect_page() as opened:
            self.desktop.click(self.desktop.wait_for(WAITING))
        opened.value.get_by_role("button", name="I'm on it").click()
        expect(opened.value.get_by_text("Bob is on it.")).to_be_visible()
        opened.value.close()

    def unsubscribe(self) -> None:
        self.page.goto(f"{self.house.url}/sign-in")
        unsubscribe = (
            "async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe()"
        )
        assert self.page.evaluate(unsubscribe)

    def reads(self, path: str, *words: str) -> None:
        self.page.goto(f"{self.house.url}{path}")
        for each in words:
            expect(self.page.get_by_text(each)).to_be_visible()


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
        what_somebody_else_took_is_replaced(OnTheDesktop(page, house, desktop), house)
        an_answer_that_did_not_get_through_can_be_given_again(house, desktop)
    google.wait_until_away()
    desktop.clear()

    intake = three_messages_are_sent_while_it_is_away(house)
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        phone = OnTheDesktop(page, house, desktop)
        one_of_them_is_shown(phone, house, intake)
        assert [each.title for each in desktop.history] == [WAITING]  # not even for a moment was there another one
        a_click_opens_the_page_whose_button_answers(phone, house, intake)
        a_browser_that_gave_up_is_forgotten(phone, house, google)
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


def wait_until_it_is(opened: Page, intake: object) -> bool:
    """Whether this page is the intake's; a busy machine may open the one of an earlier notification only now."""
    opened.wait_for_url(re.compile("/(intakes|alerts|queue)"))
    return str(intake) in opened.url


def an_alert_is_answered_by_its_button(page: Page, house: House, desktop: Desktop) -> None:
    intake = house.somebody_waits()
    shown = desktop.wait_for(WAITING)
    assert "Harbor House" in shown.body
    house.wait_until_told(intake, (ALERT, "shown"))
    with page.context.expect_event("page", lambda opened: wait_until_it_is(opened, intake)) as opened:
        desktop.click(shown, "I'm on it")
    expect(opened.value.get_by_text("Bob is on it.")).to_be_visible()
    house.wait_until_told(intake, (ALERT, "acknowledged"))
    assert house.who_is_on_it(intake) == house.center.bob
    opened.value.close()


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


def who_signs_out_leaves_nothing_behind(page: Page, house: House, google: GooglePush) -> None:
    page.get_by_role("button", name="Turn alerts on").click()
    expect(page.get_by_text("Alerts are on", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    assert house.bobs_devices() == 0
    google.wait_until_unsubscribed()
