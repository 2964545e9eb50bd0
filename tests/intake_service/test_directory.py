"""Signing in by the organization's directory, a real OpenID Connect provider: who was invited is let in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import directory, invitations, sign_in_rules
from intake_service.app import create_app
from intake_service.errors import NotReady
from intake_service.settings import Settings
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.sign_in_tables import OneTimeLink
from intake_service.tables import Role, Staff, StaffSession
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import NOW
from tests.support.directory import DirectoryServer, path_of, running_directory
from tests.support.service import free_port

EVE = "eve@center.example"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    with running_directory(tmp_path_factory.mktemp("directory")) as server:
        yield server


def kept(folder: Path, secret: str) -> Path:
    """A file that only its owner may read."""
    file = folder / "oidc-secret"
    file.write_text(f"{secret}\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def service(settings: Settings, provider: DirectoryServer, tmp_path: Path) -> Iterator[Service]:
    """A service with that directory."""
    port = free_port()
    client_id, secret = provider.register(f"http://localhost:{port}/sign-in/directory/answer")
    secret_file = kept(tmp_path, secret)
    told = {
        "public_url": f"http://localhost:{port}",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": client_id,
        "oidc_client_secret_file": secret_file,
        "oidc_name": "Harbor account",
    }
    with running_service(create_app(settings.model_copy(update=told)), port=port) as running:
        yield running


@pytest.fixture
def eve(session: Session, center: Center) -> int:
    """Invited; she has not opened the link."""
    dana = session.get_one(Staff, center.dana)
    now = datetime.now(UTC)
    made = invitations.invite(session, EVE, "Eve", Role.SUPERVISOR, [center.site], ["en"], now, dana)
    session.commit()
    return made.staff.id


def way(service: Service, path: str = "/board") -> str:
    """The way to the directory."""
    sent = service.client.get(f"/sign-in/directory?next={path}")
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def come_in(service: Service, provider: DirectoryServer, subject: str, path: str = "/board") -> httpx.Response:
    return service.client.get(path_of(provider.sign_in(way(service, path), subject)), headers=HTML)


def test_who_was_invited_comes_in_and_is_known_by_the_directory_from_then_on(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.EVERYBODY))
    session.commit()
    assert "Sign in with Harbor account" in service.client.get("/sign-in", headers=HTML).text
    provider.knows("subject-eve", email="Eve@Center.example", email_verified=True)

    first = come_in(service, provider, "subject-eve")
    assert (first.status_code, first.headers["location"]) == (303, "/board")  # the directory's own factors count
    assert service.client.get("/board").status_code == 200
    provider.knows("subject-eve", email="married@center.example", email_verified=True)
    service.client.cookies.clear()

    assert come_in(service, provider, "subject-eve").headers["location"] == "/board"
    assert session.scalars(select(StaffSession.staff_id)).all() == [eve, eve]
    assert session.scalars(select(OneTimeLink)).all() == []  # her invitation is void


def test_nobody_is_made_by_the_directory(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    before = len(session.scalars(select(Staff.id)).all())
    session.rollback()
    provider.knows("a-stranger", email="stranger@elsewhere.example", email_verified=True)
    provider.knows("not-verified", email=EVE, email_verified=False)
    provider.knows("says-nothing", email=EVE)

    for subject in ("a-stranger", "not-verified", "says-nothing"):
        refused = come_in(service, provider, subject)
        assert (refused.status_code, "you are not invited here" in refused.text) == (403, True), subject
    assert service.client.get("/board").status_code == 401
    assert len(session.scalars(select(Staff.id)).all()) == before


def test_another_person_with_the_same_address_is_not_let_in(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    provider.knows("the-first", email=EVE, email_verified=True)
    provider.knows("the-second", email=EVE, email_verified=True)
    come_in(service, provider, "the-first")
    service.client.cookies.clear()

    assert come_in(service, provider, "the-second").status_code == 403


def test_no_other_site_leads_somebody_in(service: Service, center: Center) -> None:
    for came_from, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)):
        answer = service.client.get("/sign-in/directory", headers={"Sec-Fetch-Site": came_from})
        assert answer.status_code == status, came_from


def test_who_left_is_not_let_in(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    provider.knows("left", email=EVE, email_verified=True)
    come_in(service, provider, "left")
    session.execute(update(Staff).where(Staff.id == eve).values(active=False))
    session.commit()
    service.client.cookies.clear()

    assert come_in(service, provider, "left").status_code == 403


def test_an_answer_is_good_for_the_browser_that_asked_and_once(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    provider.knows("once", email=EVE, email_verified=True)
    back = path_of(provider.sign_in(way(service), "once"))

    with httpx.Client(base_url=service.url, trust_env=False) as another:
        assert another.get(back).status_code == 401
    assert service.client.get(back.replace("state=", "state=x")).status_code == 403  # that way is used up by it
    assert service.client.get(back).status_code == 401
    back = path_of(provider.sign_in(way(service), "once"))
    assert service.client.get(back).status_code == 303
    assert service.client.get(back).status_code == 401


def test_a_code_of_another_way_is_refused(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    """Injected code: its nonce and verifier belong to another browser's way."""
    provider.knows("injected", email=EVE, email_verified=True)
    with httpx.Client(base_url=service.url, trust_env=False) as attacker:
        theirs = provider.sign_in(attacker.get("/sign-in/directory").headers["location"], "injected")
    ours = provider.sign_in(way(service), "injected")
    code, state = httpx.URL(theirs).params["code"], httpx.URL(ours).params["state"]

    refused = service.client.get("/sign-in/directory/answer", params={"code": code, "state": state})

    assert refused.status_code == 502
    assert service.client.get("/board").status_code == 401


def test_no_at_the_directory_is_said_kindly(service: Service, provider: DirectoryServer, center: Center) -> None:
    refused = service.client.get(path_of(provider.deny(way(service))), headers=HTML)

    assert (refused.status_code, "The directory did not let you in" in refused.text) == (403, True)


def test_the_directory_proves_again_only_when_it_asked_anew(
    service: Service, provider: DirectoryServer, session: Session, center: Center, eve: int
) -> None:
    provider.knows("again", email=EVE, email_verified=True)
    come_in(service, provider, "again")

    def made_stale() -> None:
        session.execute(update(StaffSession).values(proved_at=NOW))
        session.commit()

    made_stale()
    asked = service.client.get("/account/second-factor", headers=HTML)
    page = service.client.get(asked.headers["location"], headers=HTML).text
    assert "Sign in with Harbor account" in page
    assert 'name="password"' not in page  # she has none
    asked_anew = httpx.URL(way(service, "/account/second-factor")).params
    assert (asked_anew["prompt"], asked_anew["max_age"]) == ("login", "0")
    an_hour_ago = int(datetime.now(UTC).timestamp()) - 3600
    provider.knows("again", email=EVE, email_verified=True, auth_time=an_hour_ago)
    assert come_in(service, provider, "again").status_code == 403
    assert service.client.get("/account/second-factor").status_code == 401
    provider.knows("again", email=EVE, email_verified=True)

    assert come_in(service, provider, "again", "/account/second-factor").status_code == 303
    assert service.client.get("/account/second-factor").status_code == 200


def test_a_directory_that_is_away_is_said_and_passwords_go_on(
    settings: Settings, center: Center, tmp_path: Path
) -> None:
    told = {
        "oidc_issuer": f"http://localhost:{free_port()}",
        "oidc_client_id": "ours",
        "oidc_client_secret_file": kept(tmp_path, "made up"),
    }
    with running_service(create_app(settings.model_copy(update=told))) as service:
        away = service.client.get("/sign-in/directory", headers=HTML)
        assert (away.status_code, "did not answer as it should" in away.text) == (502, True)
        assert sign_in(service.client, "alice").status_code == 303


def test_without_a_directory_there_is_no_such_way(settings: Settings, center: Center) -> None:
    with running_service(create_app(settings)) as service:
        assert service.client.get("/sign-in/directory").status_code == 404
        assert "Sign in with" not in service.client.get("/sign-in").text.replace("Sign in with a passkey", "")


@pytest.mark.parametrize(
    ("issuer", "client_id", "has_secret"),
    [("http://directory.example", "ours", True), ("https://d.example", "", True), ("https://d.example", "ours", False)],
)
def test_settings_that_cannot_work_are_refused_at_the_start(
    tmp_path: Path, issuer: str, client_id: str, has_secret: bool
) -> None:
    secret_file = kept(tmp_path, "made up")
    with pytest.raises(NotReady):
        directory.opened(issuer, client_id, secret_file if has_secret else None, "https://center.example")


def test_a_secret_that_others_may_read_is_refused_at_the_start(tmp_path: Path) -> None:
    secret_file = kept(tmp_path, "made up")
    assert directory.opened("https://d.example", "ours", secret_file, "https://center.example") is not None
    secret_file.chmod(0o640)

    with pytest.raises(NotReady, match="chmod 600"):
        directory.opened("https://d.example", "ours", secret_file, "https://center.example")
