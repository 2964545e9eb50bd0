"""A call for a person, and what can honestly be said of it on the screen."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk_client.calls import PATIENCE, SpooledCalls
from kiosk_client.enrollment import Store, Stored
from kiosk_client.flow import Flow
from kiosk_client.sender import Contact, Sender
from kiosk_client.session import Session
from kiosk_client.spool import Spool
from kiosk_client.view import Action, Paragraphs, Tap
from shared_schema.form import load_form
from shared_schema.intake import IntakeRecord
from shared_schema.kiosk_api import Call, Enrollment
from tests.kiosk.intakes import NOW, a_config
from tests.kiosk.test_spool import disk_that_takes

FORM = load_form()
URGENT = FORM.texts["en"].ui


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite3")
    yield spool
    spool.close()


@pytest.fixture
def sender(spool: Spool, tmp_path: Path) -> Sender:
    """Not running: it says what the test makes it say."""
    enrollment = Enrollment(kiosk_id=uuid4(), credential="c" * 43, config=a_config())
    return Sender(spool, Store(tmp_path), Stored(address="http://localhost", enrollment=enrollment))


def say(sender: Sender, *, reachable: bool) -> None:
    sender._contact = Contact(reachable=reachable)


def test_a_call_is_kept_and_the_sender_is_woken(spool: Spool, sender: Sender) -> None:
    intake_id = uuid4()

    SpooledCalls(spool, sender).call(intake_id, NOW, 0)

    assert spool.next_call() == Call(intake_id=intake_id, called_at=NOW)
    assert sender._awake.is_set()


def test_somebody_is_coming_while_a_good_line_has_not_yet_answered(spool: Spool, sender: Sender) -> None:
    intake_id = uuid4()
    calls = SpooledCalls(spool, sender)
    say(sender, reachable=True)
    calls.call(intake_id, NOW, 100)

    assert calls.is_coming(intake_id, 100 + PATIENCE - 1)
    assert not calls.is_coming(intake_id, 100 + PATIENCE)


def test_without_a_line_it_is_the_desk_until_the_service_has_heard(spool: Spool, sender: Sender) -> None:
    intake_id = uuid4()
    calls = SpooledCalls(spool, sender)
    say(sender, reachable=False)
    calls.call(intake_id, NOW, 0)
    assert not calls.is_coming(intake_id, 0)

    spool.answered(intake_id, heard=True)

    assert calls.is_coming(intake_id, 600)


def test_a_service_that_refuses_the_call_sends_nobody(spool: Spool, sender: Sender) -> None:
    intake_id = uuid4()
    calls = SpooledCalls(spool, sender)
    say(sender, reachable=False)
    calls.call(intake_id, NOW, 0)
    spool.answered(intake_id, heard=False)

    assert not calls.is_coming(intake_id, 1)


def test_on_a_full_disk_it_is_the_desk_and_no_crash(spool: Spool, sender: Sender) -> None:
    calls = SpooledCalls(spool, sender)
    say(sender, reachable=True)

    with disk_that_takes(512):
        calls.call(uuid4(), NOW, 0)

        assert not calls.is_coming(uuid4(), 1)


class Heard:
    """A way to the staff that the test opens and closes."""

    def __init__(self) -> None:
        self.called: list[UUID] = []
        self.coming = True

    def call(self, intake_id: UUID, _now: datetime, _seconds: float) -> None:
        self.called.append(intake_id)

    def is_coming(self, intake_id: UUID, _seconds: float) -> bool:
        return self.coming and intake_id in self.called


class Kiosk:
    def __init__(self) -> None:
        self.staff = Heard()
        self.records: list[IntakeRecord] = []
        self.session = Session(FORM, a_config(), lambda: "maple-7", self._hand_in, seconds=0, calls=self.staff)

    def tap(self, *taps: str) -> None:
        for tap in taps:
            action, _, value = tap.partition(":")
            self.session.tap(Tap(Action(action), value), NOW, 0)

    @property
    def said(self) -> tuple[str, ...]:
        body = self.session.view.body
        assert isinstance(body, Paragraphs)
        return body.lines

    def _hand_in(self, flow: Flow, now: datetime) -> bool:
        self.records.append(flow.record("0" * 32, now))
        return True


@pytest.mark.parametrize("choice", ["self-harm", "unsafe", "medical"])
def test_what_is_urgent_calls_somebody_before_the_rest_is_asked(choice: str) -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next", f"choose:{choice}")
    assert kiosk.staff.called == []

    kiosk.tap("next")

    assert len(kiosk.staff.called) == 1
    assert kiosk.said[0] == URGENT["urgent_coming"]
    assert "988" in kiosk.said[1]
    assert kiosk.session.view.name == "urgent-now"


def test_what_can_wait_calls_nobody() -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next", "choose:tonight", "next", *["skip"] * 8)

    assert kiosk.staff.called == []


def test_call_and_intake_are_one_case() -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next", "choose:unsafe", "next", "keep-going", "choose:yes", "take-word", *["skip"] * 7)
    kiosk.tap("send")

    (record,) = kiosk.records
    assert kiosk.staff.called == [record.id]
    assert record.called_at == NOW
    assert FORM.faults(record) == []


def test_nobody_is_called_twice_for_one_participant() -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next", "choose:unsafe", "next", "back", "choose:medical", "next", "back", "next", "back")

    assert len(kiosk.staff.called) == 1
    kiosk.tap("start-over", "confirm", "begin:en", "next", "choose:unsafe", "next")
    assert len(set(kiosk.staff.called)) == 2


def test_when_nobody_hears_it_leads_to_the_desk_and_back_when_somebody_does() -> None:
    kiosk = Kiosk()
    kiosk.staff.coming = False
    kiosk.tap("begin:en", "next", "choose:unsafe", "next")
    assert (kiosk.session.view.name, kiosk.said[0]) == ("urgent-desk", URGENT["urgent_desk"])

    kiosk.staff.coming = True
    kiosk.session.tick(1)

    assert (kiosk.session.view.name, kiosk.said[0]) == ("urgent-now", URGENT["urgent_coming"])


def test_stopping_there_hands_in_what_was_said() -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next", "choose:unsafe", "next", "urgent-now")

    (record,) = kiosk.records
    assert (record.express, record.id) == (True, kiosk.staff.called[0])
    assert FORM.is_urgent(record.answers)


WAY = ["next", "choose:unsafe", "next", "keep-going", "choose:yes", "take-word", "skip", "skip"]
WAY += ["choose:someone-i-know", "next", "skip", "choose:phone", "skip", "skip", "skip", "skip", "skip"]


@pytest.mark.parametrize("language", FORM.reviewed_languages())
def test_from_every_screen_a_person_is_two_taps_away(language: str) -> None:
    seen = []
    for length in range(len(WAY) + 1):
        kiosk = Kiosk()
        kiosk.tap(f"begin:{language}", *WAY[:length])
        seen.append(kiosk.session.view.name)
        before = [touch.tap.action for touch in (*kiosk.session.view.right, *kiosk.session.view.act)]
        body = kiosk.session.view.body
        offered = [touch.tap.action for touch in body.touches] if isinstance(body, Paragraphs) else []
        if Action.URGENT_NOW in offered:
            kiosk.tap("urgent-now")
        else:
            assert Action.TALK in before, kiosk.session.view.name
            kiosk.tap("talk", "confirm")
        assert kiosk.session.view.name == "ticket"
        assert kiosk.records[0].express
    asked = {screen.id for screen in FORM.screens if screen.kind not in {"language", "ticket"}}
    assert set(seen) == asked | {"urgent-now"}


@pytest.mark.parametrize("way", [["start-over"], ["skip"] * 11 + ["delete"], ["skip"] * 11 + ["delete", "confirm"]])
def test_from_what_is_asked_in_between_it_is_two_taps_as_well(way: list[str]) -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:es", "next", "choose:tonight", "next", *way)
    (talk,) = [touch.tap for touch in kiosk.session.view.right]

    kiosk.tap(str(talk), "confirm")

    assert kiosk.session.view.name == "ticket"
    assert (kiosk.records[0].express, kiosk.records[0].language) == (True, "es")


def test_even_when_it_asks_whether_somebody_is_there() -> None:
    kiosk = Kiosk()
    kiosk.tap("begin:en", "next")
    kiosk.session.tick(61)
    assert kiosk.session.warns
    (talk,) = [touch.tap for touch in kiosk.session.view.right]

    kiosk.tap(str(talk), "confirm")

    assert kiosk.session.view.name == "ticket"


def test_from_the_first_screen_it_is_two_taps_as_well() -> None:
    kiosk = Kiosk()
    kiosk.tap("talk-from-welcome:es", "confirm")

    assert kiosk.session.view.name == "ticket"
    assert (kiosk.records[0].express, kiosk.records[0].language) == (True, "es")
