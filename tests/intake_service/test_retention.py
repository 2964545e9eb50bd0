"""What a site keeps for how long: counted by a dry run, then erased, kind by kind; never what is on legal hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from intake_service import consents, legal_holds, participants, records_settings, retention
from intake_service.audit_tables import AuditEntry
from intake_service.intake_answers import answers_of
from intake_service.records_settings import RecordsSettings
from intake_service.retention import KeptKind
from intake_service.tables import Intake, NameToken, Participant, Staff
from notifications.tables import Alert, LedgerLine, Notice
from shared_schema.intake import Answer
from tests.intake_service.center import Center
from tests.intake_service.people import a_received_intake, a_record, a_site

NOW = datetime(2027, 11, 23, 15, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=300)
LATELY = NOW - timedelta(days=20)

Came = Callable[[str, datetime], UUID]


@pytest.fixture
def came(session: Session, center: Center) -> Came:
    """Somebody came then, said what brings them, and is discharged the same day."""

    def come(name: str, at: datetime) -> UUID:
        record = a_record(name, brings_you=Answer.of("housing"), consent=Answer.of("agree"))
        received = a_received_intake(session, center.kiosk.id, record, at)
        participant_id = session.scalars(
            select(Intake.participant_id).where(Intake.id == received.receipt.intake_id)
        ).one()
        participants.discharge(session, participant_id, "left", session.get_one(Staff, center.alice), at)
        session.commit()
        return participant_id

    return come


def keep(session: Session, center: Center, **months: int) -> None:
    records_settings.change(
        session, center.site, RecordsSettings(**months), session.get_one(Staff, center.dana), LONG_AGO
    )
    session.commit()


def hold(session: Session, center: Center, participant_id: UUID) -> None:
    legal_holds.place(session, participant_id, "A court asks", session.get_one(Staff, center.dana), LATELY)
    session.commit()


def due(session: Session, center: Center) -> dict[str, tuple[int, int]]:
    found = {line.kind.value: (line.count, line.held) for line in retention.due(session, center.site, NOW)}
    session.commit()
    return found


def names(session: Session) -> set[str]:
    session.expire_all()
    found = {each.name for each in session.scalars(select(Participant))}
    session.commit()
    return found


def test_without_a_decision_nothing_is_ever_due(session: Session, engine: Engine, center: Center, came: Came) -> None:
    came("Zuleika Testperson", LONG_AGO)

    assert due(session, center) == {}
    assert retention.run(engine, center.site.id, NOW) == []
    assert names(session) == {"Zuleika Testperson"}


def test_a_dry_run_counts_what_a_run_then_erases(session: Session, engine: Engine, center: Center, came: Came) -> None:
    came("Zuleika Testperson", LONG_AGO)
    came("Quirin Sample", LONG_AGO)
    came("Rasmus Made-Up", LATELY)
    hold(session, center, came("Sidonie Specimen", LONG_AGO))
    keep(session, center, discharged=6)

    assert due(session, center) == {"discharged participants": (2, 1)}
    assert due(session, center) == {"discharged participants": (2, 1)}, "counting changes nothing"
    (line,) = retention.run(engine, center.site.id, NOW)

    assert (line.kind, line.count, line.held) == (KeptKind.DISCHARGED, 2, 1)
    assert names(session) == {"(erased)", "Rasmus Made-Up", "Sidonie Specimen"}
    assert due(session, center) == {"discharged participants": (0, 1)}


def test_what_was_done_is_in_the_audit(session: Session, engine: Engine, center: Center, came: Came) -> None:
    came("Zuleika Testperson", LONG_AGO)
    keep(session, center, discharged=6)
    retention.run(engine, center.site.id, NOW)
    retention.run(engine, center.site.id, NOW)

    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention run"))
    assert entry.after == '{"discharged participants": 1}'


def test_old_answers_go_and_the_person_and_their_consent_stay(
    session: Session, engine: Engine, center: Center, came: Came
) -> None:
    old = came("Zuleika Testperson", LONG_AGO)
    came("Quirin Sample", LATELY)
    hold(session, center, came("Sidonie Specimen", LONG_AGO))
    keep(session, center, intakes=3)

    assert due(session, center) == {"brief intakes": (1, 1)}
    retention.run(engine, center.site.id, NOW)

    intake = session.scalars(select(Intake).where(Intake.participant_id == old)).one()
    assert answers_of(intake).keys() == {"consent"}
    assert (intake.ticket, intake.language, intake.received_at) == ("", "en", LONG_AGO)
    consent = consents.standing(session, session.get_one(Participant, old), NOW)
    assert consent is not None
    assert consent.state == "agreed"
    assert session.scalar(select(func.count()).select_from(NameToken).where(NameToken.sequence == intake.sequence))
    session.commit()
    assert names(session) == {"Zuleika Testperson", "Quirin Sample", "Sidonie Specimen"}
    assert due(session, center) == {"brief intakes": (0, 1)}


def test_old_alerts_go_with_everything_about_them_and_open_ones_stay(
    session: Session, engine: Engine, center: Center, came: Came
) -> None:
    came("Zuleika Testperson", LONG_AGO)
    a_received_intake(session, center.kiosk.id, a_record("Quirin Sample"), LONG_AGO)  # nobody has come yet
    hold(session, center, came("Sidonie Specimen", LONG_AGO))
    came("Rasmus Made-Up", LATELY)
    keep(session, center, alerts=3)

    assert due(session, center) == {"alerts": (1, 1)}
    retention.run(engine, center.site.id, NOW)

    left = set(session.scalars(select(Alert.id)))
    assert len(left) == 3
    for table in (Notice, LedgerLine):
        assert set(session.scalars(select(table.alert_id))) <= left


def test_another_sites_records_are_its_own_business(
    session: Session, engine: Engine, center: Center, came: Came
) -> None:
    came("Zuleika Testperson", LONG_AGO)
    other = a_site(session, "Lantern House")
    dana = session.get_one(Staff, center.dana)
    records_settings.change(session, other, RecordsSettings(discharged=1), dana, LONG_AGO)
    session.commit()

    retention.run(engine, other.id, NOW)

    assert names(session) == {"Zuleika Testperson"}


def test_somebody_who_came_back_is_not_gone(session: Session, engine: Engine, center: Center, came: Came) -> None:
    participant_id = came("Zuleika Testperson", LONG_AGO)
    alice = session.get_one(Staff, center.alice)
    participants.reactivate(session, participant_id, alice, LATELY)
    participants.discharge(session, participant_id, "left again", alice, LATELY)
    session.commit()
    keep(session, center, discharged=6)

    retention.run(engine, center.site.id, NOW)

    assert names(session) == {"Zuleika Testperson"}
