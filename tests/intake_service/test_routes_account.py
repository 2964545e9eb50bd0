"""One's own account over HTTP: a second factor is added and asked for, paper stands in, browsers are signed out."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from intake_service import second_factors, sessions, sign_in_rules
from intake_service.sign_in_rules import SecondFactorFor, SignInRules
from intake_service.sign_in_tables import CodeApp, RecoveryCode
from intake_service.tables import Staff, StaffSession
from notifications.db import writing
from tests.intake_service.center import PASSWORD, Center, sign_in
from tests.intake_service.live import Service
from tests.intake_service.people import NOW

HTML = {"Accept": "text/html"}


def csrf_of(session: Session, staff_id: int) -> str:
    newest = select(StaffSession.csrf_token).where(StaffSession.staff_id == staff_id)
    csrf = session.scalars(newest.order_by(StaffSession.id.desc())).first()
    session.rollback()  # SQLite writes for one at a time
    assert csrf is not None
    return csrf


def secret_on(page: str) -> str:
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found is not None
    return found[1].replace(" ", "")


def an_app(service: Service, session: Session, staff_id: int) -> tuple[pyotp.TOTP, list[str]]:
    """Whoever is signed in sets one up; the app, and the codes on the paper that comes with it."""
    app = pyotp.TOTP(secret_on(service.client.get("/account/authenticator-app", headers=HTML).text))
    form = {"csrf": csrf_of(session, staff_id), "code": app.now()}
    paper = service.client.post("/account/authenticator-app", data=form, headers=HTML)
    return app, re.findall(r"<code>([^<]+)</code>", paper.text)


def later(session: Session) -> None:
    """The app shows its next code: what was taken so far is from earlier."""
    session.execute(update(CodeApp).values(last_step=CodeApp.last_step - 2))
    session.commit()


def enter(service: Service, name: str, code: str) -> httpx.Response:
    service.client.cookies.clear()
    assert sign_in(service.client, name).headers["location"] == "/sign-in/code"
    return service.client.post("/sign-in/code", data={"code": code}, headers=HTML)


def test_an_app_is_set_up_and_asked_for_from_then_on(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    app, paper = an_app(service, session, center.alice)
    later(session)

    assert len(paper) == second_factors.RECOVERY_CODES
    entered = enter(service, "alice", app.now())
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert service.client.get("/queue").status_code == 200


def test_a_password_alone_opens_nothing_once_there_is_a_second_factor(
    service: Service, session: Session, center: Center
) -> None:
    sign_in(service.client, "alice")
    an_app(service, session, center.alice)
    service.client.cookies.clear()

    asked = sign_in(service.client, "alice")

    assert not any(cookie.startswith("session=") for cookie in asked.headers.get_list("set-cookie"))
    assert service.client.get("/queue").status_code == 401


def test_a_code_is_good_once(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    app, paper = an_app(service, session, center.alice)
    later(session)
    code = app.now()

    assert enter(service, "alice", code).status_code == 303
    assert enter(service, "alice", code).status_code == 403
    assert enter(service, "alice", paper[0].upper().replace("-", " ")).status_code == 303
    assert enter(service, "alice", paper[0]).status_code == 403
    assert enter(service, "alice", paper[1]).status_code == 303


def test_nothing_on_the_paper_is_kept_as_it_is_printed(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    _, paper = an_app(service, session, center.alice)

    kept = session.scalars(select(RecoveryCode.digest)).all()
    assert len(kept) == second_factors.RECOVERY_CODES
    assert not any(code.replace("-", "") in digest for code in paper for digest in kept)
    assert len(set(kept)) == len(kept)


def test_a_clock_may_be_half_a_minute_off_and_no_more(session: Session, center: Center) -> None:
    alice = session.get_one(Staff, center.alice)
    app = pyotp.TOTP(second_factors.begin_code_app(session, alice, NOW))
    second_factors.confirm_code_app(session, alice, app.at(NOW - timedelta(seconds=600)), NOW - timedelta(seconds=600))

    taken = {}
    for seconds in (-60, -30, 0, 30, 60):
        session.execute(update(CodeApp).values(last_step=0))
        code = app.at(NOW + timedelta(seconds=seconds))
        taken[seconds] = second_factors.is_taken(session, alice, code, NOW)

    assert taken == {-60: False, -30: True, 0: True, 30: True, 60: False}


def test_of_two_who_type_one_code_at_once_one_is_let_in(engine: Engine, session: Session, center: Center) -> None:
    alice = session.get_one(Staff, center.alice)
    app = pyotp.TOTP(second_factors.begin_code_app(session, alice, NOW))
    session.execute(update(CodeApp).values(confirmed_at=NOW))
    paper = second_factors.new_recovery_codes(session, alice)
    session.commit()

    def take(code: str) -> str | None:
        with Session(writing(engine)) as own, own.begin():
            return second_factors.take(own, own.get_one(Staff, center.alice), code, NOW)

    for code, taken in ((app.at(NOW), second_factors.FROM_APP), (paper[0], second_factors.FROM_PAPER)):
        with ThreadPoolExecutor(4) as typing:
            assert sorted(map(str, typing.map(take, [code] * 4))) == sorted([taken, "None", "None", "None"])


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "123 456", "000000\n", "-12345"])
def test_what_is_no_code_is_refused(session: Session, center: Center, code: str) -> None:
    alice = session.get_one(Staff, center.alice)
    second_factors.begin_code_app(session, alice, NOW)

    assert not second_factors.is_taken(session, alice, code, NOW)


def test_a_secret_is_shown_until_it_is_confirmed_and_never_after(
    service: Service, session: Session, center: Center
) -> None:
    sign_in(service.client, "alice")
    first = secret_on(service.client.get("/account/authenticator-app", headers=HTML).text)
    assert secret_on(service.client.get("/account/authenticator-app", headers=HTML).text) == first

    an_app(service, session, center.alice)

    assert service.client.get("/account/authenticator-app", headers=HTML).headers["location"] == "/account"


def test_who_must_add_a_second_factor_can_do_nothing_else_before(
    service: Service, session: Session, center: Center
) -> None:
    sign_in_rules.put(session, SignInRules(second_factor=SecondFactorFor.LEADERS))
    session.commit()

    assert sign_in(service.client, "alice").headers["location"] == "/account/second-factor?next=%2F"
    for path in ("/queue", "/account", f"/sites/{center.site.id}", "/staff"):
        assert service.client.get(path, headers=HTML).headers["location"] == "/account/second-factor", path
        assert service.client.get(path).json()["code"] == "second_factor_needed", path
    assert service.client.get("/events").status_code == 401
    an_app(service, session, center.alice)

    assert service.client.get("/queue").status_code == 200


def test_changing_a_second_factor_needs_a_fresh_proof(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    app, _ = an_app(service, session, center.alice)
    session.execute(update(StaffSession).values(proved_at=NOW))
    session.commit()
    later(session)
    csrf = csrf_of(session, center.alice)

    for path in ("authenticator-app/removal", "recovery-codes", "password", "passkeys/1/removal", "sessions/end"):
        assert service.client.post(f"/account/{path}", data={"csrf": csrf}).json()["code"] == "proof_needed", path
    assert service.client.get("/account/second-factor", headers=HTML).headers["location"].startswith("/sign-in/again")

    form = {"csrf": csrf, "password": PASSWORD, "next": "/account", "code": "000000"}
    assert service.client.post("/sign-in/again", data=form).status_code == 403
    assert service.client.post("/sign-in/again", data=form | {"code": app.now()}).status_code == 303
    removed = service.client.post("/account/authenticator-app/removal", data={"csrf": csrf})
    assert removed.headers["location"] == "/account?done=app-removed"
    assert session.scalars(select(RecoveryCode)).all() == []  # they go with the last second factor


def test_a_new_password_ends_every_other_session(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    elsewhere = service.client.cookies["session"]
    service.client.cookies.clear()
    sign_in(service.client, "alice")
    csrf = csrf_of(session, center.alice)

    refused = service.client.post("/account/password", data={"csrf": csrf, "password": "too short"}, headers=HTML)
    assert refused.status_code == 422
    assert "at least 15 characters" in refused.text
    form = {"csrf": csrf, "password": "a bridge under blue snow"}
    assert service.client.post("/account/password", data=form).headers["location"] == "/account?done=password"

    assert service.client.get("/account").status_code == 200
    assert service.client.get("/account", headers={"Cookie": f"session={elsewhere}"}).status_code == 401
    assert sign_in(service.client, "alice").status_code == 403
    assert sign_in(service.client, "alice", "a bridge under blue snow").status_code == 303


def test_browsers_are_listed_and_signed_out(service: Service, session: Session, center: Center) -> None:
    alice = session.get_one(Staff, center.alice)
    phone = sessions.begin(session, alice, datetime.now(UTC), browser="Firefox on Android")
    session.commit()
    service.client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537"
    sign_in(service.client, "alice")
    page = service.client.get("/account", headers=HTML).text
    assert "Firefox on Android" in page
    assert "Chrome on Linux" in page
    (path,) = re.findall(r'action="(/account/sessions/\d+/end)"', page)
    csrf = csrf_of(session, center.alice)

    assert service.client.post(path, data={"csrf": csrf}).headers["location"] == "/account?done=ended"
    assert service.client.post(path, data={"csrf": csrf}, headers=HTML).status_code == 404
    assert service.client.get("/account", headers={"Cookie": f"session={phone.token}"}).status_code == 401
    assert service.client.get("/account").status_code == 200
