"""The brief intake as scripts of taps, without a window."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kiosk_client.flow import Flow, Place
from shared_schema.form import load_form
from shared_schema.intake import RATHER_NOT_SAY, SKIPPED, Answer

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ID = UUID("019ab000-0000-7000-8000-000000000001")


@pytest.fixture
def flow() -> Flow:
    flow = Flow(load_form())
    flow.begin("en", "maple-7", ID, NOW)
    return flow


def at(flow: Flow) -> str:
    return flow.step.screen.id if flow.step.screen else flow.step.place.value


def go_to(flow: Flow, screen: str) -> None:
    """Skip until there, but say yes to the use of the answers."""
    for _ in range(20):
        if at(flow) == screen:
            return
        if at(flow) == "consent":
            flow.choose("agree")
        else:
            flow.skip()
    raise AssertionError(f"{screen} is not on the way")


def type_in(flow: Flow, text: str) -> None:
    for character in text:
        flow.type(character)


def test_a_whole_intake_becomes_a_record_that_fits_its_form(flow: Flow) -> None:
    flow.next()
    flow.choose("tonight")
    flow.next()
    flow.choose("first-time")
    type_in(flow, "Zuleika Testperson")
    flow.next()
    flow.choose("hard-day")
    flow.choose("housing")
    flow.next()
    flow.choose("ongoing")
    flow.choose("someone-i-know")
    flow.next()
    type_in(flow, "Quirin")
    flow.next()
    flow.choose("phone")
    type_in(flow, "5550101234")
    flow.next()
    flow.choose("text")
    flow.next()
    flow.rather_not_say()
    flow.choose("yes")
    flow.choose("agree")
    assert at(flow) == "review"
    flow.send()

    record = flow.record("0" * 32, NOW + timedelta(minutes=2))

    assert flow.step.place is Place.SENDING
    assert flow.form.faults(record) == []
    assert record.answers["name"] == Answer.of(text="Zuleika Testperson")
    assert record.answers["brings-you"] == Answer.of("hard-day", "housing")
    assert record.answers["easier"] == RATHER_NOT_SAY
    assert not record.express


def test_skipping_everything_still_leaves_a_name_to_call(flow: Flow) -> None:
    go_to(flow, "review")
    flow.send()

    record = flow.record("0" * 32, NOW)

    assert flow.form.faults(record) == []
    assert record.answers["name"] == Answer.of(text="Maple 7")
    assert {answer for item, answer in record.answers.items() if item not in {"name", "consent"}} == {SKIPPED}


def answered(flow: Flow) -> set[str]:
    """The items of the record that hold an answer."""
    return {item for item, answer in flow.record("0" * 32, NOW).answers.items() if answer != SKIPPED}


@pytest.mark.parametrize("say_no", [lambda flow: flow.choose("decline"), Flow.skip], ids=["no", "nothing"])
def test_without_consent_only_what_is_needed_today_leaves_the_kiosk(flow: Flow, say_no: Callable[[Flow], None]) -> None:
    flow.next()
    flow.choose("tonight")
    flow.next()
    go_to(flow, "name")
    type_in(flow, "Zuleika")
    flow.next()
    flow.choose("work")
    flow.next()
    go_to(flow, "reach")
    flow.choose("phone")
    type_in(flow, "5550101234")
    flow.next()
    go_to(flow, "easier")
    flow.choose("quiet")
    flow.next()
    go_to(flow, "consent")
    say_no(flow)
    assert at(flow) == "review"

    assert answered(flow) - {"consent"} == {"urgent", "name", "easier"}
    assert flow.form.faults(flow.record("0" * 32, NOW)) == []
    assert not flow.leaves(flow.form.screen("phone"))

    flow.change("consent")
    flow.choose("agree")
    assert {"brings-you", "reach", "phone"} <= answered(flow)


def test_talking_to_a_person_is_two_taps_from_anywhere_and_tells_nothing_else(flow: Flow) -> None:
    go_to(flow, "name")
    type_in(flow, "Zuleika")
    flow.next()
    flow.choose("work")
    flow.talk()
    flow.confirm()

    record = flow.record("0" * 32, NOW)

    assert flow.step.place is Place.SENDING
    assert record.express
    assert set(record.answers.values()) == {SKIPPED}
    assert flow.form.faults(record) == []


def test_talking_to_a_person_from_the_first_screen_asks_nothing() -> None:
    flow = Flow(load_form())
    flow.talk_from_welcome("es", "maple-7", ID, NOW)
    flow.confirm()

    record = flow.record("0" * 32, NOW)

    assert (record.language, record.express) == ("es", True)
    assert flow.form.faults(record) == []


def test_a_no_to_talking_leads_back_to_where_one_was(flow: Flow) -> None:
    go_to(flow, "help-today")
    flow.talk()
    flow.cancel()

    assert at(flow) == "help-today"


def test_what_is_urgent_is_offered_a_person_at_once(flow: Flow) -> None:
    flow.next()
    flow.choose("self-harm")
    flow.next()
    assert flow.step.place is Place.URGENT
    flow.urgent_now()

    record = flow.record("0" * 32, NOW)

    assert answered(flow) == {"urgent"}
    assert flow.form.faults(record) == []


def test_what_is_urgent_can_be_followed_by_the_other_questions(flow: Flow) -> None:
    flow.next()
    flow.choose("unsafe")
    flow.next()
    flow.keep_going()
    assert at(flow) == "been-here"
    flow.back()
    flow.next()
    assert at(flow) == "been-here"


def test_a_tile_that_stands_alone_clears_the_others(flow: Flow) -> None:
    flow.next()
    flow.choose("tonight")
    flow.choose("none")
    assert flow.answer == Answer.of("none")
    flow.choose("tonight")
    assert flow.answer == Answer.of("tonight")
    flow.choose("tonight")
    assert flow.answers["urgent"] == SKIPPED
    assert not flow.may_go_on


def test_no_more_tiles_can_be_chosen_than_are_asked_for(flow: Flow) -> None:
    go_to(flow, "brings-you")
    for choice in ("work", "housing", "health", "legal"):
        flow.choose(choice)

    assert flow.answer == Answer.of("housing", "work", "health")
    assert not flow.may_choose_more


def test_a_number_that_is_too_short_stays_with_a_hint(flow: Flow) -> None:
    go_to(flow, "reach")
    flow.choose("phone")
    type_in(flow, "555x")
    flow.next()

    assert (at(flow), flow.typed, flow.mistake) == ("phone", "555", "phone_too_short")
    flow.type("0")
    assert not flow.mistake


def test_an_answer_whose_question_went_away_is_not_sent(flow: Flow) -> None:
    go_to(flow, "reach")
    flow.choose("phone")
    type_in(flow, "5550101234")
    flow.next()
    flow.back()
    flow.back()
    flow.choose("here-only")
    go_to(flow, "review")

    assert "phone" not in flow.answers


def test_a_change_in_the_review_leads_back_to_it(flow: Flow) -> None:
    go_to(flow, "review")
    flow.change("been-here")
    flow.choose("yes")

    assert at(flow) == "review"
    assert flow.answers["been-here"] == Answer.of("yes")


def test_a_change_asks_the_questions_that_it_brings_up(flow: Flow) -> None:
    go_to(flow, "review")
    flow.change("reach")
    flow.choose("phone")
    assert at(flow) == "phone"
    flow.skip()
    assert at(flow) == "phone-ok"
    flow.skip()
    assert at(flow) == "review"


def test_deleting_is_asked_twice_and_leaves_nothing(flow: Flow) -> None:
    go_to(flow, "name")
    type_in(flow, "Zuleika")
    flow.next()
    go_to(flow, "review")
    flow.delete()
    flow.cancel()
    assert at(flow) == "review"
    flow.delete()
    flow.confirm()

    assert flow.step.place is Place.DELETED
    assert "Zuleika" not in repr(vars(flow))


@pytest.mark.parametrize("end", [Flow.sent, Flow.not_saved, Flow.reset])
def test_nothing_of_a_participant_stays_at_the_end(flow: Flow, end: Callable[[Flow], None]) -> None:
    go_to(flow, "name")
    type_in(flow, "Zuleika")
    flow.next()
    end(flow)

    assert "Zuleika" not in repr(vars(flow))


def test_back_from_the_first_question_leads_to_the_languages(flow: Flow) -> None:
    flow.back()

    assert flow.step.place is Place.WELCOME


def test_taps_that_do_not_fit_the_step_are_ignored(flow: Flow) -> None:
    for tap in (flow.send, flow.delete, flow.confirm, flow.cancel, flow.urgent_now, flow.keep_going, flow.take_word):
        tap()
    flow.choose("unsafe")
    flow.type("x")
    flow.change("name")

    assert at(flow) == "privacy"
    assert flow.typed == ""


def test_every_step_of_the_domain_is_walked_through(flow: Flow) -> None:
    steps = {0, 11}
    for _ in range(30):
        if flow.step.screen is None or flow.step.screen.kind == "review":
            break
        steps.add(flow.step.screen.step)
        flow.skip()

    assert steps | {10} == set(range(12))


@pytest.mark.parametrize("letter", ["W", "é", "ñ", "Ж", "م", "नि", "陈", "😀", "👍🏽"])
def test_a_name_of_forty_letters_in_any_script_reaches_the_record(flow: Flow, letter: str) -> None:
    go_to(flow, "name")
    type_in(flow, letter * 40 + "x")
    flow.next()

    assert flow.answers["name"].text == letter * 40


def test_a_number_is_kept_as_one_that_can_be_called_and_shown_again(flow: Flow) -> None:
    go_to(flow, "reach")
    flow.choose("phone")
    type_in(flow, "(555) 010-1234")
    flow.next()

    flow.back()
    assert flow.typed == "+15550101234"
    flow.next()
    go_to(flow, "review")
    assert flow.answers["phone"].text == "+15550101234"


def test_a_number_that_cannot_be_one_may_be_skipped(flow: Flow) -> None:
    go_to(flow, "reach")
    flow.choose("phone")
    type_in(flow, "000000000000")
    flow.next()
    assert (at(flow), flow.mistake) == ("phone", "phone_not_one")
    flow.skip()

    assert at(flow) == "phone-ok"
    go_to(flow, "review")
    assert flow.answers["phone"].state == "skipped"
