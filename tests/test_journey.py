"""The handoff in one: a tapped kiosk, an encrypted push into a real Firefox, an assignment in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.kiosk.window import KioskWindow, running_kiosk
from tests.support.chromium import PHONE, running_chromium
from tests.support.firefox import Firefox
from tests.support.push_server import PushServer
from tests.support.service import Service, running_service
from tests.support.xvfb import virtual_screen

PASSWORD = "made up for tests"
SITE = "Harbor House"
NAME = "Zulema Prueba"


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    database = "postgresql" if "postgresql" in request.node.name else "sqlite"
    return Path(__file__).parents[1] / "build" / "pictures" / "journey" / database


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """Alice supervises; Bob is a designated peer specialist."""
    with running_service(tmp_path, database_url) as service:
        service.command("sites", "add", SITE)
        service.command("staff", "rules", "--second-factor", "nobody")
        for username, role in (("alice", "peer supervisor"), ("bob", "peer specialist")):
            arguments = ("--name", username.title(), "--role", role, "--site", SITE, "--password-stdin")
            service.command("staff", "add", username, *arguments, typed=PASSWORD)
        service.command("staff", "designate", "bob", "--site", SITE)
        yield service


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskWindow]:
    with virtual_screen(1280, 800) as display, running_kiosk(display, tmp_path) as window:
        yield window


@pytest.mark.pictures
@pytest.mark.timeout(240)
def test_a_touch_on_the_kiosk_becomes_a_push_and_an_assignment(
    service: Service,
    push_server: PushServer,
    firefox: Firefox,
    kiosk: KioskWindow,
    playwright: Playwright,
    pictures: Path,
) -> None:
    pair(kiosk, service, pictures)
    bob_turns_alerts_on(firefox, service, pictures)

    do_an_intake_in_spanish(kiosk, pictures)

    shown = firefox.wait_for_notification()
    assert (shown.title, shown.body) == ("Somebody is waiting", SITE)
    assert push_server.wait_for_ack()[0].code == 100
    known = firefox.tabs()
    firefox.click_notification()
    firefox.go_to_new_tab(known)
    firefox.wait_for_text(NAME, "h1")
    firefox.wait_for_text("A place to live", "dl")
    firefox.picture(pictures / "firefox-3-intake.png")

    with running_chromium(playwright, PHONE) as page:
        alice_assigns_bob(page, service, pictures)

    firefox.wait_for_notification("Somebody is waiting for you")
    firefox.open(f"{service.url}/my-participants")
    firefox.wait_for_text(NAME, "section:first-of-type")
    firefox.picture(pictures / "firefox-4-my-participants.png")


def pair(kiosk: KioskWindow, service: Service, pictures: Path) -> None:
    code = service.command("kiosks", "add", "--site", SITE).strip()
    kiosk.wait_for("setup")
    kiosk.picture(pictures / "kiosk-00-setup.png")
    kiosk.tap("field:address", *(f"type:{letter}" for letter in service.url.removeprefix("http://")))
    kiosk.tap("field:code", *(f"type:{letter}" for letter in code.lower()))
    kiosk.picture(pictures / "kiosk-01-setup-typed.png")
    kiosk.tap("pair")
    kiosk.wait_for("welcome")


def bob_turns_alerts_on(firefox: Firefox, service: Service, pictures: Path) -> None:
    firefox.open(f"{service.url}/alerts")
    firefox.fill("#username", "bob")
    firefox.fill("#password", PASSWORD)
    firefox.picture(pictures / "firefox-0-sign-in.png")
    firefox.click("main button")
    firefox.wait_for_text("Alerts are off on this device.")
    firefox.picture(pictures / "firefox-1-alerts-off.png")
    firefox.click("#turn-on")
    firefox.wait_for_text("Alerts are on")
    firefox.click(".duty button")
    firefox.wait_for_text("you are on duty")
    firefox.picture(pictures / "firefox-2-alerts-on.png")


def do_an_intake_in_spanish(kiosk: KioskWindow, pictures: Path) -> None:
    steps: list[tuple[str, ...]] = [
        ("begin:es",),
        ("next",),
        ("choose:none", "next"),
        ("choose:first-time",),
        ("next",),
        ("choose:housing", "choose:company", "next"),
        ("choose:ongoing",),
        ("choose:my-language", "next"),
        ("choose:phone",),
        (*(f"type:{digit}" for digit in "5550101234"), "next"),
        ("choose:text", "next"),
        ("choose:quiet", "next"),
        ("choose:yes",),
        ("choose:agree",),
        ("page",),
        ("send",),
    ]
    for number, taps in enumerate(steps):
        if kiosk.view == "name":
            kiosk.type(NAME)
        kiosk.picture(pictures / f"kiosk-{number + 2:02}-{kiosk.view}.png")
        kiosk.tap(*taps)
    kiosk.wait_for("ticket")
    kiosk.picture(pictures / f"kiosk-{len(steps) + 2:02}-ticket.png")
    kiosk.tap("done")
    kiosk.wait_for("welcome")


def alice_assigns_bob(page: Page, service: Service, pictures: Path) -> None:
    page.goto(f"{service.url}/queue")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=NAME, exact=True)).to_be_visible()
    page.screenshot(path=pictures / "chromium-0-queue.png")
    choices = page.get_by_label(f"Assign peer to {NAME}")
    choices.select_option(value=choices.locator("option", has_text="Bob").get_attribute("value"))
    page.get_by_role("button", name="Assign a peer").click()
    expect(page.get_by_text("Assigned. Where their alerts are on, they are being told now.")).to_be_visible()
    page.screenshot(path=pictures / "chromium-1-assigned.png")
