"""What participants say about the use of their answers: given, taken back, run out; it counts at once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service import consent_changes, consents, contact_permission, records_settings
from intake_service.assignments import assign, transfer
from intake_service.consents import Consent, ConsentState, How
from intake_service.errors import InvalidRequest, NotAllowed, NotFound
from intake_service.records_settings import RecordsSettings
from intake_service.tables import Event, Intake, Participant, Staff
from intake_service.workflow import Action
from shared_schema.form import load_form
from shared_schema.intake import Answer
from tests.intake_service.center import Center, somebody_waits
from tests.intake_service.people import NOW as TAPPED
from tests.intake_service.people import a_record

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def somebody(session: Session, center: Center, answer: str | None = "agree", language: str = "es") -> UUID:
    """Bob's participant, who came a week before NOW."""
    record = a_record("Zuleika Testperson", language=language)
    if answer is not None:
        record = record.model_copy(update={"answers": record.answers | {"consent": Answer.of(answer)}})
    intake_id = somebody_waits(session, center, record)
    intake = session.scalars(select(Intake).where(Intake.id == intake_id)).one()
    intake.received_at = TAPPED + timedelta(minutes=1)
    assign(session, intake.participant_id, center.bob, by(session, center.alice), NOW)
    return intake.participant_id


def by(session: Session, staff_id: int) -> Staff:
    return session.get_one(Staff, staff_id)


def standing(session: Session, participant_id: UUID, now: datetime = NOW) -> Consent:
    found = consents.standing(session, session.get_one(Participant, participant_id), now)
    assert found is not None
    return found


def revoke(session: Session, center: Center, participant_id: UUID, now: datetime = NOW) -> None:
    consent_changes.revoke(session, participant_id, How.BY_PHONE, by(session, center.bob), now, "wants no calls")


def moves(session: Session) -> list[tuple[int | None, int | None]]:
    rows = session.scalars(select(Event).where(Event.action == Action.MOVE_CONTACT_PERMISSION).order_by(Event.id))
    return [(row.from_staff_id, row.to_staff_id) for row in rows]


def test_what_was_tapped_is_kept_with_its_words_language_and_time(session: Session, center: Center) -> None:
    consent = standing(session, somebody(session, center))

    assert (consent.state, consent.how, consent.language) == (ConsentState.AGREED, How.AT_KIOSK, "es")
    assert (consent.form_name, consent.form_version) == ("brief-intake", load_form().version)
    assert (consent.at, consent.until) == (TAPPED, None)
    asked = load_form().texts["es"].screens["consent"]
    assert list(consent.words) == [asked.title, asked.help, asked.choices["agree"]]


def test_a_clock_that_cannot_be_right_does_not_date_a_consent(session: Session, center: Center) -> None:
    participant_id = somebody(session, center)
    intake = session.scalars(select(Intake).where(Intake.participant_id == participant_id)).one()
    intake.finished_at = datetime(1999, 12, 31, tzinfo=UTC)

    assert standing(session, participant_id).at == intake.received_at


def test_silence_is_no_consent_and_no_refusal(session: Session, center: Center) -> None:
    participant_id = somebody(session, center, None)

    assert standing(session, participant_id).state is ConsentState.NOT_ANSWERED
    assert contact_permission.of(session, by(session, center.alice), participant_id, NOW).staff_id == center.bob


def test_who_said_no_is_contacted_by_nobody(session: Session, center: Center) -> None:
    participant_id = somebody(session, center, "decline")

    permission = contact_permission.of(session, by(session, center.alice), participant_id, NOW)

    assert (permission.staff_id, permission.channels, permission.consent) == (None, (), "declined")
    assert moves(session) == []


def test_a_revocation_stops_contact_permission_and_says_who_when_and_how(session: Session, center: Center) -> None:
    participant_id = somebody(session, center)

    revoke(session, center, participant_id)

    consent, alice = standing(session, participant_id), by(session, center.alice)
    assert (consent.state, consent.at, consent.how) == (ConsentState.REVOKED, NOW, How.BY_PHONE)
    assert consent.recorder is by(session, center.bob)
    assert contact_permission.of(session, alice, participant_id, NOW).channels == ()
    assert moves(session) == [(None, center.bob), (center.bob, None)]
    written = session.scalars(select(Event).where(Event.action == Action.REVOKE_CONSENT)).one()
    assert (written.staff_id, written.to_value, written.reason) == (center.bob, "by phone", "wants no calls")


def test_who_takes_over_a_participant_after_a_revocation_may_not_contact_them_either(
    session: Session, center: Center
) -> None:
    participant_id, alice = somebody(session, center), by(session, center.alice)
    revoke(session, center, participant_id)

    transfer(session, participant_id, center.charlie, "Bob is away", alice, LATER)

    assert contact_permission.of(session, alice, participant_id, LATER).staff_id is None
    assert moves(session)[-1] == (center.bob, None)


def test_a_new_consent_gives_the_permission_to_whoever_carries_them_now(session: Session, center: Center) -> None:
    participant_id, alice = somebody(session, center), by(session, center.alice)
    revoke(session, center, participant_id)
    transfer(session, participant_id, center.charlie, "Bob is away", alice, LATER)

    consent_changes.agree(session, participant_id, How.ON_PAPER, "es", alice, LATER)

    assert contact_permission.of(session, alice, participant_id, LATER).staff_id == center.charlie
    assert moves(session)[-1] == (None, center.charlie)
    said = consents.history(session, session.get_one(Participant, participant_id), LATER)
    assert [each.state for each in said] == ["agreed", "revoked", "agreed"]


def test_an_intake_that_was_held_on_a_kiosk_does_not_undo_a_later_revocation(session: Session, center: Center) -> None:
    participant_id = somebody(session, center)
    revoke(session, center, participant_id)
    intake = session.scalars(select(Intake).where(Intake.participant_id == participant_id)).one()
    intake.received_at = LATER  # it was tapped a week before

    assert standing(session, participant_id, LATER).state is ConsentState.REVOKED


def test_a_consent_runs_out_after_the_sites_months(session: Session, center: Center) -> None:
    participant_id, dana = somebody(session, center), by(session, center.dana)
    records_settings.change(session, center.site, RecordsSettings(consent=12), dana, NOW)
    ends = TAPPED.replace(year=TAPPED.year + 1)

    assert standing(session, participant_id, ends - timedelta(seconds=1)).state is ConsentState.AGREED
    assert standing(session, participant_id, ends).state is ConsentState.EXPIRED
    assert contact_permission.of(session, dana, participant_id, NOW).until == ends
    assert contact_permission.of(session, dana, participant_id, ends).channels == ()


def test_a_day_that_they_named_counts_before_the_sites_months(session: Session, center: Center) -> None:
    participant_id, dana = somebody(session, center, None), by(session, center.dana)
    records_settings.change(session, center.site, RecordsSettings(consent=12), dana, NOW)

    consent_changes.agree(session, participant_id, How.IN_PERSON, "es", dana, NOW, until=LATER)

    assert standing(session, participant_id, LATER).state is ConsentState.EXPIRED
    assert standing(session, participant_id, LATER).until == LATER


def test_a_revocation_is_written_once_however_often_it_is_sent(session: Session, center: Center) -> None:
    participant_id = somebody(session, center)

    revoke(session, center, participant_id)
    revoke(session, center, participant_id)

    said = consents.history(session, session.get_one(Participant, participant_id), NOW)
    assert [each.state for each in said] == ["revoked", "agreed"]


def test_there_is_nothing_to_take_back_from_who_said_no(session: Session, center: Center) -> None:
    with pytest.raises(InvalidRequest, match="said no already"):
        revoke(session, center, somebody(session, center, "decline"))


@pytest.mark.parametrize("how", [How.AT_KIOSK, "by rumor"])
def test_how_they_told_it_is_one_of_the_ways_of_telling_staff(session: Session, center: Center, how: How) -> None:
    participant_id = somebody(session, center)

    with pytest.raises(InvalidRequest, match="how they told"):
        consent_changes.agree(session, participant_id, how, "en", by(session, center.bob), NOW)


def test_a_colleague_without_this_participant_writes_nothing_down(session: Session, center: Center) -> None:
    participant_id, charlie = somebody(session, center), by(session, center.charlie)

    with pytest.raises(NotFound):
        consent_changes.revoke(session, participant_id, How.IN_PERSON, charlie, NOW)


def test_only_administrators_decide_how_long_a_consent_holds(session: Session, center: Center) -> None:
    with pytest.raises(NotAllowed):
        records_settings.change(session, center.site, RecordsSettings(consent=6), by(session, center.alice), NOW)
