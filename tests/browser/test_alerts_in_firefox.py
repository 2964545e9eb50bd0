"""An alert on Bob's Firefox, the whole way: real service, real worker, encryption, a browser that decrypts, a click.

Only Mozilla is played, by tests/support/push_server.py. Firefox's own notifications have no buttons, as those of an
iPhone have none: what a notification's button does elsewhere, the page that it opens does here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.alert_day import (
    a_browser_that_gave_up_is_forgotten,
    a_click_opens_the_page_whose_button_answers,
    one_of_them_is_shown,
    three_messages_are_sent_while_it_is_away,
    what_somebody_else_took_is_replaced,
)
from tests.browser.house import WAITING, House, running_house
from tests.intake_service.center import PASSWORD
from tests.support.firefox import Firefox, Notification, running_firefox
from tests.support.push_server import PushServer

DELIVERED = 100


@dataclass
class InItsOwnWindows:
    """Bob's Firefox, which shows notifications by itself."""

    firefox: Firefox
    house: House

    def wait_for(self, title: str) -> Notification:
        shown = self.firefox.wait_for_notification(title)
        assert shown.body.startswith("Harbor House")
        return shown

    def titles(self) -> list[str]:
        return [each.title for each in self.firefox.notifications()]

    def clear(self) -> None:
        self.firefox.close_notifications()

    def answer_on_the_page(self) -> None:
        known = self.firefox.tabs()
        self.firefox.click_notification()
        self.firefox.go_to_new_tab(known)
        self.firefox.click("form[action$=acknowledgement] button")
        self.firefox.wait_for_text("Bob is on it.")

    def unsubscribe(self) -> None:
        self.firefox.open(f"{self.house.url}/sign-in")
        unsubscribe = (
            "return (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe();"
        )
        assert self.firefox.run_async(unsubscribe) is True

    def reads(self, path: str, *words: str) -> None:
        self.firefox.open(f"{self.house.url}{path}")
        for each in words:
            self.firefox.wait_for_text(each)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path, database_url) as house:
        yield house


@pytest.mark.timeout(300)
def test_a_firefox_through_a_day_of_alerts(house: House, push_server: PushServer, profile: Path) -> None:
    with running_firefox(profile) as firefox:
        turn_alerts_on(firefox, house)
        a_test_alert_says_that_it_was_shown(firefox)
        firefox.open("about:blank")  # from here on no page of ours is open, only the browser runs
        phone = InItsOwnWindows(firefox, house)
        a_click_opens_the_page_whose_button_answers(phone, house, house.somebody_waits())
        firefox.open("about:blank")
        what_somebody_else_took_is_replaced(phone, house)
        assert {ack.code for ack in push_server.acks} == {DELIVERED}
    push_server.wait_until_away()

    intake = three_messages_are_sent_while_it_is_away(house)
    with running_firefox(profile) as firefox:
        phone = InItsOwnWindows(firefox, house)
        one_of_them_is_shown(phone, house, intake)
        a_click_opens_the_page_whose_button_answers(phone, house, intake)
    push_server.wait_until_away()

    before = house.bobs_endpoint()
    push_server.forget_browsers()
    with running_firefox(profile) as firefox:
        another_address_is_told_by_the_browser_alone(firefox, before, house)
        a_browser_that_gave_up_is_forgotten(InItsOwnWindows(firefox, house), house, push_server)


def turn_alerts_on(firefox: Firefox, house: House) -> None:
    firefox.open(f"{house.url}/sign-in?next=/alerts")
    firefox.fill("#username", "bob")
    firefox.fill("#password", PASSWORD)
    firefox.click("main button")
    firefox.wait_for_text("Alerts are off on this device.")
    firefox.click("#turn-on")
    firefox.wait_for_text("Alerts are on")


def a_test_alert_says_that_it_was_shown(firefox: Firefox) -> None:
    firefox.click("#test")
    firefox.wait_for_notification("Alerts work on this device")
    firefox.wait_for_text("It was shown.", "#device-state")
    firefox.close_notifications()


def another_address_is_told_by_the_browser_alone(firefox: Firefox, before: str, house: House) -> None:
    """The service worker says so, without any page and whether or not somebody is signed in."""
    house.wait_until(lambda: house.bobs_endpoint() != before, house.bobs_endpoint)
    firefox.close_notifications()
    house.somebody_waits()
    firefox.wait_for_notification(WAITING)
