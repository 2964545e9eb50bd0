"""A participant's page: what a peer needs to walk over, calls to be made, concerns for administrators."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import assignments, participants
from intake_service.tables import Callback, Concern, Event, Intake, Participant, Staff
from intake_service.workflow import Action
from notifications import firing
from notifications.tables import Timer
from shared_schema.intake import Answer
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.live import Service
from tests.intake_service.people import a_record

HTML = {"Accept": "text/html"}
FLAG = re.compile(r'<(span|p) class="flag">\s*<svg.*?</svg>\s*Urgent<', re.S)


@dataclass
class Desk:
    """Somebody at their desk."""

    client: httpx.Client

    def read(self, path: str) -> str:
        answer = self.client.get(path, headers=HTML)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, page: str, **fields: object) -> httpx.Response:
        token = re.search(r'name="csrf" value="([^"]+)"', self.read(page))
        assert token
        data = {name: str(value) for name, value in fields.items()} | {"csrf": token[1]}
        return self.client.post(path, data=data, headers=HTML)


@contextmanager
def at_the_desk(service: Service, name: str) -> Iterator[Desk]:
    with httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client:
        sign_in(client, name)
        yield Desk(client)


@pytest.fixture
def alice(service: Service, center: Center) -> Iterator[Desk]:
    with at_the_desk(service, "alice") as desk:
        yield desk


@pytest.fixture
def zuleika(session: Session, center: Center) -> UUID:
    """Waits; has told us a good deal."""
    record = a_record(
        "Zuleika Testperson",
        urgent=True,
        language="es",
        reach=Answer.of("phone"),
        phone=Answer.of(text="5550142"),
        phone_ok=Answer.of("text", "call"),
        easier=Answer.of("interpreter", "quiet"),
        talk_with=Answer.of("woman", "someone-i-know"),
        who_i_know=Answer.of(text="Rosa"),
    )
    intake_id = somebody_waits(session, center, record)
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()
    return participant_id


def test_a_page_begins_with_what_a_peer_needs_to_walk_over(alice: Desk, zuleika: UUID) -> None:
    page = alice.read(f"/participants/{zuleika}")
    top = page.partition('aria-label="To walk over"')[2].partition("</dl>")[0]

    for words in (
        "Arce 7",
        "Spanish",
        "5550142",
        "OK to: send a text, call",
        "interpreter",
        "quiet",
        "A woman",
        "Rosa",
    ):
        assert words.casefold() in top.casefold(), words
    assert "Open the brief intake to see why" in top
    assert "not safe" not in page  # why it is urgent is read in the intake itself


def test_urgent_stays_to_be_seen_until_the_full_intake_is_done(
    service: Service, alice: Desk, session: Session, center: Center, zuleika: UUID
) -> None:
    bob, now = session.get_one(Staff, center.bob), datetime.now(UTC)
    assignments.assign(session, zuleika, center.bob, session.get_one(Staff, center.alice), now)
    session.commit()
    with at_the_desk(service, "bob") as peer:
        for desk, path in ((peer, "/my-participants"), (peer, f"/participants/{zuleika}"), (alice, "/lists/all")):
            assert FLAG.search(desk.read(path)), path
        participants.full_intake_done(session, zuleika, bob, now)
        session.commit()
        assert not FLAG.search(peer.read("/my-participants") + alice.read("/lists/all"))


def test_a_look_at_the_page_is_kept_once_for_somebody_who_goes_on_reading(
    alice: Desk, session: Session, zuleika: UUID
) -> None:
    for _ in range(3):
        alice.read(f"/participants/{zuleika}")

    looks = select(Event).where(Event.participant_id == zuleika, Event.action == Action.VIEW)
    assert len(session.scalars(looks).all()) == 1


def test_a_call_is_set_changed_and_made(alice: Desk, session: Session, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}"
    assert "left a number, and we may call it" in alice.read(page)

    alice.send(f"{page}/callback", page, day="tomorrow", at="10:30")
    assert re.search(r"To be called \d+ \w+, 10:30 UTC", alice.read(page))
    in_a_week = (datetime.now(UTC) + timedelta(days=7)).date()
    alice.send(f"{page}/callback", page, day="on", on=in_a_week, at="16:00")
    assert f"To be called {in_a_week:%d %B}, 16:00 UTC" in alice.read(page)
    done = alice.send(f"{page}/callback/done", page, reason="Comes on Friday")

    assert done.headers["location"] == f"{page}?done=called"
    story = alice.read(done.headers["location"])
    assert "Alice called back" in story
    assert "<q>Comes on Friday</q>" in story
    assert f"Alice set a call back for {in_a_week:%d %B}, 16:00 UTC" in story
    assert "Nobody is told of this call any more." in story
    assert session.scalars(select(Callback)).one().called


def test_a_call_that_is_due_says_so_and_somebody_takes_it_on(
    alice: Desk, session: Session, center: Center, zuleika: UUID
) -> None:
    page = f"/participants/{zuleika}"
    alice.send(f"{page}/callback", page, day="tomorrow", at="00:01")
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    session.execute(update(Callback).values(due_at=long_ago))
    session.execute(update(Timer).where(Timer.what == "call").values(due_at=long_ago))
    firing.fire_due(session, datetime.now(UTC), 10)
    session.commit()

    assert "Due since" in alice.read(page)
    taken = alice.send(f"{page}/callback/acknowledgement", page)
    assert "It comes back to you" in alice.read(taken.headers["location"])
    assert "you are on it" in alice.read(page)
    alice.send(f"{page}/callback/calling-off", page, reason="Is here")
    assert "Alice called off the call back" in alice.read(page)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"day": "on", "on": "", "at": "10:00"}, "Choose the day"),
        ({"day": "tomorrow", "at": "late"}, "Choose the time"),
        ({"day": "tomorrow", "at": "10:00+01:00"}, "Choose the time"),
        ({"day": "on", "on": "2020-01-01", "at": "10:00"}, "from now on"),
        ({"day": "on", "on": "9999-12-31", "at": "10:00"}, "within a year"),
        ({}, "Choose the day"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words_and_stays_in_the_form(
    alice: Desk, zuleika: UUID, fields: dict[str, str], says: str
) -> None:
    page = f"/participants/{zuleika}"

    answer = alice.send(f"{page}/callback", page, **fields)

    assert answer.status_code == 422
    assert says in answer.text
    if fields.get("on"):
        assert f'value="{fields["on"]}"' in answer.text


def test_my_participants_say_when_a_call_is_due(alice: Desk, service: Service, center: Center, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}"
    alice.send(f"{page}/assignment", page, staff_id=center.bob)
    alice.send(f"{page}/callback", page, day="tomorrow", at="10:30")

    with at_the_desk(service, "bob") as bob:
        assert re.search(r"Call \d+ \w+, 10:30 UTC", bob.read("/my-participants"))


def test_a_concern_is_written_read_taken_on_and_closed(
    alice: Desk, service: Service, session: Session, center: Center, zuleika: UUID
) -> None:
    page = f"/participants/{zuleika}"
    sent = alice.send(f"{page}/concern", page, concern_id=uuid7(), words="A fresh bruise again", about=center.charlie)
    assert "speak to one yourself" in alice.read(sent.headers["location"])  # Dana has no device
    assert "bruise" not in alice.read(page)
    concern_id = session.scalars(select(Concern.id)).one()
    session.commit()

    with at_the_desk(service, "dana") as dana:
        assert "Concern of" in dana.read("/concerns")
        assert "1<span" in dana.read("/alerts")
        one = dana.read(f"/concerns/{concern_id}")
        assert "A fresh bruise again" in one
        assert "Charlie" in one
        dana.send(f"/concerns/{concern_id}/acknowledgement", "/concerns")
        assert "Dana is on it" in dana.read("/concerns")
        refused = dana.send(f"/concerns/{concern_id}/closing", "/concerns", outcome=" ")
        assert (refused.status_code, "what was done" in refused.text) == (422, True)
        dana.send(f"/concerns/{concern_id}/closing", "/concerns", outcome="A safe place is found")
        assert "A safe place is found" in dana.read(f"/concerns/{concern_id}")
        assert "No open concern" in dana.read("/concerns")


def test_a_concern_opens_for_nobody_but_administrators(
    alice: Desk, service: Service, session: Session, center: Center, zuleika: UUID
) -> None:
    page = f"/participants/{zuleika}"
    alice.send(f"{page}/concern", page, concern_id=uuid7(), words="A fresh bruise again")
    concern_id = session.scalars(select(Concern.id)).one()
    session.commit()

    for path in ("/concerns", f"/concerns/{concern_id}"):
        assert alice.client.get(path, headers=HTML).status_code == 403
    for deed in ("acknowledgement", "closing"):
        assert alice.send(f"/concerns/{concern_id}/{deed}", "/queue", outcome="mine").status_code == 403
    assert "Concern" not in alice.read("/alert-ledger")
    assert "oncern" not in alice.read("/alerts")


def test_a_concern_that_is_too_long_is_refused_and_kept_in_the_form(alice: Desk, zuleika: UUID) -> None:
    page = f"/participants/{zuleika}"

    answer = alice.send(f"{page}/concern", page, concern_id=uuid7(), words="Very worried " + "x" * 2000)

    assert answer.status_code == 422
    assert "At most 2000 characters" in answer.text
    assert "Very worried" in answer.text


def test_a_peer_who_does_not_carry_somebody_sets_nothing(
    service: Service, session: Session, center: Center, zuleika: UUID
) -> None:
    session.execute(update(Participant).values(urgent=False))
    session.commit()
    with at_the_desk(service, "charlie") as charlie:
        for deed in ("callback", "callback/done", "callback/calling-off", "callback/acknowledgement", "concern"):
            fields = {"day": "tomorrow", "at": "10:00", "concern_id": uuid7(), "words": "hm"}
            assert charlie.send(f"/participants/{zuleika}/{deed}", "/queue", **fields).status_code == 404
