"""An administrator decides, in a browser without JavaScript; a kiosk has it with its next configuration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Kiosk, Site, StaffSession
from kiosk_client import handoff_file
from shared_schema import pin
from shared_schema.kiosk_api import CONFIG_PATH, ENROLL_PATH, Enrollment, KioskConfig
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service
from tests.intake_service.people import a_site
from tests.intake_service.test_console_in_browser import sign_in as sign_in_by_browser
from tests.support.chromium import DESK, PHONE, running_chromium

PICTURES = Path("build/pictures/console")


def config_of(service: Service, center: Center) -> KioskConfig:
    answer = service.client.get(CONFIG_PATH, headers=center.kiosk.headers)
    return KioskConfig.model_validate_json(answer.content)


def test_what_is_decided_is_what_the_kiosk_gets(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        page.route("**/*.js", lambda route: route.abort())
        sign_in_by_browser(page, service, "dana", "/sites")
        page.get_by_role("link", name="Settings of Harbor House").click()
        page.get_by_label("Name").fill("Lantern House")
        page.locator("#place-es").select_option("1")
        page.locator("#place-en").select_option("2")
        page.locator("#greeting-es").fill("¡Pase, por favor!")
        page.locator("#hours-mon").fill("9-12, 13:00-17:30")
        page.locator("#time_zone").fill("America/Chicago")
        page.get_by_label("Court or papers").uncheck()
        page.get_by_label("RCC member only").uncheck()
        page.locator("#theme").select_option("contrast")
        page.locator("#idle_seconds").fill("20")
        page.locator("#pin").fill("271828")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Nothing was saved yet")).to_be_visible()
        expect(page.locator("#idle_seconds-problem")).to_have_text(
            "Seconds without a touch: a whole number from 30 to 600."
        )
        expect(page.get_by_label("Name")).to_have_value("Lantern House")
        page.locator("#idle_seconds").fill("120")
        page.locator("#pin").fill("271828")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()

    config = config_of(service, center)
    assert (config.site_name, config.languages) == ("Lantern House", ("es", "en"))
    assert config.greeting == {"es": "¡Pase, por favor!"}
    assert config.hours.time_zone == "America/Chicago"
    assert len(config.hours.spans["mon"]) == 2
    assert config.settings.hidden == {"brings-you": ("legal",)}
    assert len(config.settings.pathways) == 3
    assert (config.settings.theme, config.settings.idle_seconds) == ("contrast", 120)
    assert pin.fits("271828", config.settings.staff_pin or "")
    assert "271828" not in str(session.scalars(select(Site)).one().kiosk_settings)


def test_only_an_administrator_decides(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    csrf = session.scalars(select(StaffSession.csrf_token)).one()
    session.commit()

    answers = [
        service.client.get("/sites"),
        service.client.get(f"/sites/{center.site.id}"),
        service.client.post(f"/sites/{center.site.id}", data={"csrf": csrf, "name": "Mine"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "Sites" not in service.client.get("/queue").text
    assert config_of(service, center).site_name == "Harbor House"


def test_a_form_from_elsewhere_changes_nothing(service: Service, center: Center) -> None:
    sign_in(service.client, "dana")

    assert service.client.post(f"/sites/{center.site.id}", data={"csrf": "guessed"}).status_code == 403
    assert service.client.get("/sites/4711").status_code == 404


def test_two_sites_cannot_have_one_name(service: Service, session: Session, center: Center) -> None:
    other = a_site(session, "Lantern House")
    session.commit()
    sign_in(service.client, "dana")
    csrf = session.scalars(select(StaffSession.csrf_token)).one()
    session.commit()
    fields = {"csrf": csrf, "name": "Harbor House", "place-en": "1", "theme": "light", "time_zone": "UTC"}
    fields |= {"idle_seconds": "60", "warning_seconds": "30", "volume": "60", "pathway-COMPREHENSIVE": "on"}
    fields |= {f"tile-{each}": "on" for each in ("brings-you-work", "talk-with-woman", "phone-ok-text", "easier-asl")}
    fields |= {"tile-urgent-tonight": "on"}

    answer = service.client.post(f"/sites/{other.id}", data=fields)

    assert answer.status_code == 422
    assert "There is a site of this name already." in answer.text


def test_a_kiosk_gets_its_code_and_is_taken_out_of_service_on_the_page(
    playwright: Playwright, service: Service, center: Center, tmp_path: Path
) -> None:
    with running_chromium(playwright, PHONE) as page:
        page.route("**/*.js", lambda route: route.abort())
        sign_in_by_browser(page, service, "dana", "/sites")
        page.get_by_label("Where a kiosk stands").fill("Back room")
        page.get_by_role("button", name="Get a pairing code").click()
        code = page.locator(".pairing-code").inner_text()
        expect(page.get_by_role("img", name="QR code with the same address and code")).to_be_visible()
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Download handoff.toml").click()
        downloading.value.save_as(tmp_path / "handoff.toml")
        page.screenshot(path=PICTURES / "kiosk-code.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        paired = service.client.post(ENROLL_PATH, json={"pairing_code": code})
        credential = Enrollment.model_validate_json(paired.content).credential

        page.get_by_role("link", name="The kiosk has it").click()
        page.get_by_text("Take it out of service: Back room").click()
        page.get_by_role("button", name="Take Back room out of service").click()
        expect(page.get_by_text("taken out of service")).to_be_visible()

    refused = service.client.get(CONFIG_PATH, headers={"Authorization": f"Bearer {credential}"})
    assert refused.json()["code"] == "revoked"
    assert service.client.get(CONFIG_PATH, headers=center.kiosk.headers).status_code == 200
    assert handoff_file.read(tmp_path / "handoff.toml") == handoff_file.Handoff(
        service.app.state.settings.public_url, code
    )


def test_only_an_administrator_adds_and_revokes_kiosks_and_only_of_the_site(
    service: Service, session: Session, center: Center
) -> None:
    other = a_site(session, "Lantern House")
    session.commit()
    for name, site_id, status in (("alice", center.site.id, 403), ("dana", other.id, 404)):
        sign_in(service.client, name)
        csrf = {"csrf": session.scalars(select(StaffSession.csrf_token).order_by(StaffSession.id.desc())).first()}
        session.commit()
        path = f"/sites/{site_id}/kiosks/{center.kiosk.id}/revocation"
        assert service.client.post(path, data=csrf).status_code == status
        service.client.cookies.clear()

    assert service.client.get(CONFIG_PATH, headers=center.kiosk.headers).status_code == 200


@pytest.mark.pictures
@pytest.mark.parametrize("shape", ["desk", "phone"])
def test_the_pages_are_drawn(
    playwright: Playwright, service: Service, session: Session, center: Center, shape: str
) -> None:
    kiosk = session.get_one(Kiosk, center.kiosk.id)
    kiosk.last_seen_at, kiosk.held, kiosk.refused = datetime.now(UTC) - timedelta(hours=3), 2, 1
    session.commit()
    viewport = DESK if shape == "desk" else PHONE
    with running_chromium(playwright, viewport) as page:
        sign_in_by_browser(page, service, "dana", "/sites")
        expect(page.get_by_text("not heard from for 3 h 00 min")).to_be_visible()
        page.screenshot(path=PICTURES / f"sites-{shape}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        page.get_by_role("link", name="Settings of Harbor House").click()
        page.locator("#volume").fill("loud")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Nothing was saved yet")).to_be_visible()
        page.screenshot(path=PICTURES / f"site-{shape}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
