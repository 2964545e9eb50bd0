"""The form as data: its files, its branches, and what it says of a record that does not fit."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared_schema import icons
from shared_schema.form import Form, FormError, Screen, load_form, read_form
from shared_schema.intake import RATHER_NOT_SAY, SKIPPED, Answer, IntakeRecord, PathwayType

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = load_form()
FILES = Path(__file__).parents[2] / "shared_schema" / "forms" / "brief-intake-1"
COMPLETE = ("en", "es")


def a_record(answers: dict[str, Answer], **changed: Any) -> IntakeRecord:
    """Of these answers, and everything else that is due skipped but the name."""
    given = {"name": Answer.of(text="Zuleika"), **answers}
    for screen in FORM.items:
        if screen.shown_for(given):
            given.setdefault(screen.id, SKIPPED)
    values = {
        "id": UUID("019ab000-0000-7000-8000-000000000001"),
        "form_name": FORM.name,
        "form_version": FORM.version,
        "language": "en",
        "started_at": NOW,
        "finished_at": NOW + timedelta(minutes=2),
        "ticket": "maple-7",
        "answers": given,
        "receipt_nonce": "0" * 32,
    }
    return IntakeRecord.model_validate(values | changed)


def test_every_step_of_the_brief_intake_is_a_screen() -> None:
    assert {screen.step for screen in FORM.screens} == set(range(12))
    assert (FORM.screens[0].kind, FORM.screens[-2].kind, FORM.screens[-1].kind) == ("language", "review", "ticket")


@pytest.mark.parametrize("language", COMPLETE)
def test_english_and_spanish_are_whole_and_reviewed(language: str) -> None:
    texts = FORM.texts[language]

    assert texts.reviewed
    words = [*texts.ui.values(), *texts.tickets.values()]
    for screen in texts.screens.values():
        words += [screen.title, screen.short, *screen.body, *screen.choices.values()]
    assert all(word.strip() == word and word for word in words)


@pytest.mark.parametrize("language", sorted(FORM.texts))
def test_a_language_has_the_blanks_that_english_has(language: str) -> None:
    english, texts = FORM.texts["en"].ui, FORM.texts[language].ui

    for key, words in english.items():
        assert _blanks(texts[key]) == _blanks(words), key


def _blanks(words: str) -> set[str]:
    return {part.partition("}")[0] for part in words.split("{")[1:]}


@pytest.mark.parametrize("language", sorted(FORM.texts))
def test_every_ticket_word_of_a_language_is_another_word(language: str) -> None:
    words = [word.casefold() for word in FORM.texts[language].tickets.values()]

    assert len(set(words)) == len(words)


def test_every_screen_and_choice_has_a_drawing() -> None:
    named = {choice.icon for screen in FORM.screens for choice in screen.choices}
    named |= {screen.icon for screen in FORM.screens if screen.icon}

    assert named <= icons.names()


def test_a_branch_is_only_asked_when_it_was_chosen() -> None:
    phone = FORM.screen("phone")

    assert not phone.shown_for({})
    assert not phone.shown_for({"reach": SKIPPED})
    assert not phone.shown_for({"reach": Answer.of("here-only")})
    assert phone.shown_for({"reach": Answer.of("phone")})


def test_a_condition_refers_to_an_earlier_question_and_its_choices() -> None:
    for number, screen in enumerate(FORM.screens):
        if screen.show_if is not None:
            earlier = {each.id: {choice.id for choice in each.choices} for each in FORM.screens[:number]}
            assert set(screen.show_if.any_of) <= earlier[screen.show_if.item]


def test_what_is_urgent_and_what_pathway_it_asks_for_is_in_the_form() -> None:
    assert FORM.is_urgent({"urgent": Answer.of("unsafe", "tonight")})
    assert not FORM.is_urgent({"urgent": Answer.of("tonight")})
    assert not FORM.is_urgent({"urgent": RATHER_NOT_SAY})
    assert FORM.pathway({"help-today": Answer.of("use-center")}) is PathwayType.RCC_MEMBER
    assert FORM.pathway({"help-today": SKIPPED}) is PathwayType.COMPREHENSIVE


def test_consent_is_neither_preset_nor_demanded() -> None:
    consent = FORM.screen("consent")

    assert [choice.icon for choice in consent.choices] == ["sheet-yes", "sheet-no"]
    for answer in (Answer.of("agree"), Answer.of("decline"), SKIPPED):
        assert FORM.faults(a_record({"consent": answer})) == []


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"been-here": Answer.of("first-time", "yes")}, "been-here: more than 1 choices"),
        ({"brings-you": Answer.of("work", "health", "legal", "company")}, "brings-you: more than 3 choices"),
        ({"brings-you": Answer.of("work", "work")}, "brings-you: an unknown or repeated choice"),
        ({"brings-you": Answer.of("secret")}, "brings-you: an unknown or repeated choice"),
        ({"brings-you": Answer.of(text="secret")}, "brings-you: needs choices only"),
        ({"urgent": Answer.of("unsafe", "none")}, "urgent: a choice that stands alone beside others"),
        ({"name": SKIPPED}, "name: a name or an offered word is needed"),
        ({"name": Answer.of("secret")}, "name: needs text only"),
        ({"consent": RATHER_NOT_SAY}, "consent: 'rather not say' is not offered here"),
        ({"phone": Answer.of(text="5550101234")}, "phone: answered without being asked"),
        ({"secret": SKIPPED}, "answers: 1 not in the form"),
    ],
)
def test_a_fault_names_the_item_and_never_the_answer(answers: dict[str, Answer], fault: str) -> None:
    faults = FORM.faults(a_record(answers))

    assert faults == [fault]
    assert "secret" not in fault


def test_an_item_that_was_due_must_be_there() -> None:
    record = a_record({"reach": Answer.of("phone")})
    answers = {item: answer for item, answer in record.answers.items() if item not in {"phone", "adult"}}

    faults = FORM.faults(record.model_copy(update={"answers": answers}))

    assert faults == ["phone: missing", "adult: missing"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"form_version": 99}, "form: another form or version"),
        ({"language": "xx"}, "language: not one of the form's"),
        ({"ticket": "maple-100"}, "ticket: not one of the form's"),
        ({"ticket": "secret-1"}, "ticket: not one of the form's"),
        ({"finished_at": NOW - timedelta(seconds=1)}, "finished_at: before started_at"),
    ],
)
def test_a_record_must_be_of_this_form(changed: dict[str, Any], fault: str) -> None:
    assert FORM.faults(a_record({}, **changed)) == [fault]


def test_an_express_intake_needs_no_name() -> None:
    assert FORM.faults(a_record({"name": SKIPPED}, express=True)) == []


@st.composite
def walks(draw: st.DrawFn) -> dict[str, Answer]:
    """What any participant could answer: each question that is due answered, rather not said or skipped."""
    answers: dict[str, Answer] = {}
    for screen in FORM.items:
        if screen.shown_for(answers):
            answers[screen.id] = draw(_answers(screen))
    return answers


def _answers(screen: Screen) -> st.SearchStrategy[Answer]:
    if screen.kind in {"name", "text", "phone"}:
        typed = st.text(
            st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40
        )
        said = typed.filter(lambda text: text.strip() != "").map(lambda text: Answer.of(text=text))
    else:
        together = [choice.id for choice in screen.choices if not choice.alone]
        several = st.lists(st.sampled_from(together), min_size=1, max_size=screen.most, unique=True)
        alone = [Answer.of(choice.id) for choice in screen.choices if choice.alone]
        said = several.map(lambda chosen: Answer.of(*chosen))
        said = st.one_of(said, st.sampled_from(alone)) if alone else said
    if screen.kind == "name":
        return said
    return st.one_of(said, st.just(SKIPPED), *([st.just(RATHER_NOT_SAY)] if screen.rather_not_say else []))


@given(walks())
def test_whatever_a_participant_answers_fits_the_form(answers: dict[str, Answer]) -> None:
    assert FORM.faults(a_record(answers)) == []


@given(walks())
def test_a_record_comes_through_the_wire_unchanged(answers: dict[str, Answer]) -> None:
    record = a_record(answers)

    assert IntakeRecord.model_validate_json(record.model_dump_json(), strict=True) == record


def test_the_form_itself_comes_through_the_wire_unchanged() -> None:
    assert Form.model_validate_json(FORM.model_dump_json()) == FORM


def test_languages_are_offered_when_they_are_reviewed_by_us_or_by_the_site() -> None:
    russian = FORM.texts["en"].model_copy(update={"language": "ru", "reviewed": False})
    form = FORM.model_copy(update={"texts": {**FORM.texts, "ru": russian}})

    assert form.offered(["es", "ru", "en", "xx"], reviewed=()) == ("es", "en")
    assert form.offered(["es", "ru", "en"], reviewed=("ru",)) == ("es", "ru", "en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the form's files, to be broken."""
    return Path(shutil.copytree(FILES, tmp_path / "brief-intake-9"))


def rewrite(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda texts: texts["ui"].pop("skip"), r"es.yaml ui: missing \['skip'\]"),
        (lambda texts: texts["ui"].update(skipp="Saltar"), r"not in the form \['skipp'\]"),
        (lambda texts: texts["screens"].pop("name"), r"es.yaml screens: missing \['name'\]"),
        (lambda texts: texts["tickets"].pop("maple"), r"es.yaml tickets: missing \['maple'\]"),
        (
            lambda texts: texts["screens"]["urgent"]["choices"].pop("unsafe"),
            r"es.yaml screens.urgent.choices: missing \['unsafe'\]",
        ),
    ],
)
def test_a_language_that_does_not_match_says_what_to_mend(
    folder: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    rewrite(folder / "es.yaml", change)

    with pytest.raises(ValueError, match=says):
        read_form(folder)


def test_a_form_without_english_is_none(folder: Path) -> None:
    (folder / "en.yaml").unlink()

    with pytest.raises(ValueError, match="English"):
        read_form(folder)


def test_adding_a_language_is_adding_a_file(folder: Path) -> None:
    texts = yaml.safe_load((folder / "es.yaml").read_text(encoding="utf-8"))
    (folder / "tlh.yaml").write_text(
        yaml.safe_dump(texts | {"language": "tlh", "name": "tlhIngan Hol", "reviewed": False}), encoding="utf-8"
    )

    form = read_form(folder)

    assert form.texts["tlh"].name == "tlhIngan Hol"
    assert "tlh" not in form.reviewed_languages()
    assert list(form.texts)[:2] == ["en", "es"]


@pytest.mark.parametrize(("name", "version"), [("brief-intake", 99), ("no-such-form", None)])
def test_a_form_that_there_is_not_is_said_so(name: str, version: int | None) -> None:
    with pytest.raises(FormError, match=name):
        load_form(name, version)


def test_a_ticket_is_a_word_in_every_language() -> None:
    assert FORM.ticket_text("maple-7", "en") == "Maple 7"
    assert FORM.ticket_text("maple-7", "es") == f"{FORM.texts['es'].tickets['maple']} 7"
    assert [FORM.is_ticket(ticket) for ticket in ("maple-1", "maple-99", "maple-0", "maple", "maple-x", "-7")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
