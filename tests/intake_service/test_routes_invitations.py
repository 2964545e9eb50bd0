"""One-time links: made by administrators, opened once by whoever gets them, mailed where there is a mail server."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service import invitations, passwords, second_factors, sign_in, sign_in_rules
from intake_service.app import create_app
from intake_service.settings import Settings
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.sign_in_tables import CodeApp, OneTimeLink
from intake_service.tables import Role, Staff, StaffSession
from notifications import subscriptions
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.center import sign_in as signs_in
from tests.intake_service.live import Service, running_service
from tests.intake_service.test_routes_account import HTML, csrf_of
from tests.notifications.devices import Device
from tests.support.mail_server import MailServer, running_mail_server

NEW = "a bridge under blue snow"


def link_on(page: httpx.Response) -> str:
    found = re.search(r"/invitation\?link=([\w-]+)", page.text)
    assert found is not None, page.text
    return found[1]


def invite(service: Service, session: Session, center: Center, username: str = "eve", **more: str) -> httpx.Response:
    form = {"username": username, "name": "Eve", "role": "volunteer", "site": str(center.site.id), "language": "es"}
    csrf = csrf_of(session, center.dana)
    return service.client.post("/staff/invitation", data={**form, "csrf": csrf, **more}, headers=HTML)


def choose(service: Service, link: str, password: str = NEW) -> httpx.Response:
    return service.client.post("/invitation", data={"link": link, "password": password}, headers=HTML)


def test_an_invitation_becomes_a_colleague(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    link = link_on(invite(service, session, center))
    service.client.cookies.clear()

    assert "Welcome, Eve" in service.client.get(f"/invitation?link={link}", headers=HTML).text
    short = choose(service, link, "short")
    assert (short.status_code, "at least 15 characters" in short.text) == (422, True)
    assert choose(service, link).headers["location"] == "/"

    assert service.client.get("/my-participants").status_code == 200
    eve = session.scalars(select(Staff).where(Staff.username == "eve")).one()
    assert (eve.role, eve.languages, [site.name for site in eve.sites]) == (Role.VOLUNTEER, ["es"], ["Harbor House"])


def test_a_link_works_once_and_for_seven_days(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    used, old = (link_on(invite(service, session, center, name)) for name in ("eve", "finn"))
    session.execute(update(OneTimeLink).values(expires_at=datetime.now(UTC) + timedelta(minutes=1)))
    session.commit()
    choose(service, used)
    session.execute(update(OneTimeLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()

    for link in (used, old, "guessed", ""):
        assert service.client.get(f"/invitation?link={link}", headers=HTML).status_code == 404
        assert choose(service, link).status_code == 404
    assert old not in session.scalars(select(OneTimeLink.digest)).all()


def test_a_newer_link_voids_the_older_one(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    first = link_on(invite(service, session, center))
    eve = session.scalars(select(Staff.id).where(Staff.username == "eve")).one()
    csrf = csrf_of(session, center.dana)
    second = link_on(service.client.post(f"/staff/{eve}/invitation", data={"csrf": csrf}, headers=HTML))

    assert choose(service, first).status_code == 404
    assert choose(service, second).status_code == 303


def test_what_is_wrong_with_an_invitation_is_said_and_the_rest_is_kept(
    service: Service, session: Session, center: Center
) -> None:
    signs_in(service.client, "dana")

    taken = invite(service, session, center, "alice")
    nowhere = invite(service, session, center, site="999")
    unknown = invite(service, session, center, role="king")

    assert (taken.status_code, "with this username already" in taken.text) == (409, True)
    assert (nowhere.status_code, "Choose at least one site" in nowhere.text) == (422, True)
    assert (unknown.status_code, "Choose a role" in unknown.text) == (422, True)
    assert 'value="Eve"' in taken.text
    assert session.scalars(select(Staff).where(Staff.username == "eve")).all() == []


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_only_administrators_invite_and_reset(service: Service, session: Session, center: Center, name: str) -> None:
    signs_in(service.client, name)
    csrf = csrf_of(session, getattr(center, name))

    for path in ("invitation", f"{center.charlie}/invitation", f"{center.charlie}/reset", "sign-in-rules"):
        assert service.client.post(f"/staff/{path}", data={"csrf": csrf}).status_code == 403, path
    for path in ("invitation", "sign-in-rules"):
        assert service.client.get(f"/staff/{path}").status_code == 403, path


def test_a_reset_ends_every_session_and_gives_a_new_start(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "bob")
    bobs = service.client.cookies["session"]
    service.client.cookies.clear()
    signs_in(service.client, "dana")
    csrf = csrf_of(session, center.dana)

    link = link_on(service.client.post(f"/staff/{center.bob}/reset", data={"csrf": csrf}, headers=HTML))

    assert service.client.get("/queue", headers={"Cookie": f"session={bobs}"}).status_code == 401
    assert session.get_one(Staff, center.bob).password_hash == passwords.NO_PASSWORD
    session.rollback()
    service.client.cookies.clear()
    assert signs_in(service.client, "bob").status_code == 403
    assert choose(service, link).status_code == 303
    service.client.cookies.clear()
    assert signs_in(service.client, "bob", NEW).status_code == 303


@pytest.mark.parametrize("clear", [True, False])
def test_a_reset_takes_the_second_factor_away_only_when_it_is_lost_too(
    service: Service, session: Session, center: Center, clear: bool
) -> None:
    bob, dana = session.get_one(Staff, center.bob), session.get_one(Staff, center.dana)
    now = datetime.now(UTC)
    second_factors.begin_code_app(session, bob, now)
    Device().subscribe(session, center.bob, "http://127.0.0.1/push/made-up", now)
    session.execute(update(CodeApp).values(confirmed_at=now))
    link = invitations.reset(session, center.bob, now, dana, clear_second_factor=clear)
    assert len(subscriptions.of_staff(session, center.bob)) == (0 if clear else 1)
    session.commit()

    chosen = choose(service, link.token)

    assert chosen.status_code == (303 if clear else 200)
    assert ("session" in service.client.cookies) is clear
    assert signs_in(service.client, "bob", NEW).headers["location"] == ("/" if clear else "/sign-in/code")


def test_nobody_resets_themselves_and_nobody_who_left(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    csrf = csrf_of(session, center.dana)
    session.get_one(Staff, center.bob).active = False
    session.commit()

    assert service.client.post(f"/staff/{center.dana}/reset", data={"csrf": csrf}).status_code == 403
    assert service.client.post(f"/staff/{center.bob}/reset", data={"csrf": csrf}).status_code == 404
    assert service.client.post(f"/staff/{center.charlie}/invitation", data={"csrf": csrf}).status_code == 409
    assert sign_in.whose_password(session, "dana", PASSWORD)[1]


def test_who_is_invited_to_lead_adds_a_second_factor_first(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    link = link_on(invite(service, session, center, role="peer supervisor"))
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.LEADERS))
    session.commit()

    assert choose(service, link).headers["location"] == "/account/second-factor?next=%2F"


def test_the_rules_are_the_administrators(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "dana")
    csrf = csrf_of(session, center.dana)
    path, form = "/staff/sign-in-rules", {"csrf": csrf, "second_factor": "everybody", "idle_minutes": "20"}

    for minutes in ("4", "61", "many", ""):
        assert service.client.post(path, data=form | {"idle_minutes": minutes}, headers=HTML).status_code == 422
    assert service.client.post(path, data=form).headers["location"] == f"{path}?done=true"

    assert sign_in_rules.current(session) == SignInRules(idle_minutes=20, second_factor=SecondFactorFor.EVERYBODY)
    session.rollback()
    assert "Saved." in service.client.get(f"{path}?done=true", headers=HTML).text
    service.client.cookies.clear()
    assert signs_in(service.client, "bob").headers["location"].startswith("/account/second-factor")
    assert session.scalars(select(StaffSession.idle_minutes).order_by(StaffSession.id)).all()[-1] == 20


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture
def with_mail(settings: Settings, mail: MailServer) -> Iterator[Service]:
    url = f"mailto://127.0.0.1:{mail.port}/?from=center@center.example&mode=insecure"
    with running_service(create_app(settings.model_copy(update={"mail_url": url, "push_allow_private": True}))) as own:
        yield own


def test_a_link_is_mailed_where_there_is_a_mail_server(
    with_mail: Service, mail: MailServer, session: Session, center: Center
) -> None:
    signs_in(with_mail.client, "dana")

    page = invite(with_mail, session, center, "eve@center.example")

    assert "Mailed to eve@center.example" in page.text
    ((recipients, message),) = mail.received
    assert recipients == ["eve@center.example"]
    assert f"/invitation?link={link_on(page)}" in message.as_string().replace("=3D", "=").replace("=\n", "")


def test_a_link_that_could_not_be_mailed_is_handed_over(
    with_mail: Service, mail: MailServer, session: Session, center: Center
) -> None:
    mail.refuse = "550 no"
    signs_in(with_mail.client, "dana")

    page = invite(with_mail, session, center, "eve@center.example")

    assert "Mailed to" not in page.text
    assert "Hand it over yourself" in page.text
    assert choose(with_mail, link_on(page)).status_code == 303
