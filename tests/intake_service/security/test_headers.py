"""Every answer, whatever it is to and whoever asks, tells browsers to be careful; and none lets another site in.

What a real browser makes of it: test_pages_in_chromium.py.
"""

from collections.abc import Iterator

import httpx
import pytest

from intake_service.app import create_app
from intake_service.guards import MAX_BODY
from intake_service.settings import Settings
from shared_schema.kiosk_api import CONFIG_PATH, HEARTBEATS_PATH, INTAKES_PATH
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service, running_service

# What is said does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

CAREFUL = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
NEVER = {"access-control-allow-origin", "access-control-allow-credentials", "server", "x-powered-by"}


@pytest.fixture
def service(settings: Settings, center: Center) -> Iterator[Service]:
    """As behind a proxy that speaks https; a kiosk may ask six times."""
    behind_https = {"public_url": "https://handoff.example.org", "kiosk_pace": 0.1}
    with running_service(create_app(settings.model_copy(update=behind_https))) as service:
        yield service


def answers(service: Service, center: Center) -> Iterator[tuple[int, httpx.Response]]:
    """One of each kind, and the status that it should have."""
    client, kiosk = service.client, center.kiosk.headers
    elsewhere = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    yield 200, client.get("/sign-in")
    yield 200, client.get("/healthz")
    yield 401, client.get("/queue")
    yield 303, client.get("/queue", headers={"Accept": "text/html"})
    yield 404, client.get("/no-such-page")
    yield 404, client.get("/static/no-such-file.js")
    yield 405, client.delete("/sign-in")
    yield 405, client.options("/sign-in", headers=elsewhere)
    yield 405, client.options(INTAKES_PATH, headers=elsewhere)
    yield 200, client.get(CONFIG_PATH, headers=kiosk | elsewhere)
    yield 422, client.post(HEARTBEATS_PATH, json={}, headers=kiosk)
    yield 413, client.post(HEARTBEATS_PATH, content=b" " * (MAX_BODY + 1), headers=kiosk)
    yield 415, client.post("/sign-in", files={"name": ("a.txt", b"a")})
    for _ in range(5):
        client.get(CONFIG_PATH, headers=kiosk)
    yield 429, client.get(CONFIG_PATH, headers=kiosk)
    signed_in = (
        sign_in(client, "dana").headers["set-cookie"].partition(";")[0]
    )  # Secure, so that no client sends it here
    yield 200, client.get("/account", headers={"Cookie": signed_in})


def test_every_answer_is_careful(service: Service, center: Center) -> None:
    for status, answer in answers(service, center):
        place = f"{answer.request.method} {answer.request.url.path}"
        assert (place, answer.status_code) == (place, status)
        assert {name: answer.headers.get(name) for name in CAREFUL} == CAREFUL, place
        assert NEVER.isdisjoint(answer.headers), place
        stored = "no-cache" if answer.request.url.path.startswith("/static/") else "no-store"
        assert answer.headers["cache-control"] == stored, place


def test_files_of_ours_are_careful_too_and_asked_for_again(service: Service) -> None:
    answer = service.client.get("/static/icon.svg", headers={"Origin": "https://elsewhere.example"})

    assert {name: answer.headers.get(name) for name in CAREFUL} == CAREFUL
    assert answer.headers["cache-control"] == "no-cache"


def test_what_a_page_may_use_is_switched_off_but_for_passkeys_of_its_own(service: Service) -> None:
    said = service.client.get("/sign-in").headers["permissions-policy"].split(", ")

    allowed = [each for each in said if not each.endswith("=()")]
    assert allowed == ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
    assert {"camera=()", "microphone=()", "geolocation=()", "usb=()", "display-capture=()"} <= set(said)


def test_without_https_nothing_promises_it(settings: Settings) -> None:
    with running_service(create_app(settings)) as service:
        assert "strict-transport-security" not in service.client.get("/sign-in").headers
