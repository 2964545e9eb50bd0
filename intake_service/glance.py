"""What a peer needs to walk over to somebody, on one look: from the newest brief intake, in the staff's words.

Why it is urgent is not in it: that is read in the brief intake itself.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.intake_answers import answers_of, ticket_words
from intake_service.tables import Intake, Participant
from shared_schema.form import Form, load_form
from shared_schema.intake import Answer

_STAFF_LANGUAGE = "en"


@dataclass(frozen=True)
class Glance:
    """`ok_to`: what may be done with the phone. `may_be_called`: they left a number and said that we may call it.

    `easier`: what makes it easier for them; `wishes`: whom they would like to talk with.
    """

    intake_id: UUID
    ticket: str
    urgent: bool
    reach: str
    phone: str | None
    ok_to: tuple[str, ...]
    may_be_called: bool
    easier: tuple[str, ...]
    wishes: tuple[str, ...]


def at(session: Session, participant: Participant) -> Glance:
    """Of the participant's newest brief intake. Whether it may be seen is the caller's to know."""
    intake = session.scalars(select(Intake).where(Intake.sequence == participant.intake_sequence)).one()
    form, answers = load_form(intake.form_name, intake.form_version), answers_of(intake)
    knows = answers.get("who-i-know")
    return Glance(
        intake_id=intake.id,
        ticket=ticket_words(intake, form),
        urgent=intake.urgent,
        reach=", ".join(_chosen(form, answers, "reach")),
        phone=participant.phone,
        ok_to=_chosen(form, answers, "phone-ok"),
        may_be_called=participant.phone is not None and "call" in _ids(answers, "phone-ok"),
        easier=_chosen(form, answers, "easier"),
        wishes=(*_chosen(form, answers, "talk-with"), *([knows.text] if knows and knows.text else [])),
    )


def _ids(answers: dict[str, Answer], item: str) -> tuple[str, ...]:
    return answers[item].choices if item in answers else ()


def _chosen(form: Form, answers: dict[str, Answer], item: str) -> tuple[str, ...]:
    """In words; empty for an item that was skipped, or that the form lacks. The way past a question says nothing."""
    screen = next((each for each in form.items if each.id == item), None)
    if screen is None:
        return ()
    words, alone = form.texts[_STAFF_LANGUAGE].screens[item].choices, {each.id for each in screen.choices if each.alone}
    return tuple(words[each] for each in _ids(answers, item) if each not in alone)
