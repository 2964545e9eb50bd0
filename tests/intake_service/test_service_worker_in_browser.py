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


def wait_until_shown(page: Page, count: int = 1) -> list[dict[str, Any]]:
    found = "async count => (await (await navigator.serviceWorker.ready).getNotifications()).length === count"
    page.wait_for_function(found, arg=count)
    return shown_notifications(page)


def test_a_push_that_says_nothing_still_shows_something(
    playwright: Playwright, service: Service, desktop: Desktop
) -> None:
    with running_chromium(playwright, desktop=desktop) as page:
        open_with_worker(page, service)
        messages: list[Any] = [None, 7, [], {}, {"notification": {}}]

        for count, message in enumerate(messages, start=1):
            deliver_push(page, service.url, message)
            assert {shown["title"] for shown in wait_until_shown(page, count)} == {"Warm Handoff"}


def test_a_declarative_message_is_shown_as_safari_hands_it_over(
    playwright: Playwright, service: Service, desktop: Desktop
) -> None:
    with running_chromium(playwright, desktop=desktop) as page:
        worker = open_with_worker(page, service)

        worker.evaluate("notification => show(contentOf({ data: null, notification }))", FROM_SAFARI)

        (shown,) = wait_until_shown(page)
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
        wait_until_shown(page)
        deliver_push(page, service.url, message("Taken care of", silent=True))
        page.wait_for_function(
            "async () => (await (await navigator.serviceWorker.ready).getNotifications())[0].title === 'Taken care of'"
        )
        assert len(shown_notifications(page)) == 1
