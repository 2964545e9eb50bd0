"""The tables, step by step: from nothing, from the first release with its data, and never behind or ahead unsaid."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from intake_service import migrations
from intake_service.errors import NotReady
from intake_service.preparing import prepare
from intake_service.settings import Settings
from intake_service.tables import Assignment, Event, Intake, Participant, Site
from notifications.db import Base, connect
from shared_schema.intake import Status


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
