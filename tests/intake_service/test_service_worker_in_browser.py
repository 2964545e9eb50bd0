"""What our service worker makes of pushes that are not as usual, in a real Chromium."""

from typing import Any

from playwright.sync_api import Page, Playwright

from tests.intake_service.live import Service
from tests.support.chromium import deliver_push, running_chromium, shown_notifications
from tests.support.desktop import Desktop

FROM_SAFARI = {
    "title": "Somebody is waiting",
    "body": "Harbor House",
    "tag": "alert-7",
    "lang": "en",
    "dir": "ltr",
    "silent": None,
    "data": {"token": "", "kind": "ready_for_assignment", "path": "/intakes/7"},
}


def open_with_worker(page: Page, service: Service) -> Any:
    """Our service worker on the sign-in page, running."""
    page.goto(f"{service.url}/sign-in")
    with page.context.expect_event("serviceworker") as started:
        page.evaluate(
            "navigator.serviceWorker.register('/service-worker.js').then(() => navigator.serviceWorker.ready)"
        )
    return started.value


def test_a_push_that_says_nothing_still_shows_something(
    playwright: Playwright, service: Service, desktop: Desktop
) -> None:
    with running_chromium(playwright, desktop=desktop) as page:
        open_with_worker(page, service)
        messages: list[Any] = [None, 7, [], {}, {"notification": {}}]

        for count, message in enumerate(messages, start=1):
            deliver_push(page, service.url, message)
            desktop.wait_until_up(["Warm Handoff"] * count)


def test_a_declarative_message_is_shown_as_safari_hands_it_over(
    playwright: Playwright, service: Service, desktop: Desktop
) -> None:
    with running_chromium(playwright, desktop=desktop) as page:
        worker = open_with_worker(page, service)

        worker.evaluate("notification => show(contentOf({ data: null, notification }))", FROM_SAFARI)

        # Only now: Chromium forgets a notification that a page asks for while it is being put up.
        desktop.wait_until_up(["Somebody is waiting"])
        (shown,) = shown_notifications(page)
        assert (shown["title"], shown["body"], shown["tag"]) == ("Somebody is waiting", "Harbor House", "alert-7")
        assert shown["data"]["path"] == "/intakes/7"


def test_messages_of_one_alert_take_each_others_place(
    playwright: Playwright, service: Service, desktop: Desktop
) -> None:
    def message(title: str, *, silent: bool) -> dict[str, Any]:
        return {"notification": {"title": title, "tag": "alert-7", "silent": silent, "data": {"token": ""}}}

    with running_chromium(playwright, desktop=desktop) as page:
        open_with_worker(page, service)
        deliver_push(page, service.url, message("Somebody is waiting", silent=False))
        desktop.wait_until_up(["Somebody is waiting"])
        deliver_push(page, service.url, message("Taken care of", silent=True))
        desktop.wait_until_up(["Taken care of"])
