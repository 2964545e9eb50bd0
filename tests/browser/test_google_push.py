"""The stand-in for Google's push service is held to be true: a real Chromium takes it for the real one.

It stands on a tiny page of its own, so that a failure here is never our product's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.pages import PAGES, served
from tests.browser.sender import Sender
from tests.support.chromium import reachable_chromium
from tests.support.desktop import Desktop
from tests.support.google_push import GooglePush

SUBSCRIBE = """async key => {
    await navigator.serviceWorker.register('/worker.js');
    const {pushManager} = await navigator.serviceWorker.ready;
    const applicationServerKey = new Uint8Array(key);
    return (await pushManager.subscribe({userVisibleOnly: true, applicationServerKey})).toJSON();
}"""
UNSUBSCRIBE = "async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe()"


@pytest.fixture
def origin() -> Iterator[str]:
    with served(PAGES) as origin:
        yield origin


def subscribe(page: Page, origin: str, sender: Sender) -> dict[str, object]:
    page.goto(origin)
    subscription: dict[str, object] = page.evaluate(SUBSCRIBE, sender.public_key)
    return subscription


def test_a_message_is_decrypted_shown_and_opens_its_page(
    playwright: Playwright, google: GooglePush, desktop: Desktop, chromium: Path, origin: str
) -> None:
    sender = Sender(google.proxy, google.certificates.authority)
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        subscription = subscribe(page, origin, sender)

        assert sender.send(subscription, "at Harbor House") == 201

        shown = desktop.wait_for("Somebody waits")
        assert "at Harbor House" in shown.body
        with page.context.expect_page() as opened:
            desktop.click(shown)
        expect(opened.value.get_by_text("Opened by the click")).to_be_visible()


def test_the_newest_of_a_topic_waits_for_a_browser_that_is_closed(
    playwright: Playwright, google: GooglePush, desktop: Desktop, chromium: Path, origin: str
) -> None:
    sender = Sender(google.proxy, google.certificates.authority)
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        subscription = subscribe(page, origin, sender)
    google.wait_until_away()

    for text in ("first", "second", "third"):
        assert sender.send(subscription, text, Topic="one-thread") == 201

    with reachable_chromium(playwright, chromium, google, desktop):
        assert "third" in desktop.wait_for("Somebody waits").body
        assert len(desktop.history) == 1


def test_an_endpoint_is_gone_after_unsubscribing(
    playwright: Playwright, google: GooglePush, desktop: Desktop, chromium: Path, origin: str
) -> None:
    sender = Sender(google.proxy, google.certificates.authority)
    with reachable_chromium(playwright, chromium, google, desktop) as page:
        subscription = subscribe(page, origin, sender)

        assert page.evaluate(UNSUBSCRIBE)

        for _ in range(300):
            if sender.send(subscription, "too late") == 410:
                return
            page.wait_for_timeout(100)
    raise AssertionError("the endpoint is still there")
