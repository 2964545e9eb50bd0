import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.tables import Event, Participant, StaffSession
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_record
from tests.intake_service.walking import BY_A_SECRET_IN_THE_BODY, FOR_EVERYBODY, every_route

HTML = {"Accept": "text/html"}


def test_nothing_opens_without_signing_in(service: Service, center: Center) -> None:
    walked = 0
    for route in every_route(service.app):
        if route.pattern in FOR_EVERYBODY | BY_A_SECRET_IN_THE_BODY:
            continue
        answer = service.client.request(route.method, route.path, json={})
        assert answer.status_code in {401, 422}, route
        assert answer.json()["code"] in {"sign_in_needed", "not_enrolled", "invalid_request"}
        walked += 1
    assert walked > 25


def test_a_browser_is_led_to_the_sign_in_and_back(service: Service, session: Session, center: Center) -> None:
    intake = somebody_waits(session, center)

    led = service.client.get(f"/intakes/{intake}", headers=HTML)

    assert (led.status_code, led.headers["location"]) == (303, f"/sign-in?next=%2Fintakes%2F{intake}")
    entered = service.client.post(
        "/sign-in", data={"username": "alice", "password": "made up for tests", "next": f"/intakes/{intake}"}
    )
    assert entered.headers["location"] == f"/intakes/{intake}"
    assert "HttpOnly" in entered.headers["set-cookie"]


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/\\example.org", "example.org"])
def test_nobody_is_led_to_another_site(service: Service, center: Center, elsewhere: str) -> None:
    form = {"username": "alice", "password": "made up for tests", "next": elsewhere}

    assert service.client.post("/sign-in", data=form).headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(service: Service, center: Center) -> None:
    wrong = sign_in(service.client, "alice", "not the right one")
    unknown = sign_in(service.client, "nobody", "not the right one")

    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.text.replace("alice", "") == unknown.text.replace("nobody", "")


def test_a_form_that_is_not_ours_changes_nothing(service: Service, session: Session, center: Center) -> None:
    somebody_waits(session, center)
    participant = session.scalars(select(Participant)).one()
    session.commit()  # or this session would keep SQLite's write lock
    sign_in(service.client, "alice")

    answer = service.client.post(
        f"/participants/{participant.id}/assignment", data={"staff_id": str(center.bob), "csrf": "guessed"}
    )

    assert answer.status_code == 403
    session.refresh(participant)
    assert participant.status == "Needs Assignment"


def test_a_look_at_an_intake_is_kept(service: Service, session: Session, center: Center) -> None:
    intake = somebody_waits(session, center, a_record("Zuleika Testperson"))
    sign_in(service.client, "bob")

    assert "Zuleika Testperson" in service.client.get(f"/intakes/{intake}").text
    viewed = session.scalars(select(Event).where(Event.action == "intake viewed")).one()
    assert viewed.staff_id == center.bob


def test_who_is_not_designated_sees_nobody(service: Service, session: Session, center: Center) -> None:
    intake = somebody_waits(session, center, a_record("Zuleika Testperson"))
    sign_in(service.client, "charlie")

    assert "Zuleika" not in service.client.get("/queue").text
    assert service.client.get(f"/intakes/{intake}").status_code == 404


def test_signing_out_ends_the_session(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    token = session.scalars(select(StaffSession.csrf_token)).one()
    session.commit()
    cookie = dict(service.client.cookies)

    service.client.post("/sign-out", data={"csrf": token})
    service.client.cookies.update(cookie)

    assert service.client.get("/queue").status_code == 401


def test_an_app_can_be_installed(service: Service) -> None:
    manifest = service.client.get("/manifest.webmanifest").json()

    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert service.client.get(icon["src"]).status_code == 200
    assert service.client.get("/service-worker.js").headers["content-type"].startswith("text/javascript")
