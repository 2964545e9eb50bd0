"""An alert on Bob's Firefox, the whole way: real service, real worker, encryption, a browser that decrypts, a click.

Only Mozilla is played, by tests/support/push_server.py. Firefox's own notifications have no buttons, as those of an
iPhone have none: what a notification's button does elsewhere, the page that it opens does here.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.browser.house import ALERT, REPLACEMENT, TAKEN_CARE_OF, WAITING, House, running_house
from tests.intake_service.center import PASSWORD
from tests.support.firefox import Firefox, Notification, running_firefox
from tests.support.push_server import PushServer

DELIVERED = 100


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
        a_click_opens_the_page_whose_button_answers(firefox, house.somebody_waits(), house)
        firefox.open("about:blank")
        what_somebody_else_took_is_replaced(firefox, house)
        assert {ack.code for ack in push_server.acks} == {DELIVERED}
    push_server.wait_until_away()

    intake = somebody_waits_and_three_messages_are_sent(house)
    with running_firefox(profile) as firefox:
        one_of_them_is_shown(firefox, intake, house)
        a_click_opens_the_page_whose_button_answers(firefox, intake, house)
    push_server.wait_until_away()

    before = house.bobs_endpoint()
    push_server.forget_browsers()
    with running_firefox(profile) as firefox:
        another_address_is_told_by_the_browser_alone(firefox, before, house)
        a_browser_that_gave_up_is_forgotten(firefox, house, push_server)


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


def a_click_opens_the_page_whose_button_answers(firefox: Firefox, intake: UUID, house: House) -> None:
    assert firefox.wait_for_notification(WAITING) == Notification(WAITING, "Harbor House")
    house.wait_until(lambda: house.told(intake)[-1] == (ALERT, "shown"), lambda: house.told(intake))
    known = firefox.tabs()
    firefox.click_notification()
    firefox.go_to_new_tab(known)
    firefox.click("form[action$=acknowledgement] button")
    firefox.wait_for_text("Bob is on it.")
    assert house.who_is_on_it(intake) == house.center.bob


def what_somebody_else_took_is_replaced(firefox: Firefox, house: House) -> None:
    firefox.close_notifications()
    intake = house.somebody_waits()
    firefox.wait_for_notification(WAITING)
    house.wait_until_told(intake, (ALERT, "shown"))
    house.alice_is_on_it(intake)
    firefox.wait_for_notification(TAKEN_CARE_OF)
    house.wait_until_told(intake, (ALERT, "shown"), (REPLACEMENT, "shown"))
    firefox.wait_until(
        lambda: [each.title for each in firefox.notifications()] == [TAKEN_CARE_OF], "one in the place of the other"
    )


def somebody_waits_and_three_messages_are_sent(house: House) -> UUID:
    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "accepted"))
    for _ in range(2):
        house.tell_again(intake)
    house.wait_until_told(intake, *[(ALERT, "accepted")] * 3)
    return intake


def one_of_them_is_shown(firefox: Firefox, intake: UUID, house: House) -> None:
    firefox.wait_for_notification(WAITING)
    house.wait_until_told(intake, (ALERT, "accepted"), (ALERT, "accepted"), (ALERT, "shown"))
    assert [each.title for each in firefox.notifications()] == [WAITING]


def another_address_is_told_by_the_browser_alone(firefox: Firefox, before: str, house: House) -> None:
    """The service worker says so, without any page and whether or not somebody is signed in."""
    house.wait_until(lambda: house.bobs_endpoint() != before, house.bobs_endpoint)
    firefox.close_notifications()
    house.somebody_waits()
    firefox.wait_for_notification(WAITING)


def a_browser_that_gave_up_is_forgotten(firefox: Firefox, house: House, push_server: PushServer) -> None:
    """By itself, as browsers do when their person takes the permission back: nobody tells the service."""
    firefox.open(f"{house.url}/sign-in")
    unsubscribe = "return (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe();"
    assert firefox.run_async(unsubscribe) is True
    push_server.wait_until_unsubscribed()

    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "failed"))
    assert push_server.deliveries[-1].status == 410
    assert house.bobs_devices() == 0
    firefox.open(f"{house.url}/alerts")
    firefox.wait_for_text("Alerts are off on this device.")
    firefox.wait_for_text("None has alerts turned on.")
