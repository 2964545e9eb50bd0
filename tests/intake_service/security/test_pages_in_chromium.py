"""What a real browser makes of our pages: nothing runs but our own files, whatever somebody has typed into them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import ConsoleMessage, Page, Playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import assignments, participants, removals
from intake_service.keys import Keys
from intake_service.tables import Intake, Kiosk, Role, Staff
from notifications import subscriptions
from shared_schema.form import load_form
from shared_schema.intake import Answer
from shared_schema.kiosk_api import INTAKES_PATH
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.every_page import a_busy_day
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, a_staff_member, sealed
from tests.intake_service.security.conftest import Tally
from tests.notifications.devices import Device
from tests.support.chromium import running_chromium

# What a browser does with a page does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PAYLOADS = (
    "\"'><script>pwned=1</script><img src=x onerror=pwned=1>",
    "javascript:pwned=1//</textarea><svg/onload=pwned=1>{{7*7}}",
)
OFF = ("camera", "microphone", "geolocation", "display-capture", "usb", "payment")


@pytest.fixture
def page(playwright: Playwright, service: Service, center: Center) -> Iterator[Page]:
    """Dana is signed in."""
    with running_chromium(playwright) as page:
        page.goto(f"{service.url}/sign-in")
        page.get_by_label("Username").fill("dana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/queue")
        yield page


def errors_of(page: Page) -> list[str]:
    """What the browser's console reports from now on, but that something was not found."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 404" not in message.text:
            said.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    return said


def typed_everywhere(service: Service, session: Session, center: Center, keys: Keys, text: str) -> tuple[UUID, UUID]:
    """The text in every place where somebody can type one. The participant and the intake; committed."""
    now = datetime.now(UTC)
    form = load_form()
    written = {
        screen.id.replace("-", "_"): Answer.of(text=text)
        for screen in form.items
        if screen.kind in {"text", "phone"} and screen.id != "name"
    }
    chosen = {"reach": Answer.of("phone"), "talk_with": Answer.of("someone-i-know")}
    record = a_record(text, urgent=False, language="en", **written, **chosen)
    body = sealed(record, keys.service_key).model_dump(mode="json")
    answer = service.client.post(INTAKES_PATH, json=body, headers=center.kiosk.headers)
    assert answer.status_code == 201, answer.text
    participant = session.scalars(select(Intake.participant_id).where(Intake.id == record.id)).one()
    dana = session.get_one(Staff, center.dana)
    leaving = a_staff_member(session, f"{text} Leaving", Role.PEER_SPECIALIST, center.site)
    assignments.assign(session, participant, leaving.id, dana, now)
    assignments.transfer(session, participant, center.bob, text, dana, now)
    participants.set_tier(session, participant, 2, dana, now, text)
    removals.remove_staff(session, leaving.id, dana, now, text)
    device = Device().subscribe(session, center.dana, f"http://127.0.0.1/push/{participant}", now)
    subscriptions.rename(session, center.dana, device.id, text)
    session.get_one(Kiosk, center.kiosk.id).name = text
    for name in ("bob", "charlie"):
        colleague = session.scalars(select(Staff).where(Staff.username == name)).one()
        colleague.name = f"{text} {name}"
    center.site.name = f"{text} House"
    session.add(center.site)
    session.commit()
    return participant, record.id


@pytest.mark.timeout(300)
@pytest.mark.parametrize("text", PAYLOADS)
def test_what_somebody_types_is_shown_and_never_runs(
    page: Page, service: Service, session: Session, center: Center, keys: Keys, text: str, tally: Tally
) -> None:
    participant, intake = typed_everywhere(service, session, center, keys, text)
    blocked = errors_of(page)
    pages = {
        **a_busy_day(session, center).pages,
        "theirs": f"/participants/{participant}",
        "handoff-sheet": f"/intakes/{intake}",
        "everybody": "/lists/all",
    }

    seen = set()
    for name, path in pages.items():
        page.goto(service.url + path)
        page.wait_for_load_state()
        assert page.evaluate("'pwned' in window") is False, name
        if text in page.inner_text("body"):
            seen.add(name)
    tally("pages in Chromium with markup in every field", len(pages))
    page.goto(f"{service.url}/participants/search")
    page.get_by_role("searchbox").fill(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.evaluate("'pwned' in window") is False

    assert {"theirs", "handoff-sheet", "everybody", "alerts", "staff", "sites", "roster"} <= seen
    assert blocked == []  # escaped, so that no policy had to step in


def test_the_browser_runs_nothing_that_is_not_a_file_of_ours(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/alerts")
    broken: list[str] = page.evaluate(
        """async () => {
          const broken = [];
          document.addEventListener('securitypolicyviolation', event => broken.push(event.effectiveDirective));
          const add = (tag, its) => document.body.append(Object.assign(document.createElement(tag), its));
          add('script', {textContent: 'window.pwned = 1'});
          add('style', {textContent: 'body { display: none }'});
          add('div', {innerHTML: '<b onclick="window.pwned = 1" style="color: red">x</b>'});
          document.querySelector('b').click();
          add('img', {src: 'http://127.0.0.1:9/x.png'});
          add('iframe', {src: '/queue'});
          add('object', {data: '/queue'});
          add('form', {action: 'http://127.0.0.1:9/', method: 'post'});
          document.forms[document.forms.length - 1].submit();
          await fetch('http://127.0.0.1:9/').catch(() => null);
          await new Promise(soon => setTimeout(soon, 500));
          return broken;
        }"""
    )

    assert page.evaluate("'pwned' in window") is False
    wanted = {"script-src-elem", "style-src-elem", "script-src-attr", "style-src-attr", "img-src", "frame-src"}
    assert wanted | {"object-src", "form-action", "connect-src"} <= set(broken)


@pytest.mark.timeout(300)
def test_no_page_of_ours_breaks_its_own_rules(
    page: Page, service: Service, session: Session, center: Center, tally: Tally
) -> None:
    said = errors_of(page)
    for path in a_busy_day(session, center).pages.values():
        tally("pages in Chromium whose headers were looked at")
        answer = page.goto(service.url + path)
        assert answer is not None
        assert answer.headers["cache-control"] == "no-store", path
        allowed = page.evaluate("names => names.filter(name => document.featurePolicy.allowsFeature(name))", OFF)
        assert allowed == [], path
        passkeys = page.evaluate("['publickey-credentials-get', 'publickey-credentials-create'].filter("
                                 "name => document.featurePolicy.allowsFeature(name))")  # fmt: skip
        assert len(passkeys) == 2, path

    assert said == []


def test_another_site_neither_shows_our_files_nor_holds_a_window_of_ours(
    playwright: Playwright, service: Service
) -> None:
    """`localhost` and `127.0.0.1` are two sites to a browser."""
    elsewhere = f"{service.url}/static/icon.svg".replace("localhost", "127.0.0.1")
    with running_chromium(playwright) as page:
        page.route(elsewhere, lambda route: route.fulfill(body="<title>Elsewhere</title>", content_type="text/html"))
        page.goto(elsewhere)
        shown = page.evaluate(
            """async ours => {
              const image = new Image();
              const loaded = new Promise(say => { image.onload = () => say(true); image.onerror = () => say(false); });
              image.src = ours + '/static/icon.svg';
              return await loaded;
            }""",
            service.url,
        )
        with page.expect_popup() as opened:
            page.evaluate("ours => { window.held = window.open(ours + '/sign-in'); }", service.url)
        opened.value.wait_for_load_state()

        assert shown is False
        assert "Sign in" in opened.value.inner_text("body")
        assert opened.value.evaluate("window.opener") is None
        assert page.evaluate("window.held.closed") is True  # to its opener it is gone


def test_no_other_page_frames_ours(playwright: Playwright, service: Service) -> None:
    with running_chromium(playwright) as page:
        page.goto(f"{service.url}/static/icon.svg".replace("localhost", "127.0.0.1"))
        page.goto("about:blank")
        page.set_content(f'<iframe src="{service.url}/sign-in"></iframe>')
        page.wait_for_timeout(1000)

        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
