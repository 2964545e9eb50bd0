"""A brief intake that staff ask: the form's own questions, one intake however often it is sent, nothing lost."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service.intake_answers import answers_of
from intake_service.tables import Assignment, Intake, Participant
from notifications.tables import Alert, AlertKind
from shared_schema.form import load_form
from shared_schema.intake import RATHER_NOT_SAY, SKIPPED, Answer, Status
from tests.intake_service.center import Center, sign_in
from tests.intake_service.live import Service


def page_of(client: httpx.Client, path: str = "/brief-intake") -> str:
    return client.get(path, headers={"Accept": "text/html"}).text


def send(service: Service, intake_id: UUID | None = None, **fields: object) -> httpx.Response:
    """The page as a browser sends it; names of fields with underscores for dashes."""
    found = re.search(r'name="csrf" value="([^"]+)"', page_of(service.client))
    assert found
    data: dict[str, object] = {
        "csrf": found[1],
        "intake_id": str(intake_id or uuid7()),
        "site_id": "1",
        "asked_in": "en",
        "ticket": "maple-7",
    }
    data |= {name.replace("_", "-") if name != "site_id" else name: value for name, value in fields.items()}
    return service.client.post("/brief-intake", data=data, headers={"Accept": "text/html"})


def received(session: Session) -> tuple[Participant, Intake]:
    session.rollback()
    found = session.scalars(select(Participant)).one(), session.scalars(select(Intake)).one()
    session.commit()
    return found


def test_the_page_asks_every_question_of_the_form_in_its_own_words(service: Service, center: Center) -> None:
    sign_in(service.client, "bob")
    form = load_form()
    for language, texts in form.texts.items():
        shown = page_of(service.client, f"/brief-intake?language={language}").replace("&#39;", "'")
        for screen in form.items:
            assert texts.screens[screen.id].title in shown
            assert all(words in shown for words in texts.screens[screen.id].choices.values())


def test_what_was_answered_is_kept_as_from_a_kiosk(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")

    saved = send(
        service,
        name="  Zuleika   Testperson ",
        urgent=["none"],
        brings_you=["housing", "company"],
        help_today="ongoing",
        talk_with=["someone-i-know"],
        who_i_know="Bob",
        reach="phone",
        phone="(555) 010-1234",
        phone_ok=["text"],
        easier=["rather not say"],
        adult="",
        consent="agree",
    )

    participant, intake = received(session)
    assert saved.headers["location"] == f"/participants/{participant.id}?done=intake"
    assert (participant.name, participant.phone, participant.status) == (
        "Zuleika Testperson",
        "5550101234",
        Status.NEEDS_ASSIGNMENT,
    )
    assert (intake.staff_id, intake.kiosk_id, intake.ticket) == (center.alice, None, "maple-7")
    answers = answers_of(intake)
    assert answers["brings-you"] == Answer.of("housing", "company")
    assert answers["easier"] == RATHER_NOT_SAY
    assert answers["adult"] == answers["been-here"] == SKIPPED


def test_a_brief_check_in_is_at_once_with_who_completed_it(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "bob")

    saved = send(service, name="Zuleika Testperson", help_today="check-in")

    assert saved.headers["location"] == "/my-participants?done=yours"
    assert session.scalars(select(Assignment.staff_id)).one() == center.bob


def test_who_asked_is_with_whoever_is_urgent_and_nobody_is_called_in_vain(
    service: Service, session: Session, center: Center
) -> None:
    """An alert about somebody who has their peer could never be settled by those whom it calls."""
    sign_in(service.client, "bob")

    send(service, name="Zuleika Testperson", urgent=["unsafe"], help_today="check-in")

    assert session.scalar(select(func.count()).select_from(Alert)) == 0
    assert "Urgent" in page_of(service.client, "/my-participants")


def test_whoever_is_urgent_and_has_nobody_waits_whatever_they_came_for(
    service: Service, session: Session, center: Center
) -> None:
    sign_in(service.client, "alice")

    send(service, name="Zuleika Testperson", urgent=["unsafe"], help_today="referral")

    assert received(session)[0].status == Status.NEEDS_ASSIGNMENT
    assert session.scalars(select(Alert.kind)).one() == AlertKind.URGENT


def test_sent_twice_it_is_one_intake(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")
    intake_id = uuid7()

    answers = [send(service, intake_id, name="Zuleika Testperson") for _ in range(2)]

    assert [answer.headers["location"] for answer in answers] == [answers[0].headers["location"]] * 2
    assert session.scalar(select(func.count()).select_from(Intake)) == 1


def test_left_empty_the_name_is_the_word(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")

    send(service)

    assert received(session)[0].name == "Maple 7"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"brings_you": ["housing", "work", "legal", "company"]}, "At most 3. Take 1 away."),
        ({"urgent": ["none", "unsafe"]}, "“None of these” goes with nothing else."),
        ({"brings_you": ["housing", "rather not say"]}, "Either an answer or rather not say, not both."),
        ({"reach": "phone", "phone": "12"}, "That looks too short for a phone number."),
        ({"name": "x" * 121}, "At most 120 characters on one line."),
    ],
)
def test_what_does_not_go_together_is_said_beside_its_question_and_the_rest_is_kept(
    service: Service, session: Session, center: Center, fields: dict[str, object], words: str
) -> None:
    sign_in(service.client, "alice")

    answer = send(service, None, **{"talk_with": ["woman"], **fields})

    assert answer.status_code == 422
    assert words in answer.text
    assert re.search(r'value="woman" id="talk-with-woman" checked', answer.text)
    assert session.scalar(select(func.count()).select_from(Intake)) == 0


def test_questions_that_are_not_due_are_not_kept(service: Service, session: Session, center: Center) -> None:
    sign_in(service.client, "alice")

    send(service, reach="here-only", phone="5550101234", who_i_know="Bob")

    participant, intake = received(session)
    assert participant.phone is None
    assert not {"phone", "who-i-know"} & answers_of(intake).keys()


@pytest.mark.parametrize(("fields", "status"), [({"ticket": "nonsense"}, 422), ({"site_id": "99"}, 404)])
def test_a_page_that_is_not_ours_changes_nothing(
    service: Service, session: Session, center: Center, fields: dict[str, object], status: int
) -> None:
    sign_in(service.client, "bob")

    assert send(service, None, **fields).status_code == status
    assert session.scalar(select(func.count()).select_from(Intake)) == 0
