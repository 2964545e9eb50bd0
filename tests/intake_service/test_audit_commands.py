"""`warm-handoff audit verify`, as an operator types it."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from intake_service.__main__ import main
from intake_service.audit import Act
from intake_service.audit_tables import AuditEntry
from intake_service.settings import Settings
from tests.intake_service.test_audit_chain import attacking


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARM_HANDOFF_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WARM_HANDOFF_KEYS_DIR", str(settings.keys_dir))


def test_a_whole_audit_is_said_to_be_whole_with_its_end(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    main(["sites", "add", "Harbor House"])
    capsys.readouterr()

    assert main(["audit", "verify"]) == 0
    first = capsys.readouterr()
    assert "The audit is whole: 1 entries." in first.err
    assert main(["audit", "verify", "--end", first.out.strip()]) == 0
    assert "2 entries" in capsys.readouterr().err, "the first run is in it"

    with Session(engine) as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [Act.SITE_ADDED, Act.AUDIT_VERIFIED, Act.AUDIT_VERIFIED]


def test_what_is_wrong_is_said_and_the_exit_code_is_1(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    main(["sites", "add", "Harbor House"])
    with attacking(engine) as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET staff_id = 7")
    capsys.readouterr()

    assert main(["audit", "verify"]) == 1

    assert "entry 1, link 1: This entry or its event was changed" in capsys.readouterr().err


def test_an_end_that_the_chain_never_had_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--end", "7:made.up"]) == 1

    assert "link 7: The chain does not have the end" in capsys.readouterr().err
