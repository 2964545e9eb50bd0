"""Who is signed out while filling in a form loses nothing that is typed, and saves it under no other name."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake_service import sessions
from intake_service.tables import Intake
from tests.intake_service.center import Center
from tests.intake_service.center import sign_in as signs_in
from tests.intake_service.live import Service
from tests.intake_service.test_console_in_browser import sign_in
from tests.support.chromium import running_chromium

# What a page does about it does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

HTML = {"Accept": "text/html"}


def ends(session: Session, staff_id: int) -> None:
    """From another browser, the person ends all their sessions."""
    sessions.end_all(session, staff_id)
    session.commit()


def intakes(session: Session) -> int:
    found = session.scalars(select(func.count()).select_from(Intake)).one()
    session.rollback()
    return found


def signs_in_elsewhere(page: Page, service: Service, name: str) -> None:
    tab = page.context.new_page()
    sign_in(tab, service, name, "/my-participants")
    expect(tab.get_by_role("heading", name="My Participants")).to_be_visible()
    tab.close()


def test_what_is_typed_is_saved_once_its_own_person_is_back(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice", "/brief-intake")
        page.get_by_label("What should we call you?").fill("Zuleika Testperson")
        page.locator("#idle[data-watches]").wait_for(state="attached")
        ends(session, center.alice)

        save, notice = page.get_by_role("button", name="Save the brief intake"), page.locator(".not-sent")
        save.click()
        expect(notice).to_contain_text("You were signed out. Nothing was saved yet. Sign in in a new tab")
        expect(notice.get_by_role("link")).to_have_attribute("target", "_blank")

        signs_in_elsewhere(page, service, "bob")
        save.click()
        expect(notice).to_contain_text("Somebody else is signed in in this browser now. Nothing was saved")
        assert intakes(session) == 0

        signs_in_elsewhere(page, service, "alice")
        save.click()
        page.wait_for_url("**?done=*")
        assert intakes(session) == 1


def test_what_is_typed_is_hidden_when_nobody_is_there_and_shown_to_its_own_person(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.clock.install(time=datetime.now(UTC))
        sign_in(page, service, "alice", "/brief-intake")
        name = page.get_by_label("What should we call you?")
        name.fill("Zuleika Testperson")
        page.locator("#idle[data-watches]").wait_for(state="attached")
        ends(session, center.alice)

        page.clock.run_for(31_000)
        expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
        expect(name).not_to_be_visible()
        page.get_by_role("button", name="Show it again").click()
        expect(page.get_by_role("status")).to_have_text("Nobody is signed in yet.")

        signs_in_elsewhere(page, service, "alice")
        page.get_by_role("button", name="Show it again").click()
        expect(name).to_have_value("Zuleika Testperson")
        expect(name).to_be_visible()


def test_without_a_script_the_door_says_that_nothing_was_saved(service: Service, center: Center) -> None:
    led = service.client.post("/brief-intake", data={"intake_id": "x"}, headers=HTML)

    assert led.headers["location"] == "/sign-in?next=%2F&unsaved=true"
    sentence = "You were signed out before this was saved. Sign in and fill it in again."
    assert sentence in service.client.get(led.headers["location"], headers=HTML).text
    assert sentence not in service.client.get("/sign-in", headers=HTML).text
    assert service.client.post("/sign-out", headers=HTML).headers["location"] == "/sign-in?next=%2F"


def test_a_form_token_is_told_to_our_own_pages_alone(service: Service, center: Center) -> None:
    signs_in(service.client, "alice")

    told = service.client.get("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
    assert (told.json()["staff_id"], bool(told.json()["csrf_token"])) == (center.alice, True)
    assert "access-control-allow-origin" not in told.headers
    for site in ("same-site", "cross-site", "none"):
        refused = service.client.get("/api/v1/session", headers={"Sec-Fetch-Site": site})
        assert (refused.status_code, "csrf_token" in refused.text) == (403, False)
