"""The Chromium of the tests shows what its service worker is handed, each in a profile of its own."""

from playwright.sync_api import Playwright

from tests.browser.pages import PAGES, served
from tests.support.chromium import deliver_push, running_chromium, shown_notifications
from tests.support.desktop import Desktop


def test_a_push_message_becomes_a_notification(playwright: Playwright, desktop: Desktop) -> None:
    with served(PAGES) as origin, running_chromium(playwright, desktop=desktop) as page:
        page.goto(origin)
        page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)")

        deliver_push(page, origin, {"text": "at Harbor House"})

        desktop.wait_until_up(["Somebody waits"])
        assert shown_notifications(page)[0]["title"] == "Somebody waits"


def test_two_people_have_two_browsers(playwright: Playwright) -> None:
    with served(PAGES) as origin, running_chromium(playwright) as hers, running_chromium(playwright) as his:
        hers.goto(origin)
        his.goto(origin)
        hers.evaluate("document.cookie = 'who=Alice'")

        assert his.evaluate("document.cookie") == ""
