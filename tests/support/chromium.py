"""A real headless Chromium, driven by Playwright with the browser that the distribution brings."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, Playwright, ViewportSize

from tests.support.browsers import profile_folder

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def running_chromium(playwright: Playwright, viewport: ViewportSize = DESK, *, scripts: bool = True) -> Iterator[Page]:
    """The first page of a browser of its own: nobody is signed in, notifications are allowed.

    `scripts`: off, as for somebody who has switched JavaScript off.
    """
    binary = _binary()
    with profile_folder(binary) as folder:
        context = playwright.chromium.launch_persistent_context(
            str(folder),
            executable_path=binary,
            args=["--no-sandbox", "--disable-dev-shm-usage"],  # root and small containers
            viewport=viewport,
            java_script_enabled=scripts,
            permissions=["notifications"],
            locale="en-US",
            service_workers="allow",
        )
        context.set_default_timeout(30_000)
        try:
            yield context.pages[0]
        finally:
            context.close()


def deliver_push(page: Page, origin: str, message: dict[str, Any]) -> None:
    """Hand a push message to the service worker of this origin, as the browser does once it has decrypted one."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(_ids(event, origin)))
    session.send("ServiceWorker.enable")
    for _ in range(100):
        if found:
            break
        page.wait_for_timeout(50)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[0], "data": json.dumps(message)},
    )


def shown_notifications(page: Page) -> list[dict[str, Any]]:
    """What this page's service worker has on show: title, body, tag and data."""
    shown: list[dict[str, Any]] = page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications())
            .map(({title, body, tag, data}) => ({title, body, tag, data}))"""
    )
    return shown


def _ids(event: dict[str, Any], origin: str) -> list[str]:
    return [each["registrationId"] for each in event["registrations"] if each["scopeURL"].startswith(origin)]


def _binary() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise RuntimeError("no Chromium on this machine: run scripts/debian-packages test")
    return found
