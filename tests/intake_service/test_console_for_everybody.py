"""Every page for everybody: nothing that axe-core finds, by keyboard alone, at 400 %, from 320 px on, in pictures."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, ViewportSize
from sqlalchemy.orm import Session

from shared_schema.form import load_form
from shared_schema.intake import Answer, IntakeRecord
from tests.intake_service.center import PASSWORD, Center, somebody_waits
from tests.intake_service.every_page import a_busy_day
from tests.intake_service.live import Service
from tests.intake_service.people import a_record
from tests.support.axe import Axe, installed
from tests.support.chromium import DESK, PHONE, running_chromium

# What a page looks like does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

BUILD = Path("build")
AT_400_PERCENT: ViewportSize = {"width": 320, "height": 200}
"""1280 by 800 pixels at 400 % (WCAG 2.2, 1.4.10)."""

_FOCUSABLE = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
  )].filter(each => !each.disabled && each.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})
    && !(each.type == 'radio' && each.name && !each.checked &&
         (document.querySelector(`input[name="${each.name}"]:checked`) ||
          document.querySelector(`input[name="${each.name}"]`) != each))).length"""
"""How many stops there are for the Tab key: of radio buttons with one name there is one."""

_OPEN_ALL = """() => {
  const closed = [...document.querySelectorAll('details:not([open])')];
  for (const each of closed) each.open = true;
  return closed.length;
}"""

_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at == document.body) return null;
  at.dataset.stop ??= String(window.stops = (window.stops ?? 0) + 1);
  const style = getComputedStyle(at);
  return [at.dataset.stop, style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2];
}"""


@pytest.fixture(scope="session")
def axe() -> Axe:
    return installed(BUILD)


def sign_in(page: Page, service: Service, name: str) -> None:
    page.goto(f"{service.url}/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/queue")


@pytest.mark.pictures
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shape", ["desk", "phone"])
def test_no_page_keeps_anybody_out(
    playwright: Playwright, service: Service, session: Session, center: Center, axe: Axe, shape: str
) -> None:
    viewport: ViewportSize = DESK if shape == "desk" else PHONE
    pictures = BUILD / "pictures" / "console"
    found: dict[str, list[str]] = {}
    with running_chromium(playwright, viewport) as page:

        def look(name: str) -> None:
            found.update(axe.faults_in_light_and_dark(page, pictures, f"{name}-{shape}"))

        page.goto(f"{service.url}/sign-in")
        look("sign-in")
        sign_in(page, service, "dana")
        look("queue-empty")
        for name, path in a_busy_day(session, center).pages.items():
            page.goto(service.url + path)
            look(name)
            if page.evaluate(_OPEN_ALL):
                look(f"{name}-opened")
        page.goto(f"{service.url}/participants/search")
        page.get_by_role("searchbox").fill("zulaika")
        page.keyboard.press("Enter")
        page.get_by_text("found, the likeliest first").wait_for()
        look("search-found")

    assert found == {}


@pytest.mark.timeout(600)
def test_every_page_is_worked_with_the_keyboard_alone(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        sign_in(page, service, "dana")
        for name, path in a_busy_day(session, center).pages.items():
            page.goto(service.url + path)
            page.wait_for_load_state()
            expected = page.evaluate(_FOCUSABLE)
            stops: dict[str, bool] = {}
            for _ in range(6 * expected + 20):  # a time field alone has four stops
                page.keyboard.press("Tab")
                at = page.evaluate(_FOCUS)
                if at is None or (at[0] in stops and len(stops) >= expected):
                    break
                stops[at[0]] = stops.get(at[0], False) or at[1]  # a part of a field shows the browser's own ring
            assert len(stops) >= expected, f"{name}: {len(stops)} of {expected} can be reached"
            assert all(stops.values()), f"{name}: the focus is not to be seen"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", [AT_400_PERCENT, {"width": 320, "height": 640}, {"width": 3840, "height": 2160}])
def test_no_page_is_wider_than_its_screen(
    playwright: Playwright, service: Service, session: Session, center: Center, size: ViewportSize
) -> None:
    with running_chromium(playwright, size) as page:
        sign_in(page, service, "dana")
        for name, path in a_busy_day(session, center).pages.items():
            page.goto(service.url + path)
            width = page.evaluate("document.documentElement.scrollWidth")
            if name in {"queue", "participant-waiting", "brief-intake", "board"}:
                picture = f"{name}-{size['width']}x{size['height']}.png"
                page.screenshot(path=BUILD / "pictures" / "console" / picture)
            assert width <= size["width"], f"{name} is {width} wide"


@pytest.mark.parametrize("paper", ["Letter", "A4"])
@pytest.mark.parametrize("which", ["usual", "longest"])
def test_a_handoff_sheet_is_one_page(
    playwright: Playwright, service: Service, session: Session, center: Center, which: str, paper: str
) -> None:
    intake_id = somebody_waits(session, center, the_longest_record() if which == "longest" else a_usual_record())
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        page.goto(f"{service.url}/intakes/{intake_id}")
        sheet = page.pdf(format=paper, path=BUILD / "pictures" / "console" / f"handoff-{which}-{paper}.pdf")

    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


def a_usual_record() -> IntakeRecord:
    return a_record(
        "Zuleika Testperson",
        brings_you=Answer.of("own-recovery", "housing"),
        help_today=Answer.of("ongoing"),
        talk_with=Answer.of("woman"),
        easier=Answer.of("quiet"),
    )


def the_longest_record() -> IntakeRecord:
    """Everything that can be tapped, and texts as long as they can be."""
    form = load_form()
    answers: dict[str, Answer] = {}
    for screen in form.items:
        several = [choice.id for choice in screen.choices if not choice.alone][: screen.most]
        if screen.kind in {"text", "phone"}:
            answers[screen.id] = Answer.of(text="9" * 15 if screen.kind == "phone" else "Mm " * 40)
        elif screen.id == "reach":
            answers["reach"] = Answer.of("phone")
        elif screen.kind in {"choice", "choices"}:
            answers[screen.id] = Answer.of(*several)
    answers["talk-with"] = Answer.of("my-language", "woman", "man", "someone-i-know")
    answers["name"] = Answer.of(text="Wm " * 40)
    return a_record().model_copy(update={"answers": answers})


def test_a_handoff_sheet_is_printed_without_the_console_around_it(
    playwright: Playwright, service: Service, session: Session, center: Center
) -> None:
    with running_chromium(playwright) as page:
        sign_in(page, service, "alice")
        page.goto(service.url + a_busy_day(session, center).pages["intake"])
        page.emulate_media(media="print")
        assert page.get_by_text("42 CFR part 2 prohibits unauthorized use or disclosure of these records.").is_visible()
        assert not page.get_by_role("navigation", name="Pages").is_visible()
        assert not page.get_by_role("button").first.is_visible()
        page.screenshot(path=BUILD / "pictures" / "console" / "handoff-sheet.png", full_page=True)
