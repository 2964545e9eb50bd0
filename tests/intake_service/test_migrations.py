"""The tables, step by step: from nothing, from the first release with its data, and never behind or ahead unsaid."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from intake_service import migrations
from intake_service.errors import NotReady
from intake_service.preparing import prepare
from intake_service.settings import Settings
from intake_service.tables import Assignment, Event, Intake, Participant, Site
from notifications.db import Base, connect, writing
from notifications.encrypted import DataKeys, data_key_id, unlock
from notifications.subscriptions import endpoint_digest
from notifications.tables import PushSubscription
from shared_schema.intake import Status
from tests.notifications.conftest import DATA_KEY
from tests.notifications.devices import Device


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    return empty_database_url


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """A database without a table."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_classes(empty: Engine) -> None:
    migrations.migrate(empty)

    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(empty: Engine) -> None:
    migrations.migrate(empty)
    before = inspect(empty).get_table_names()

    migrations.migrate(empty)

    assert inspect(empty).get_table_names() == before
    assert migrations.is_current(empty)


def test_several_processes_may_migrate_at_once(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as processes:
        list(processes.map(lambda _: migrations.migrate(empty), range(4)))

    assert migrations.is_current(empty)


def test_what_the_first_release_wrote_is_kept(empty: Engine) -> None:
    migrations.migrate(empty, to="0001")
    with empty.begin() as connection:
        for statement in _A_FIRST_RELEASE.strip().split(";\n"):
            connection.execute(text(statement))

    migrations.migrate(empty)

    with Session(empty) as session:
        site = session.query(Site).one()
        assert (site.name, site.languages, site.queue_settings) == ("Harbor House", ["en"], {})
        status, language = session.query(Participant.status, Participant.language).one()
        assert (status, language) == (Status.NEEDS_INTAKE, "es")
        assert session.query(Intake.ticket).one() == ("maple-7",)
        assert session.query(Assignment.staff_id, Assignment.ended_at).one() == (1, None)
        assert session.query(Event.action).one() == ("assigned",)


@pytest.fixture
def a_phone(empty: Engine) -> Engine:
    """A database of an earlier release in which Bob has alerts on, on his second phone."""
    migrations.migrate(empty, to="0012")
    with empty.begin() as connection:
        connection.execute(text(_A_PHONE.format(id=7, endpoint="https://push.example/first")))
        connection.execute(text("DELETE FROM push_subscription"))
        connection.execute(text(_A_PHONE.format(id=8, endpoint="https://push.example/second")))
        if empty.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('push_subscription_id_seq', 12)"))
        connection.execute(text(_KEY_IN_USE), {"key_id": data_key_id(DATA_KEY).hex()})
    return empty


def test_what_reaches_a_phone_is_encrypted_and_still_reaches_it(a_phone: Engine) -> None:
    unlock(a_phone, DataKeys.of([DATA_KEY]))

    migrations.migrate(a_phone)

    with Session(writing(a_phone)) as session:
        phone = session.scalars(select(PushSubscription)).one()
        assert (phone.id, phone.staff_id, phone.device_name) == (8, 2, "Firefox on Linux")
        assert (phone.endpoint, phone.p256dh, phone.auth) == ("https://push.example/second", "a point", "a secret")
        assert (phone.endpoint_digest, phone.vapid_key_id) == (endpoint_digest(phone.endpoint), "")
        assert phone.created_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        another = Device().subscribe(session, 2, "http://127.0.0.1/third")
        assert another.id == {"sqlite": 9, "postgresql": 13}[a_phone.dialect.name]  # never given twice


@pytest.mark.parametrize("raw", [None, b"the data key of another database"])
def test_without_its_keys_a_database_with_phones_stays_as_it_is(a_phone: Engine, raw: bytes | None) -> None:
    if raw is not None:
        unlock(a_phone, DataKeys.of([raw]))

    with pytest.raises(NotReady, match="the keys folder of this database is needed"):
        migrations.migrate(a_phone)

    with a_phone.connect() as connection:
        found = connection.execute(text("SELECT endpoint FROM push_subscription")).scalars().all()
    assert found == ["https://push.example/second"]


def test_a_database_of_a_newer_release_is_left_alone(empty: Engine) -> None:
    migrations.migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NotReady, match="newer release"):
        migrations.migrate(empty)


def test_the_service_migrates_its_own_file_but_asks_before_a_shared_database(
    empty: Engine, database_url: str, keys_dir: Path
) -> None:
    settings = Settings(database_url=database_url, keys_dir=keys_dir)
    if empty.dialect.name == "sqlite":
        engine, _ = prepare(settings)
        assert migrations.is_current(engine)
        engine.dispose()
    else:
        with pytest.raises(NotReady, match="warm-handoff migrate"):
            prepare(settings)


_A_PHONE = """
INSERT INTO push_subscription (id, staff_id, endpoint, p256dh, auth, device_name, created_at, confirmed_at)
  VALUES ({id}, 2, '{endpoint}', 'a point', 'a secret', 'Firefox on Linux', '2026-11-23 09:30:00.000000+00:00',
          '2026-11-23 09:30:00.000000+00:00')
"""
_KEY_IN_USE = """
INSERT INTO key_in_use (kind, key_id, since) VALUES ('data', :key_id, '2026-11-23 09:30:00.000000+00:00')
"""
_A_FIRST_RELEASE = """
INSERT INTO site (id, name, languages, greeting, where_to_wait) VALUES (1, 'Harbor House', '["en"]', '{}', '{}');
INSERT INTO staff (id, username, name, role, password_hash, active, caseload_eligible, capacity, languages)
  VALUES (1, 'bob', 'Bob', 'peer specialist', '!', true, true, 12, '["en"]');
INSERT INTO staff_site (staff_id, site_id) VALUES (1, 1);
INSERT INTO kiosk (id, site_id, name, held, refused)
  VALUES ('0198c0de00007000800000000000000a', 1, 'Front door', 0, 0);
INSERT INTO participant (id, site_id, status, pathway, name, language, urgent, queue_number, waiting_since)
  VALUES ('0198c0de00007000800000000000000b', 1, 'Needs Intake', 'comprehensive services', '', 'es', false, 1,
          '2026-11-23 09:30:00.000000');
INSERT INTO intake (sequence, id, participant_id, site_id, kiosk_id, form_name, form_version, language, express, urgent,
                    ticket, answers, finished_at, received_at, proof, content_mac)
  VALUES (1, '0198c0de00007000800000000000000c', '0198c0de00007000800000000000000b', 1,
          '0198c0de00007000800000000000000a', 'brief-intake', 1, 'es', false, false, 'maple-7', '',
          '2026-11-23 09:30:00.000000', '2026-11-23 09:30:00.000000', 'p', 'm');
INSERT INTO assignment (id, participant_id, staff_id, assigned_by, assigned_at)
  VALUES (1, '0198c0de00007000800000000000000b', 1, 1, '2026-11-23 09:45:00.000000');
INSERT INTO event (id, participant_id, at, action, staff_id, from_status, to_status)
  VALUES (1, '0198c0de00007000800000000000000b', '2026-11-23 09:45:00.000000', 'assigned', 1, 'Needs Assignment',
          'Needs Intake')
"""
