"""What every browser goes through in a day of alerts, in one place; how it does each thing, its own test says."""

from typing import Protocol
from uuid import UUID

from tests.browser.house import ALERT, REPLACEMENT, TAKEN_CARE_OF, WAITING, House
from tests.support.push_service import PushService


class Phone(Protocol):
    """Bob's browser, as a hand uses it."""

    def wait_for(self, title: str) -> object:
        """The notification of this title, once it is up."""

    def titles(self) -> list[str]:
        """Of the notifications that are up at this moment."""

    def clear(self) -> None:
        """Take away what is up."""

    def answer_on_the_page(self) -> None:
        """Click the notification, and "I'm on it" on the page that it opens; the page says that Bob is."""

    def unsubscribe(self) -> None:
        """Give up by itself, as browsers do when their person takes the permission back: nobody tells the service."""

    def reads(self, path: str, *words: str) -> None:
        """A page of ours says this."""


def a_click_opens_the_page_whose_button_answers(phone: Phone, house: House, intake: UUID) -> None:
    phone.wait_for(WAITING)
    house.wait_until(lambda: house.told(intake)[-1] == (ALERT, "shown"), lambda: house.told(intake))
    phone.answer_on_the_page()
    assert house.who_is_on_it(intake) == house.center.bob


def what_somebody_else_took_is_replaced(phone: Phone, house: House) -> None:
    """By a notification in the place of the alert, and not beside it."""
    phone.clear()
    intake = house.somebody_waits()
    phone.wait_for(WAITING)
    house.wait_until_told(intake, (ALERT, "shown"))
    house.alice_is_on_it(intake)
    phone.wait_for(TAKEN_CARE_OF)
    house.wait_until_told(intake, (ALERT, "shown"), (REPLACEMENT, "shown"))
    house.wait_until(lambda: phone.titles() == [TAKEN_CARE_OF], phone.titles)


def three_messages_are_sent_while_it_is_away(house: House) -> UUID:
    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "accepted"))
    for _ in range(2):
        house.tell_again(intake)
    house.wait_until_told(intake, *[(ALERT, "accepted")] * 3)
    return intake


def one_of_them_is_shown(phone: Phone, house: House, intake: UUID) -> None:
    phone.wait_for(WAITING)
    house.wait_until_told(intake, (ALERT, "accepted"), (ALERT, "accepted"), (ALERT, "shown"))
    assert phone.titles() == [WAITING]


def a_browser_that_gave_up_is_forgotten(phone: Phone, house: House, push_service: PushService) -> None:
    phone.unsubscribe()
    push_service.wait_until_unsubscribed()

    intake = house.somebody_waits()
    house.wait_until_told(intake, (ALERT, "failed"))
    assert push_service.deliveries[-1].status == 410
    assert house.bobs_devices() == 0
    phone.reads("/alerts", "Alerts are off on this device.", "None has alerts turned on.")
