"""A participant's own record: everything that this center keeps about them, as they may ask for it (45 CFR 164.524).

Not in it is who has looked at the record, which is the accounting's and the audit's, and what staff wrote to their
administrators as a concern: whether that may be told is decided by a person, each time.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from intake_service import audit, carrying, consents, disclosures, participants, rights
from intake_service.consents import Consent
from intake_service.disclosures import NOTICE, DisclosureKind, Told
from intake_service.errors import InvalidRequest
from intake_service.intake_answers import answers_of, ticket_words
from intake_service.joined_records import ids_of
from intake_service.records_tables import Disclosure
from intake_service.tables import Assignment, Callback, Event, Intake, Participant, Staff
from intake_service.workflow import Action
from shared_schema.form import LanguageTexts, load_form
from shared_schema.intake import Answer, AnswerState
from shared_schema.yaml_files import read_yaml

TO_THEMSELVES = "the participant"
_WHAT = "everything that is kept about them"
_PURPOSE = "they asked for their own record"
_NOT_THEIRS = (Action.VIEW, Action.MOVE_CONTACT_PERMISSION)


@dataclass(frozen=True)
class Said:
    """A brief intake in words, in the language in which it was answered. `lines`: question and answer."""

    at: datetime
    language: str
    direction: str
    ticket: str
    urgent: bool
    express: bool
    is_erased: bool
    form: str
    lines: list[tuple[str, str]]


@dataclass(frozen=True)
class OwnRecord:
    """`words`: the headings, in the participant's language where there are some. `form`: the form's words in it."""

    participant: Participant
    made_at: datetime
    made_by: Staff
    words: dict[str, str]
    words_language: str
    form: LanguageTexts
    first: datetime
    intakes: list[Said]
    consents: list[Consent]
    assignments: list[Assignment]
    callbacks: list[Callback]
    events: list[Event]
    disclosures: list[Disclosure]
    notice: str = NOTICE


def make(session: Session, participant_id: UUID, to_whom: str, by: Staff, now: datetime) -> OwnRecord:
    """The whole record, also of what was joined into it. That it was made is listed with its disclosures.

    Raises NotFound, NotAllowed for who is neither supervisor nor administrator, InvalidRequest for whom it is not said.
    """
    found = rights.require(session, by, Action.MAKE_OWN_RECORD, session.get(Participant, participant_id))
    participant = participants.standing(session, found)
    rights.require(session, by, Action.MAKE_OWN_RECORD, participant)
    to_whom = to_whom.strip()
    if not 0 < len(to_whom) <= disclosures.LONGEST:
        raise InvalidRequest(f"Say in at most {disclosures.LONGEST} characters whom you give it to.")
    told = Told(to_whom, _WHAT, _PURPOSE)
    disclosures.add(session, [participant.id], DisclosureKind.OWN_RECORD, told, by, now)
    audit.record(session, Action.MAKE_OWN_RECORD, now, by=by, to=participant)
    return _gathered(session, participant, by, now)


def _gathered(session: Session, participant: Participant, by: Staff, now: datetime) -> OwnRecord:
    ids = ids_of(participant.id)
    intakes = list(session.scalars(select(Intake).where(Intake.participant_id.in_(ids)).order_by(Intake.sequence)))
    callbacks = select(Callback).where(Callback.participant_id.in_(ids)).order_by(Callback.id)
    happened = (
        select(Event)
        .where(Event.participant_id.in_(ids), Event.action.not_in(_NOT_THEIRS))
        .options(joinedload(Event.staff), joinedload(Event.from_staff), joinedload(Event.to_staff))
        .order_by(Event.id)
    )
    language, words = _words(participant.language)
    form = load_form()
    return OwnRecord(
        participant=participant,
        made_at=now,
        made_by=by,
        words=words,
        words_language=language,
        form=form.texts.get(participant.language, form.texts["en"]),
        first=min((intake.received_at for intake in intakes), default=participant.waiting_since),
        intakes=[_said(intake) for intake in intakes],
        consents=consents.history(session, participant, now)[::-1],
        assignments=list(carrying.past(session, participant.id))[::-1],
        callbacks=list(session.scalars(callbacks)),
        events=list(session.scalars(happened)),
        disclosures=list(disclosures.listed(session, participant))[::-1],
    )


def _said(intake: Intake) -> Said:
    form, given = load_form(intake.form_name, intake.form_version), answers_of(intake)
    texts = form.texts[intake.language]
    lines = [
        (texts.screens[item.id].title, _answer(texts, item.id, given[item.id]))
        for item in form.items
        if item.id in given
    ]
    return Said(
        at=intake.received_at,
        language=intake.language,
        direction=texts.direction,
        ticket=ticket_words(intake, form),
        urgent=intake.urgent,
        express=intake.express,
        is_erased=not intake.ticket,
        form=f"{intake.form_name} {intake.form_version}",
        lines=lines,
    )


def _answer(texts: LanguageTexts, item: str, answer: Answer) -> str:
    if answer.state is AnswerState.RATHER_NOT_SAY:
        return texts.ui["rather_not_say"]
    if answer.state is AnswerState.SKIPPED:
        return texts.ui["not_answered"]
    return answer.text or ", ".join(texts.screens[item].choices[choice] for choice in answer.choices)


def _words(language: str) -> tuple[str, dict[str, str]]:
    """The headings in this language; in English when nobody has translated them yet."""
    known = headings()
    chosen = language if language in known else "en"
    return chosen, known[chosen]


@cache
def headings() -> dict[str, dict[str, str]]:
    """Every word of ours in the file, by language."""
    folder = files("intake_service") / "own_record_words"
    return {
        file.name.removesuffix(".yaml"): read_yaml(file) for file in folder.iterdir() if file.name.endswith(".yaml")
    }


def as_json(record: OwnRecord, happened: list[str]) -> dict[str, Any]:
    """The same for a machine. `happened`: the events as sentences, in their order."""
    participant = record.participant
    return {
        "notice": record.notice,
        "made": {"at": _iso(record.made_at), "by": record.made_by.name, "site": participant.site.name},
        "participant": {
            "name": participant.name,
            "phone": participant.phone,
            "language": participant.language,
            "status": participant.status,
            "pathway": participant.pathway,
            "tier": participant.tier,
            "first": _iso(record.first),
        },
        "intakes": [
            {
                "at": _iso(each.at),
                "language": each.language,
                "form": each.form,
                "word": each.ticket,
                "urgent": each.urgent,
                "asked_to_talk_to_a_person": each.express,
                "answers_erased": each.is_erased,
                "answers": [{"question": question, "answer": answer} for question, answer in each.lines],
            }
            for each in record.intakes
        ],
        "consents": [
            {
                "state": each.state,
                "at": _iso(each.at),
                "how": each.how,
                "until": _iso(each.until),
                "language": each.language,
                "form": f"{each.form_name} {each.form_version}",
                "words": list(each.words),
            }
            for each in record.consents
        ],
        "staff": [
            {"name": each.staff.name, "from": _iso(each.assigned_at), "to": _iso(each.ended_at)}
            for each in record.assignments
        ],
        "calls_back": [
            {"due": _iso(each.due_at), "ended": _iso(each.ended_at), "called": each.called} for each in record.callbacks
        ],
        "happened": [
            {"at": _iso(event.at), "what": sentence, "reason": event.reason}
            for event, sentence in zip(record.events, happened, strict=True)
        ],
        "disclosures": [
            {
                "at": _iso(each.at),
                "last": _iso(each.last_at),
                "times": each.times,
                "kind": each.kind,
                "by": each.staff.name,
                "to": each.to_whom,
                "what": each.what,
                "purpose": each.purpose,
            }
            for each in record.disclosures
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
