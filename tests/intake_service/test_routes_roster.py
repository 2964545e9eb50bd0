import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.telling import tell_site
from notifications import alerts, channels, duty, outbox, roster, sites
from notifications.outbox import Outcome
from notifications.policy import Policy
from notifications.tables import Alert, AlertKind, Channel, Notice, NoticeState, RosterEntry
from tests.intake_service.center import PASSWORD, Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.notifications.devices import Device
from tests.notifications.house import minutes
from tests.support.chromium import DESK, PHONE, running_chromium


def as_(service: Service, name: str) -> str:
    """Signed in; the token for forms."""
    service.client.cookies.clear()
    sign_in(service.client, name)
    page = service.client.get("/duty", headers={"Accept": "text/html"}).text
    found = re.search(r'data-csrf="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def post(service: Service, path: str, csrf: str, **fields: str | list[str]) -> int:
    return service.client.post(path, data={"csrf": csrf, **fields}).status_code


def entry_of(session: Session, center: Center, staff_id: int) -> RosterEntry:
    session.expire_all()
    found = roster.entry(session, center.site.id, staff_id)
    assert found is not None
    session.commit()
    return found


def test_an_administrator_designates_and_puts_people_into_steps(
    service: Service, session: Session, center: Center
) -> None:
    csrf = as_(service, "dana")
    path = f"/roster/{center.site.id}/{center.charlie}"

    assert post(service, path, csrf, designated="true", step="supervisors") == 303
    entry = entry_of(session, center, center.charlie)
    assert (entry.designated, entry.step) == (True, "supervisors")

    assert post(service, path, csrf, step="role") == 303
    entry = entry_of(session, center, center.charlie)
    assert (entry.designated, entry.step) == (False, None)


def test_nobody_else_decides_and_nobody_elsewhere_is_touched(service: Service, center: Center) -> None:
    paths = [f"/roster/{center.site.id}/{center.bob}", f"/alert-policy/{center.site.id}"]
    for name, expected in (("alice", 403), ("bob", 403)):
        csrf = as_(service, name)
        assert [post(service, path, csrf, address="x", site_id=str(center.site.id)) for path in paths] == [expected] * 2
        assert post(service, "/channels", csrf, address="x", site_id=str(center.site.id)) == expected
    assert [service.client.get(path).status_code for path in ("/roster", "/alert-policy", "/alert-ledger")] == [403] * 3
    csrf = as_(service, "dana")
    assert post(service, f"/roster/{center.site.id}/4711", csrf) == 404
    assert post(service, "/roster/4711/1", csrf) == 404


def test_duty_is_one_tap_and_ends_when_the_site_closes(service: Service, session: Session, center: Center) -> None:
    center.site.hours = {"spans": {day: [{"opens": "00:00", "closes": "23:59"}] for day in ("mon", "tue", "wed")}}
    tell_site(session, center.site)
    roster.set_duty(session, center.site.id, center.bob, False, datetime.now(UTC))
    session.commit()
    csrf = as_(service, "bob")
    before = datetime.now(UTC)

    answer = service.client.post(
        "/duty", data={"csrf": csrf, "site_id": str(center.site.id), "on": "true", "back": "/my-participants"}
    )

    assert answer.headers["location"] == "/my-participants"
    entry = entry_of(session, center, center.bob)
    assert entry.is_on_duty(before) or entry.is_on_duty(datetime.now(UTC))
    assert entry.on_duty_until is not None
    assert entry.on_duty_until <= datetime.now(UTC) + duty.LONGEST

    assert post(service, "/duty", csrf, site_id=str(center.site.id), on="true", until="23:59") == 303
    until = entry_of(session, center, center.bob).on_duty_until
    assert until is not None
    assert (until.hour, until.minute) == (23, 59)

    assert post(service, "/duty", csrf, site_id=str(center.site.id)) == 303
    assert not entry_of(session, center, center.bob).is_on_duty(datetime.now(UTC))
    assert post(service, "/duty", csrf, site_id=str(center.site.id), on="true", until="soon") == 422
    assert post(service, "/duty", csrf, site_id="4711", on="true") == 404


def test_who_comes_on_duty_is_led_nowhere_else(service: Service, center: Center) -> None:
    csrf = as_(service, "bob")

    answer = service.client.post("/duty", data={"csrf": csrf, "site_id": str(center.site.id), "back": "//example.org/"})

    assert answer.headers["location"] == "/"


def test_a_week_is_set_by_oneself_or_by_who_leads_the_site(service: Service, session: Session, center: Center) -> None:
    path = f"/schedule/{center.site.id}/{center.bob}"
    csrf = as_(service, "bob")
    assert post(service, path, csrf, **{"mon-1-begins": "09:00", "mon-1-ends": "13:00", "does": "set"}) == 303
    assert entry_of(session, center, center.bob).by_schedule == "set"
    shifts = duty.schedule(session, center.site.id, center.bob)
    assert [(each.weekday, each.begins, each.ends) for each in shifts] == [("mon", time(9), time(13))]
    session.commit()
    assert 'value="09:00"' in service.client.get("/schedule").text

    assert post(service, path, csrf, **{"mon-1-begins": "09:00"}) == 422
    csrf = as_(service, "charlie")
    assert post(service, path, csrf) == 403
    csrf = as_(service, "alice")
    assert post(service, path, csrf) == 303
    assert duty.schedule(session, center.site.id, center.bob) == []


def test_who_would_be_told_shows_the_first_step_that_reaches_somebody_and_whom_nothing_reaches(
    service: Service, session: Session, center: Center
) -> None:
    Device().subscribe(session, center.alice, "http://localhost/alice")
    session.commit()
    as_(service, "alice")

    page = service.client.get("/roster/now").text

    assert "Not reachable: Bob" in page
    assert "now at once, since the steps before it reach nobody" in page
    first = page[page.index('class="card first"') :]
    assert first.index("Alice") < first.index("</li>")


def test_a_test_alert_goes_to_those_who_would_be_told_first(service: Service, session: Session, center: Center) -> None:
    csrf = as_(service, "alice")
    path = f"/roster/{center.site.id}/test"
    assert service.client.post(path, data={"csrf": csrf}).headers["location"].endswith("tested=0")

    Device().subscribe(session, center.bob, "http://localhost/bob")
    session.commit()
    led = service.client.post(path, data={"csrf": csrf}).headers["location"]

    alert = session.scalars(select(Alert).where(Alert.kind == AlertKind.TEST)).one()
    assert led.endswith(f"tested={alert.id}")
    assert [notice.staff_id for notice in alerts.ledger(session, alert.id)] == [center.bob]
    session.commit()
    assert post(service, path, as_(service, "bob")) == 403


def the_default(**changed: str) -> dict[str, str | list[str]]:
    """The form as it stands for the default policy."""
    fields: dict[str, str | list[str]] = {
        "repeat_every": "10",
        "repeats": "5",
        "comes_back_after": "15",
        "goes_on_after": "5",
        "quiet-begins": "22:00",
        "quiet-ends": "07:00",
    }
    for number, step in enumerate(Policy().steps):
        fields[f"step-{number}-after"] = str(step.after)
        fields[f"step-{number}-who"] = [each.value for each in step.who]
        fields[f"step-{number}-channels"] = [each.value for each in step.channels]
    return fields | changed


def test_a_policy_is_set_and_set_back(service: Service, session: Session, center: Center) -> None:
    csrf = as_(service, "dana")
    path = f"/alert-policy/{center.site.id}"
    assert post(service, path, csrf, **the_default()) == 303
    assert sites.rules(session, center.site.id).policy == Policy()
    session.commit()

    changed = the_default(**{"step-1-after": "5", "quiet-spares-urgent": "true"}) | {"quiet-days": ["fri", "sat"]}
    assert post(service, path, csrf, **changed) == 303
    session.expire_all()
    policy = sites.rules(session, center.site.id).policy
    assert policy.steps[1].after == 5
    assert policy.quiet is not None
    assert policy.quiet.days == ("fri", "sat")
    session.commit()

    assert post(service, path, csrf, **{"as": "default"}) == 303
    session.expire_all()
    assert sites.rules(session, center.site.id).policy == Policy()


@pytest.mark.parametrize(
    "changed",
    [
        {"step-1-after": "0"},
        {"step-1-who": ""},
        {"repeats": "many"},
        {"repeats": "21"},
        {"quiet-days": "fri", "quiet-ends": "late"},
    ],
)
def test_a_policy_that_cannot_work_is_refused_in_words(
    service: Service, session: Session, center: Center, changed: dict[str, str]
) -> None:
    csrf = as_(service, "dana")

    answer = service.client.post(f"/alert-policy/{center.site.id}", data={"csrf": csrf, **the_default(**changed)})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert sites.rules(session, center.site.id).policy == Policy()


def test_the_ledger_says_who_was_told_by_what_and_what_came_of_it(
    service: Service, session: Session, center: Center
) -> None:
    Device().subscribe(session, center.bob, "http://localhost/bob")
    session.commit()
    somebody_waits(session, center)
    now = datetime.now(UTC)
    for claimed in outbox.claim(session, now, minutes(1), 10):
        outbox.settle(session, claimed, Outcome(NoticeState.FAILED, "the push service answered 403"), now)
    alert = session.scalars(select(Alert)).one()
    alerts.acknowledge(session, alert.id, center.bob, now)
    session.commit()
    as_(service, "alice")

    assert f'href="/alert-ledger/{alert.id}"' in service.client.get("/alert-ledger").text
    page = service.client.get(f"/alert-ledger/{alert.id}").text

    for said in ("Bob", "the push service answered 403", "failed", "Bob is on it."):
        assert said in page
    assert service.client.get("/alert-ledger/4711").status_code == 404


def test_an_address_is_added_tested_and_confirmed(service: Service, session: Session, center: Center) -> None:
    service.app.state.settings.mail_url = "mailto://127.0.0.1:9?from=alerts@center.example"
    csrf = as_(service, "bob")
    refused = service.client.post("/channels", data={"csrf": csrf, "address": "slack://nothing"})
    assert (refused.status_code, "nothing" in refused.text) == (422, False)

    assert post(service, "/channels", csrf, address="bob@center.example", name="Mail") == 303
    channel = session.scalars(select(Channel)).one()
    assert [notice.says for notice in session.scalars(select(Notice))] == [AlertKind.CHANNEL_TEST]
    code, path = channel.code or "", f"/channels/{channel.id}"
    session.commit()
    assert "bob@center.example" not in service.client.get("/channels").text

    assert post(service, f"{path}/confirmation", csrf, code="nothing") == 422
    assert post(service, f"{path}/confirmation", csrf, code=code) == 303
    session.expire_all()
    assert channels.reach(session, [center.bob])[center.bob].is_reachable
    session.commit()

    assert post(service, f"{path}/removal", as_(service, "charlie")) == 404
    assert post(service, f"{path}/removal", as_(service, "bob")) == 303


def test_a_phone_for_text_messages_is_all_that_staff_type(service: Service, session: Session, center: Center) -> None:
    csrf = as_(service, "bob")
    page = service.client.get("/channels").text
    assert ("Text messages are not set up yet" in page, "Ask an administrator" in page) == (True, True)
    assert "WARM_HANDOFF_SMS_URL" not in page
    csrf = as_(service, "dana")
    assert "WARM_HANDOFF_SMS_URL" in service.client.get("/channels").text

    service.app.state.settings.sms_url = "json://127.0.0.1:9/{phone}"
    csrf = as_(service, "bob")
    assert post(service, "/channels", csrf, phone="not a number") == 422
    assert post(service, "/channels", csrf, phone="(202) 555-0142") == 303
    channel = session.scalars(select(Channel)).one()
    assert (channel.kind, channel.address) == ("sms", "tel:+12025550142")
    session.commit()
    assert "0142" not in service.client.get("/channels").text


def test_a_banner_stays_until_somebody_is_on_it(service: Service, session: Session, center: Center) -> None:
    somebody_waits(session, center)  # nobody has a device
    csrf = as_(service, "alice")
    assert "nobody is on it, and nobody is left to tell" in service.client.get("/my-participants").text

    alert = session.scalars(select(Alert)).one()
    alerts.acknowledge(session, alert.id, center.alice, datetime.now(UTC))
    session.commit()

    assert csrf
    assert "nobody is on it" not in service.client.get("/my-participants").text


@pytest.mark.pictures
@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_about_alerts_are_drawn(
    service: Service, session: Session, center: Center, playwright: Playwright, size: str
) -> None:
    folder = Path(__file__).parents[2] / "build" / "pictures" / "alerts"
    folder.mkdir(parents=True, exist_ok=True)
    Device().subscribe(session, center.alice, "http://localhost/alice")
    roster.designate(session, center.site.id, center.charlie, True)
    session.commit()
    somebody_waits(session, center)
    alert = session.scalars(select(Alert)).one()
    session.commit()  # or this session would keep SQLite's write lock
    with running_chromium(playwright, PHONE if size == "phone" else DESK) as page:
        page.goto(f"{service.url}/sign-in")
        page.get_by_label("Username").fill("dana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        for path in ("duty", "schedule", "channels", "roster/now", "roster", "alert-policy", "alert-ledger"):
            page.goto(f"{service.url}/{path}")
            page.screenshot(path=folder / f"{path.replace('/', '-')}-{size}.png", full_page=True)
        page.goto(f"{service.url}/alert-ledger/{alert.id}")
        page.screenshot(path=folder / f"alert-{size}.png", full_page=True)
