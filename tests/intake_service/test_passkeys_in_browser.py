"""Passkeys with a real Chromium's own authenticator, and the way to a second factor by keyboard alone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import invitations, sign_in_rules
from intake_service.app import create_app
from intake_service.settings import Settings
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.sign_in_tables import CodeApp, Passkey
from intake_service.tables import Staff, StaffSession
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import NOW
from tests.support.axe import Axe, installed
from tests.support.chromium import PHONE, running_chromium
from tests.support.service import free_port

# What a browser does with a passkey does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PICTURES = Path("build") / "pictures" / "console"


@pytest.fixture
def at_home(settings: Settings) -> Iterator[Service]:
    """A service that knows its own address: passkeys are good at no other."""
    port = free_port()
    public = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with running_service(create_app(public), port=port) as service:
        yield service


@pytest.fixture(scope="session")
def axe() -> Axe:
    return installed(Path("build"))


def with_authenticator(page: Page) -> None:
    """As a phone that knows its person by their finger."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, service: Service, name: str) -> None:
    page.goto(f"{service.url}/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def lead_needs_two(session: Session) -> None:
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.LEADERS))
    session.commit()


def test_a_passkey_is_added_and_then_is_enough_alone(
    playwright: Playwright, at_home: Service, session: Session, center: Center
) -> None:
    lead_needs_two(session)
    with running_chromium(playwright) as page:
        with_authenticator(page)
        sign_in(page, at_home, "alice")
        expect(page.get_by_role("heading", name="Two ways to prove that it is you")).to_be_visible()
        page.get_by_label("What to call it").fill("My phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Show me recovery codes").click()
        expect(page.locator(".codes li")).to_have_count(10)
        page.get_by_role("link", name="I have kept them").click()
        page.get_by_role("button", name="Sign out").click()

        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/queue")
        page.get_by_role("link", name="My account").click()
        expect(page.get_by_text("My phone", exact=True)).to_be_visible()
        expect(page.get_by_text("last used just now").first).to_be_visible()

        page.get_by_role("button", name="Sign out", exact=True).click()
        sign_in(page, at_home, "alice")
        page.get_by_role("button", name="Use your passkey").click()  # or after the password
        page.wait_for_url("**/queue")

    kept = session.scalars(select(Passkey)).one()
    assert (kept.name, kept.staff_id) == ("My phone", center.alice)


def test_a_passkey_replaces_the_password_too(
    playwright: Playwright, at_home: Service, session: Session, center: Center
) -> None:
    lead_needs_two(session)
    with running_chromium(playwright) as page:
        with_authenticator(page)
        sign_in(page, at_home, "alice")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("link", name="Not now").click()
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()
        page.goto(f"{at_home.url}/account")
        page.get_by_text("Do without a password").click()
        page.get_by_role("button", name="Take my password away").click()
        expect(page.get_by_text("You sign in by passkey alone.", exact=False).first).to_be_visible()
        page.get_by_role("button", name=re.compile("Take away the passkey")).click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a password or add another passkey first.")
        page.get_by_role("button", name="Sign out", exact=True).click()

        sign_in(page, at_home, "alice")
        expect(page.get_by_role("alert")).to_contain_text("The username or the password is not right.")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()
        session.execute(update(StaffSession).values(proved_at=NOW))
        session.commit()
        page.goto(f"{at_home.url}/account/second-factor")
        expect(page.get_by_role("button", name="Use your passkey")).to_be_visible()
        expect(page.get_by_label("Password")).to_have_count(0)
        page.get_by_role("button", name="Use your passkey").click()
        expect(page.get_by_role("heading", name="Two ways to prove")).to_be_visible()

    assert invitations.newcomers(session) == set()


def test_a_passkey_proves_again_and_a_form_goes_on(
    playwright: Playwright, at_home: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        with_authenticator(page)
        sign_in(page, at_home, "dana")
        page.goto(f"{at_home.url}/account/second-factor")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("link", name="Not now").click()
        session.execute(update(StaffSession).values(proved_at=NOW))
        session.commit()

        page.goto(f"{at_home.url}/staff")
        row = page.locator(f"#s-{center.bob}")
        row.get_by_text("Remove Bob").first.click()
        row.get_by_label("Why?").fill("Found another job")
        row.get_by_role("button", name="Remove Bob").click()
        page.get_by_role("button", name="Use your passkey").click()
        page.get_by_role("button", name="Do it now").click()
        expect(page.get_by_text("Removed. Their participants wait")).to_be_visible()


def test_a_passkey_of_another_person_or_none_is_said_kindly(
    playwright: Playwright, at_home: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        with_authenticator(page)
        sign_in(page, at_home, "alice")
        page.goto(f"{at_home.url}/account/second-factor")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("link", name="Not now").click()
        page.get_by_role("button", name="Sign out", exact=True).click()
        session.execute(update(Staff).where(Staff.id == center.alice).values(active=False))
        session.commit()

        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("That passkey did not work here.")).to_be_visible()
        page.goto(f"{at_home.url}/queue")
        expect(page.get_by_role("heading", name="Warm Handoff")).to_be_visible()


def test_an_invitation_and_an_app_by_keyboard_alone_and_without_javascript(
    playwright: Playwright, at_home: Service, session: Session, center: Center
) -> None:
    lead_needs_two(session)
    dana = session.get_one(Staff, center.dana)
    link = invitations.reset(session, center.alice, datetime.now(UTC), dana)
    session.commit()
    with running_chromium(playwright, PHONE, java_script=False) as page:
        page.goto(link.address(at_home.url))
        page.keyboard.type("a bridge under blue snow")  # the field has the focus
        page.keyboard.press("Enter")
        until(page, "Set up an app")
        page.keyboard.press("Enter")
        until(page, "I cannot scan it")
        page.keyboard.press("Enter")
        secret = page.locator("p.secret").inner_text().replace(" ", "")
        page.keyboard.press("Tab")
        page.keyboard.type(pyotp.TOTP(secret).now())
        page.keyboard.press("Enter")
        expect(page.locator(".codes li")).to_have_count(10)
        paper = page.locator(".codes code").first.inner_text()
        until(page, "I have kept them")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()
        page.get_by_role("button", name="Sign out", exact=True).click()

        page.get_by_label("Username").fill("alice")
        page.get_by_label("Password").fill("a bridge under blue snow")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Code from your authenticator app")).to_be_focused()
        page.keyboard.type("000000")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("That code is not right")
        page.keyboard.type(paper)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nobody is waiting")).to_be_visible()


def until(page: Page, name: str) -> None:
    """Tab until this has the focus."""
    expect(page.get_by_text(name)).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText ?? ''"):
            return
    raise AssertionError(f"{name} cannot be reached")


@pytest.mark.pictures
@pytest.mark.parametrize("shape", ["desk", "phone"])
def test_no_page_of_the_door_keeps_anybody_out(
    playwright: Playwright, at_home: Service, session: Session, center: Center, axe: Axe, shape: str
) -> None:
    found: dict[str, list[str]] = {}
    dana = session.get_one(Staff, center.dana)
    link = invitations.reset(session, center.charlie, datetime.now(UTC), dana)
    session.commit()
    with running_chromium(playwright, PHONE if shape == "phone" else {"width": 1280, "height": 800}) as page:
        with_authenticator(page)

        def look(name: str) -> None:
            found.update(axe.faults_in_light_and_dark(page, PICTURES, f"{name}-{shape}"))

        page.goto(link.address(at_home.url))
        look("choose-password")
        page.goto(f"{at_home.url}/sign-in")
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
        look("sign-in-with-passkey")
        sign_in(page, at_home, "dana")
        page.wait_for_url("**/queue")
        page.goto(f"{at_home.url}/account")
        look("account-new")
        page.goto(f"{at_home.url}/account/second-factor")
        look("second-factor")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_role("heading", name="Your passkey is added")).to_be_visible()
        look("factor-added")
        page.goto(f"{at_home.url}/account/authenticator-app")
        page.get_by_text("I cannot scan it").click()
        look("authenticator-app")
        code = pyotp.TOTP(page.locator("p.secret").inner_text().replace(" ", "")).now()
        page.get_by_label("Type the six digits").fill(code)
        page.get_by_role("button", name="This is the code").click()
        look("recovery-codes")
        page.goto(f"{at_home.url}/account")
        look("account")
        page.goto(f"{at_home.url}/staff/invitation")
        look("invite")
        page.get_by_label("Username").fill("eve@center.example")
        page.get_by_label("What colleagues call them").fill("Eve")
        page.get_by_role("button", name="Make a link").click()
        look("one-time-link")
        page.goto(f"{at_home.url}/staff/sign-in-rules")
        look("sign-in-rules")
        page.goto(f"{at_home.url}/staff")
        look("staff-of-an-administrator")
        session.execute(update(StaffSession).values(proved_at=NOW))
        session.execute(update(CodeApp).values(last_step=0))
        session.commit()
        page.goto(f"{at_home.url}/staff/invitation")
        look("prove-again")
        page.goto(f"{at_home.url}/account")
        page.get_by_role("button", name=re.compile("Take away the authenticator app")).click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code from").fill(code)
        page.get_by_role("button", name="Go on").click()
        look("go-on")
        page.get_by_role("button", name="Do it now").click()
        page.get_by_role("button", name="Sign out", exact=True).click()
        sign_in(page, at_home, "dana")
        page.wait_for_url("**/sign-in/code")
        look("sign-in-code")

    assert found == {}
