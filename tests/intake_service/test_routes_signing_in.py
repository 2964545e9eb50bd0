"""The console's door: cookies that browsers guard, forms that only our own pages can send, headers on everything."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from intake_service.app import create_app
from intake_service.settings import Settings
from intake_service.tables import Event, StaffSession
from shared_schema.kiosk_api import CALLS_PATH, HEARTBEATS_PATH, INTAKES_PATH, TEST_ALERTS_PATH
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import NOW, a_record
from tests.intake_service.walking import AT_THE_DOOR, BY_A_SECRET_IN_THE_BODY, every_route

BY_A_KIOSKS_CREDENTIAL = {INTAKES_PATH, HEARTBEATS_PATH, CALLS_PATH, TEST_ALERTS_PATH}


def test_every_form_needs_the_token_of_its_page(service: Service, session: Session, center: Center) -> None:
    somebody_waits(session, center)
    sign_in(service.client, "dana")
    before = session.scalar(select(func.count()).select_from(Event))
    session.rollback()

    walked = 0
    no_forms = BY_A_SECRET_IN_THE_BODY | BY_A_KIOSKS_CREDENTIAL | AT_THE_DOOR
    for route in every_route(service.app):
        if route.method != "POST" or route.pattern in no_forms:
            continue
        for headers in ({}, {"X-CSRF-Token": "guessed"}):
            answer = service.client.post(route.path, data={"csrf": "guessed"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), route
        walked += 1

    assert walked >= 15
    assert session.scalar(select(func.count()).select_from(Event)) == before


def test_another_sites_page_cannot_sign_somebody_in(service: Service, center: Center) -> None:
    form = {"username": "alice", "password": "made up for tests"}

    refused = service.client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


def test_the_cookie_is_for_this_site_and_no_script(service: Service, center: Center) -> None:
    cookie = sign_in(service.client, "alice").headers["set-cookie"]

    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


@pytest.fixture
def behind_https(settings: Settings) -> Iterator[Service]:
    """As behind a proxy that speaks https."""
    public = settings.model_copy(update={"public_url": "https://handoff.example.org"})
    with running_service(create_app(public)) as service:
        yield service


def test_with_https_the_cookie_never_leaves_it(behind_https: Service, center: Center) -> None:
    answer = sign_in(behind_https.client, "alice")

    cookies = answer.headers.get_list("set-cookie")
    assert cookies[0].startswith("__Host-session=")
    for cookie in cookies:  # also those by which a browser is known again and steps are kept
        assert cookie.startswith("__Host-"), cookie
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; ")), cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_signing_in_again_ends_the_old_session(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    first = service.client.cookies["session"]
    sign_in(service.client, "alice")

    assert service.client.cookies["session"] != first
    assert session.scalar(select(func.count()).select_from(StaffSession)) == 1


def test_a_session_that_has_ended_leads_to_the_sign_in(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    session.execute(update(StaffSession).values(expires_at=NOW))
    session.commit()

    led = service.client.get("/queue", headers={"Accept": "text/html"})

    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Fqueue")


@pytest.mark.parametrize("path", ["/sign-in", "/queue", "/no-such-page", "/static/console.css", "/api/v1/config"])
def test_every_answer_keeps_browsers_careful(service: Service, path: str) -> None:
    headers = service.client.get(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no-such-page", 404, "not_found"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("DELETE", "/queue", 405, "method_not_allowed"),
        ("GET", "/intakes/not-an-id", 401, "sign_in_needed"),
    ],
)
def test_a_wrong_address_is_a_problem_in_words(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    answer = service.client.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "text/html" in service.client.request(method, path, headers={"Accept": "text/html"}).headers.get(
        "content-type", "text/html"
    )


def test_an_unexpected_error_is_a_bare_500_and_its_words_stay_here(
    settings: Settings, center: Center, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings)
    said = " ".join(("Zuleika", "Testperson"))

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(said)

    with running_service(app) as service:
        answer = service.client.get("/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert said not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_name_that_is_markup_is_only_a_name(service: Service, session: Session, center: Center) -> None:
    name = "<script>alert('1')</script>"
    intake = somebody_waits(session, center, a_record(name))
    sign_in(service.client, "alice")

    for path in ("/queue", f"/intakes/{intake}"):
        shown = service.client.get(path).text
        assert name not in shown
        assert "&lt;script&gt;" in shown


def test_who_watches_the_process_hears_when_intakes_cannot_be_received(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}

    service.app.state.writer.stop()

    assert service.client.get("/healthz").status_code == 503
    service.app.state.writer.__post_init__()
    service.app.state.writer.start()  # for the service to stop in good order
