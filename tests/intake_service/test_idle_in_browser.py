"""A page that nobody uses warns, and then shows nobody's name any more; whoever is there stays signed in."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from intake_service.tables import StaffSession
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.center import sign_in as signs_in
from tests.intake_service.live import Service
from tests.intake_service.test_console_in_browser import sign_in
from tests.support.chromium import running_chromium

# What a page does about it does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def last_used(session: Session, minutes: float) -> None:
    """The browser was last used so many minutes ago."""
    session.execute(update(StaffSession).values(last_seen_at=datetime.now(UTC) - timedelta(minutes=minutes)))
    session.commit()


def on_a_page(page: Page, service: Service, path: str = "/my-participants") -> None:
    """All that a page asks by itself when it is opened has been asked: that counts as use."""
    page.clock.install(time=datetime.now(UTC))
    with page.expect_response("**/push/subscriptions/confirmation"):
        sign_in(page, service, "alice", path)


def passes(page: Page, seconds: int) -> None:
    page.locator("#idle[data-watches]").wait_for(state="attached")
    page.clock.run_for(seconds * 1000)


def test_an_unused_page_warns_and_then_goes_away(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody_waits(session, center)
    with running_chromium(playwright) as page:
        on_a_page(page, service)
        last_used(session, 14)
        passes(page, 31)
        expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
        expect(page.get_by_role("button", name="I am still here")).to_be_focused()

        last_used(session, 16)
        passes(page, 60)
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.url.endswith("/sign-in?next=%2Fmy-participants")


def test_whoever_is_there_says_so_and_stays(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        on_a_page(page, service)
        last_used(session, 14)
        passes(page, 31)
        expect(page.get_by_role("button", name="I am still here")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Are you still there?")).not_to_be_visible()
        with page.expect_response("**/api/v1/session") as told:
            passes(page, 61)

        assert told.value.json()["seconds_left"] > 14 * 60


def test_whoever_types_is_there(playwright: Playwright, service: Service, session: Session, center: Center) -> None:
    with running_chromium(playwright) as page:
        on_a_page(page, service, "/brief-intake")
        page.get_by_label("What should we call you?").fill("Zuleika Testperson")
        last_used(session, 14)
        with page.expect_response("**/api/v1/session") as told:
            passes(page, 31)

        assert told.value.json()["seconds_left"] > 14 * 60
        expect(page.get_by_role("dialog", name="Are you still there?")).not_to_be_visible()


def test_looking_does_not_count_as_use(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "alice")
    last_used(session, 10)

    for _ in range(2):
        assert service.client.get("/api/v1/session?part=true").json()["seconds_left"] <= 5 * 60
    assert service.client.get("/api/v1/session").json()["seconds_left"] > 14 * 60
    assert service.client.get("/api/v1/session?part=true").json()["seconds_left"] > 14 * 60
