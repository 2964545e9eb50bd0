"""Step-up: what matters most asks once more who it is, and what was typed is not lost."""

import html
import re

import httpx
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intake_service.tables import Kiosk, Staff, StaffRemoval, StaffSession
from tests.intake_service.center import PASSWORD, Center, sign_in
from tests.intake_service.live import Service
from tests.intake_service.people import NOW

HTML = {"Accept": "text/html"}


def csrf_of(session: Session) -> str:
    csrf = session.scalars(select(StaffSession.csrf_token)).one()
    session.rollback()  # SQLite writes for one at a time
    return csrf


def made_stale(service: Service, session: Session, name: str = "dana") -> str:
    """Signed in some time ago; the token of the session's forms."""
    sign_in(service.client, name)
    session.execute(update(StaffSession).values(proved_at=NOW))
    session.commit()
    return csrf_of(session)


def fields_of(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: autocomplete="username")? value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def removal_of_bob(service: Service, center: Center, csrf: str) -> httpx.Response:
    form = {"csrf": csrf, "reason": 'Found "another" job & left'}
    return service.client.post(f"/staff/{center.bob}/removal", data=form, headers=HTML)


def test_a_form_waits_for_the_proof_and_loses_nothing(service: Service, session: Session, center: Center) -> None:
    csrf = made_stale(service, session)
    asked = removal_of_bob(service, center, csrf)
    assert "What you typed is kept" in asked.text
    assert session.get_one(Staff, center.bob).active
    session.rollback()

    proved = service.client.post("/sign-in/again", data={**fields_of(asked.text), "password": PASSWORD}, headers=HTML)
    assert "Nothing was done yet" in proved.text
    action = re.search(r'action="(/staff/[^"]+)"', proved.text)
    assert action is not None
    done = service.client.post(action[1], data=fields_of(proved.text), headers=HTML)

    assert done.headers["location"] == "/staff?done=removed"
    assert session.scalars(select(StaffRemoval.reason)).one() == 'Found "another" job & left'


def test_a_wrong_password_goes_on_with_nothing_and_keeps_the_form(
    service: Service, session: Session, center: Center
) -> None:
    fields = fields_of(removal_of_bob(service, center, made_stale(service, session)).text)

    wrong = service.client.post("/sign-in/again", data={**fields, "password": "not this one at all"}, headers=HTML)

    assert wrong.status_code == 403
    assert fields_of(wrong.text) == fields
    assert removal_of_bob(service, center, csrf_of(session)).status_code == 200  # asked again, nothing done
    assert session.get_one(Staff, center.bob).active


def test_a_proof_gives_the_session_a_new_token(service: Service, session: Session, center: Center) -> None:
    csrf = made_stale(service, session)
    before = service.client.cookies["session"]

    service.client.post("/sign-in/again", data={"csrf": csrf, "password": PASSWORD, "next": "/staff"}, headers=HTML)

    assert service.client.cookies["session"] != before
    assert service.client.get("/staff", headers={"Cookie": f"session={before}"}).status_code == 401
    assert removal_of_bob(service, center, csrf).status_code == 303  # forms of other tabs go on


def test_a_program_is_told_in_a_word(service: Service, session: Session, center: Center) -> None:
    csrf = made_stale(service, session)

    answer = service.client.post(f"/staff/{center.bob}/removal", data={"csrf": csrf})

    assert (answer.status_code, answer.json()["code"]) == (401, "proof_needed")


def test_pairing_and_revoking_a_kiosk_ask_once_more(service: Service, session: Session, center: Center) -> None:
    kiosks = f"/sites/{center.site.id}/kiosks"
    csrf = made_stale(service, session)

    for path in (kiosks, f"{kiosks}/{center.kiosk.id}/revocation"):
        answer = service.client.post(path, data={"csrf": csrf})
        assert (answer.status_code, answer.json()["code"]) == (401, "proof_needed")

    assert [each.id for each in session.scalars(select(Kiosk)) if each.revoked_at is None] == [center.kiosk.id]
    session.rollback()
    asked = service.client.post(kiosks, data={"csrf": csrf, "name": "Back room"}, headers=HTML)
    proved = service.client.post("/sign-in/again", data={**fields_of(asked.text), "password": PASSWORD}, headers=HTML)
    assert "Back room" in service.client.post(kiosks, data=fields_of(proved.text), headers=HTML).text


def test_nobody_is_sent_on_to_another_site(service: Service, session: Session, center: Center) -> None:
    csrf = made_stale(service, session)
    elsewhere = {"csrf": csrf, "password": PASSWORD, "next": "//elsewhere.example"}

    assert service.client.post("/sign-in/again", data=elsewhere).headers["location"] == "/"
    assert service.client.get("/sign-in/again?next=https://elsewhere.example").headers["location"] == "/"


def test_fields_that_are_none_go_on_as_a_page(service: Service, session: Session, center: Center) -> None:
    csrf = made_stale(service, session)
    for kept in ("[1]", "{", "7", '[["a"]]'):
        form = {"csrf": csrf, "password": PASSWORD, "next": "/staff", "kept": kept}
        assert service.client.post("/sign-in/again", data=form).headers["location"] == "/staff"
