"""The console as people use it, in a real Chromium."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, ViewportSize, expect
from sqlalchemy.orm import Session

from shared_schema.intake import Answer
from tests.intake_service.center import PASSWORD, Center, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_received_intake, a_record
from tests.support.chromium import DESK, PHONE, running_chromium

PICTURES = Path("build/pictures/console")


def sign_in(page: Page, service: Service, name: str, path: str = "/") -> None:
    page.goto(f"{service.url}/sign-in?next={path}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_an_intake_appears_by_itself_and_is_assigned_with_the_keyboard(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()

        somebody_waits(session, center, a_record("Zuleika Testperson"))
        service.app.state.live.changed()
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible()

        page.get_by_label("Assign peer to Zuleika Testperson").focus()
        page.keyboard.press("B")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Assigned. They are being told now.")).to_be_visible()
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()

    with running_chromium(playwright, PHONE) as page:
        sign_in(page, service, "bob")
        mine = page.get_by_role("region", name="Needs Intake")
        expect(mine.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible()


def test_the_console_works_without_javascript(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    with running_chromium(playwright, java_script=False) as page:
        sign_in(page, service, "alice")
        page.get_by_role("link", name="Zuleika Testperson", exact=True).click()
        expect(page.get_by_role("heading", name="Zuleika Testperson")).to_be_visible()
        page.get_by_label("Assign peer to Zuleika Testperson").select_option(str(center.charlie))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Assigned. They are being told now.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()

        sign_in(page, service, "charlie")
        page.get_by_role("region", name="Needs Intake").get_by_role(
            "link", name="Zuleika Testperson", exact=True
        ).click()
        expect(page.get_by_role("heading", name="Zuleika Testperson")).to_be_visible()


def test_the_queue_looks_by_itself_when_the_live_line_is_cut(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.route("**/events", lambda route: route.abort())
        sign_in(page, service, "alice")
        expect(page.get_by_text("Renewed every 10 seconds")).to_be_visible()

        somebody_waits(session, center, a_record("Zuleika Testperson"))

        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible(timeout=30_000)


def test_the_slower_supervisor_is_told_who_was_faster(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody_waits(session, center, a_record("Zuleika Testperson"))
    with running_chromium(playwright) as hers, running_chromium(playwright, java_script=False) as theirs:
        for page, name, peer in ((hers, "alice", center.bob), (theirs, "dana", center.charlie)):
            sign_in(page, service, name)
            page.get_by_label("Assign peer to Zuleika Testperson").select_option(str(peer))
        hers.get_by_role("button", name="Save").click()
        expect(hers.get_by_text("Assigned.")).to_be_visible()
        theirs.get_by_role("button", name="Save").click()

        expect(theirs.get_by_text("Alice was faster: Bob has had this participant since")).to_be_visible()


@pytest.mark.pictures
@pytest.mark.parametrize("shape", ["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_drawn(
    playwright: Playwright, service: Service, session: Session, center: Center, shape: str, scheme: str
) -> None:
    now = datetime.now(UTC)
    first = a_received_intake(session, center.kiosk.id, a_record("Zuleika Testperson"), now - timedelta(minutes=74))
    a_received_intake(session, center.kiosk.id, a_record("Quirin Sample"), now - timedelta(minutes=3))
    urgent = a_received_intake(
        session,
        center.kiosk.id,
        a_record(
            "Maximiliana Longname-Example",
            urgent=True,
            language="es",
            brings_you=Answer.of("housing", "company"),
            help_today=Answer.of("check-in"),
        ),
        now - timedelta(minutes=1),
    )
    session.commit()
    viewport: ViewportSize = DESK if shape == "desk" else PHONE
    pages = {
        "queue": "/queue",
        "intake": f"/intakes/{urgent.receipt.intake_id}",
        "my-participants": "/my-participants",
        "alerts": "/alerts",
        "not-found": f"/intakes/{center.kiosk.id}",
    }
    with running_chromium(playwright, viewport) as page:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{service.url}/sign-in")
        page.screenshot(path=PICTURES / f"sign-in-{shape}-{scheme}.png")
        sign_in(page, service, "alice")
        for name, path in pages.items():
            page.goto(service.url + path)
            page.wait_for_timeout(300)
            width = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=PICTURES / f"{name}-{shape}-{scheme}.png", full_page=True)
            assert width <= viewport["width"], f"{name} is wider than the screen"
    assert first.new
