"""A real headless Chromium, driven by Playwright with the browser that the distribution brings."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, ViewportSize

from tests.support.browsers import profile_folder
from tests.support.desktop import Desktop
from tests.support.google_push import GooglePush

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
_SWITCHES = ["--no-sandbox", "--disable-dev-shm-usage"]  # root and small containers
_LOOPBACK_ONLY = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


@contextmanager
def running_chromium(
    playwright: Playwright,
    viewport: ViewportSize = DESK,
    *,
    java_script: bool = True,
    desktop: Desktop | None = None,
) -> Iterator[Page]:
    """The first page of a browser of its own: nobody is signed in, notifications are allowed.

    `desktop`: where it shows them. Without one Chromium forgets the first one that it was to show.
    """
    with chromium_profile() as folder:
        context = playwright.chromium.launch_persistent_context(
            str(folder),
            executable_path=_binary(),
            args=_SWITCHES,
            env=_on(desktop) if desktop else None,
            viewport=viewport,
            permissions=["notifications"],
            java_script_enabled=java_script,
            locale="en-US",
            service_workers="allow",
        )
        context.set_default_timeout(30_000)
        try:
            yield context.pages[0]
        finally:
            context.close()


@contextmanager
def chromium_profile() -> Iterator[Path]:
    """A fresh profile, for a browser that is to be closed and opened again."""
    with profile_folder(_binary()) as folder:
        yield folder


@contextmanager
def reachable_chromium(
    playwright: Playwright, profile: Path, google: GooglePush, desktop: Desktop, viewport: ViewportSize = DESK
) -> Iterator[Page]:
    """A browser with the whole way of a push message: from `google`, decrypted, to a notification on `desktop`."""
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=_binary(),
        args=[*_SWITCHES, *google.switches, f"--host-resolver-rules={_LOOPBACK_ONLY}"],
        ignore_default_args=["--disable-background-networking"],  # it would switch push off
        env=_on(desktop),
        viewport=viewport,
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


def _on(desktop: Desktop) -> dict[str, str | float | bool]:
    return {**os.environ, "DBUS_SESSION_BUS_ADDRESS": desktop.bus}


def _ids(event: dict[str, Any], origin: str) -> list[str]:
    return [each["registrationId"] for each in event["registrations"] if each["scopeURL"].startswith(origin)]


def _binary() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise RuntimeError("no Chromium on this machine: run scripts/debian-packages test")
    return found
