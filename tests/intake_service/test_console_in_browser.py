"""The console as people use it, in a real Chromium."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import assignments
from intake_service.tables import Intake, Participant, Staff
from notifications.tables import Alert
from tests.intake_service.center import PASSWORD, Center, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_record
from tests.support.chromium import PHONE, running_chromium


def sign_in(page: Page, service: Service, name: str, path: str = "/") -> None:
    page.goto(f"{service.url}/sign-in?next={path}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def has_keys(page: Page) -> None:
    """The script that listens to the keyboard is there."""
    expect(page.get_by_role("button", name="Keys")).to_be_visible()


def somebody(session: Session, center: Center, name: str, *, urgent: bool = False) -> UUID:
    """The participant who waits from now on."""
    intake_id = somebody_waits(session, center, a_record(name, urgent=urgent))
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()
    return participant_id


def given(session: Session, participant_id: UUID, by: int, to: int) -> None:
    """Somebody else assigns, on another machine."""
    assignments.assign(session, participant_id, to, session.get_one(Staff, by), datetime.now(UTC))
    session.commit()


def test_an_intake_appears_by_itself_and_is_assigned_with_the_keyboard(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()

        somebody(session, center, "Quirin Sample")
        somebody(session, center, "Zuleika Testperson")
        service.app.state.live.changed()
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible()

        has_keys(page)
        for key, focused in (("j", "Quirin Sample"), ("j", "Zuleika Testperson"), ("k", "Quirin Sample"), ("j", "")):
            page.keyboard.press(key)
            if focused:
                expect(page.get_by_role("link", name=focused, exact=True)).to_be_focused()
        page.keyboard.press("a")
        expect(page.get_by_label("Assign peer to Zuleika Testperson")).to_be_focused()
        page.keyboard.press("1")  # by its rank
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Assigned. Where their alerts are on, they are being told now.")).to_be_visible()
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_have_count(0)

        has_keys(page)
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("zulaika")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 found, the likeliest first.")).to_be_visible()
        has_keys(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Zuleika Testperson")).to_be_visible()
        assert "zulaika" not in page.url

    with running_chromium(playwright, PHONE) as page:
        sign_in(page, service, "bob")
        mine = page.get_by_role("region", name="Needs Intake")
        expect(mine.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible()


def test_the_keys_are_listed_and_can_be_switched_off(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody(session, center, "Zuleika Testperson")
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        has_keys(page)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.get_by_label("Use these keys on this device").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).not_to_be_focused()

        page.reload()
        has_keys(page)
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).not_to_be_focused()


def test_who_is_taken_greys_out_in_place_and_nothing_moves_under_the_hand(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    first = somebody(session, center, "Quirin Sample")
    somebody(session, center, "Zuleika Testperson")
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        target = page.get_by_label("Assign peer to Zuleika Testperson")
        target.select_option(str(center.charlie))
        before = target.bounding_box()

        given(session, first, center.dana, center.bob)
        somebody(session, center, "Maximiliana Longname", urgent=True)
        somebody(session, center, "Rasmus Made-Up")
        service.app.state.live.changed()

        expect(page.get_by_text("Dana gave them to Bob")).to_be_visible()
        expect(page.get_by_role("link", name="Rasmus Made-Up", exact=True)).to_be_visible()
        expect(page.get_by_text("1 new and urgent, shown on top in a moment")).to_be_visible()
        assert target.bounding_box() == before
        expect(page.get_by_label("Assign peer to Quirin Sample")).to_have_count(0)

        page.get_by_role("button", name="Assign a peer to Zuleika Testperson").click()
        expect(page.get_by_text("Assigned. Where their alerts are on, they are being told now.")).to_be_visible()
        expect(page.get_by_role("link", name="Maximiliana Longname", exact=True)).to_be_visible()


def test_a_quiet_page_becomes_what_the_service_has(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    first = somebody(session, center, "Quirin Sample")
    somebody(session, center, "Zuleika Testperson")
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()

        given(session, first, center.dana, center.bob)
        somebody(session, center, "Maximiliana Longname", urgent=True)
        service.app.state.live.changed()

        expect(page.get_by_text("Dana gave them to Bob")).to_be_visible()
        expect(page.locator(".who .name")).to_have_text(["Maximiliana Longname", "Zuleika Testperson"], timeout=60_000)


def test_the_console_works_without_javascript(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody(session, center, "Zuleika Testperson")
    with running_chromium(playwright, java_script=False) as page:
        sign_in(page, service, "alice")
        page.get_by_role("link", name="Zuleika Testperson", exact=True).click()
        expect(page.get_by_role("heading", name="Zuleika Testperson")).to_be_visible()
        page.get_by_label("Assign peer to Zuleika Testperson").select_option(str(center.charlie))
        page.get_by_role("button", name="Assign").click()
        expect(page.get_by_text("Assigned. Where their alerts are on, they are being told now.")).to_be_visible()

        page.get_by_text("Transfer to somebody else").click()
        page.get_by_label("To whom?").select_option(str(center.bob))
        page.locator("#reason-transfer").fill("Charlie is away")
        page.get_by_role("button", name="Transfer", exact=True).click()
        expect(page.get_by_text("Alice transferred from Charlie to Bob")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()

        sign_in(page, service, "bob")
        mine = page.get_by_role("region", name="Needs Intake")
        mine.get_by_role("button", name="Full intake done").click()
        expect(page.get_by_text("The full intake is done.")).to_be_visible()


def test_a_brief_intake_is_asked_on_a_phone(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright, PHONE) as page:
        sign_in(page, service, "bob", "/brief-intake")
        expect(page.get_by_label("What is your phone number?")).not_to_be_visible()
        page.get_by_label("What should we call you?").fill("Zuleika Testperson")
        page.get_by_label("A place to live").check()
        page.get_by_label("A short talk today").check()
        page.get_by_label("By phone").check()
        page.get_by_label("What is your phone number?").fill("555")
        page.get_by_role("button", name="Save the brief intake").click()

        expect(page.get_by_role("alert")).to_contain_text("1 to mend. Everything else is kept.")
        expect(page.get_by_label("What should we call you?")).to_have_value("Zuleika Testperson")
        expect(page.get_by_label("A place to live")).to_be_checked()
        page.get_by_label("What is your phone number?").fill("555 010 1234")
        page.get_by_role("button", name="Save the brief intake").click()

        expect(page.get_by_text("The brief intake is saved, and this participant is yours.")).to_be_visible()
        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible()


def test_the_queue_looks_by_itself_when_the_live_line_is_cut(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.route("**/events", lambda route: route.abort())
        sign_in(page, service, "alice")
        expect(page.get_by_text("Renewed every 10 seconds")).to_be_visible()

        somebody(session, center, "Zuleika Testperson")

        expect(page.get_by_role("link", name="Zuleika Testperson", exact=True)).to_be_visible(timeout=60_000)


def test_the_slower_supervisor_is_told_who_was_faster(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    waiting = somebody(session, center, "Zuleika Testperson")
    with running_chromium(playwright, java_script=False) as theirs:
        sign_in(theirs, service, "dana")
        theirs.get_by_label("Assign peer to Zuleika Testperson").select_option(str(center.charlie))
        given(session, waiting, center.alice, center.bob)
        theirs.get_by_role("button", name="Assign").click()

        expect(theirs.get_by_text("Alice was faster: Bob has had this participant since")).to_be_visible()
        expect(theirs.get_by_text("Nobody is waiting")).to_be_visible()


def test_a_clock_goes_on_and_says_when_waiting_is_long(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    waiting = somebody(session, center, "Zuleika Testperson")
    session.get_one(Participant, waiting).waiting_since = datetime.now(UTC) - timedelta(minutes=9, seconds=30)
    session.commit()
    with running_chromium(playwright) as page:
        page.clock.install(time=datetime.now(UTC))
        sign_in(page, service, "alice")
        expect(page.locator(".row .clock")).to_have_text("Waiting 9 min")

        page.clock.fast_forward(60_000)

        expect(page.locator(".row .clock")).to_have_text("Waiting 10 minwaiting long")


def test_the_banner_that_nobody_came_covers_nothing_on_a_phone(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    somebody(session, center, "Zuleika Testperson")
    session.execute(update(Alert).values(unanswered_since=datetime.now(UTC)))
    session.commit()
    with running_chromium(playwright, PHONE) as page:
        sign_in(page, service, "alice")
        banner, main = page.get_by_role("alert").bounding_box(), page.locator("main").bounding_box()
        page.screenshot(path=Path("build") / "pictures" / "console" / "banner-phone.png")

        assert banner and main
        assert banner["y"] + banner["height"] <= main["y"]
        page.get_by_role("alert").get_by_role("link").click()
        expect(page.get_by_role("heading", name="Zuleika Testperson")).to_be_visible()
