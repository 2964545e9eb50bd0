"""The command line of the service, as an operator types it: what it prints, what it changes, how it says no."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from intake_service import invitations, kiosks, sign_in
from intake_service.__main__ import main
from intake_service.errors import WrongPairingCode
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.tables import Kiosk
from notifications import roster
from notifications.db import writing
from tests.intake_service.center import PASSWORD
from tests.intake_service.people import NOW


class Said:
    """What a command left: its exit code, what scripts take, what people read."""

    def __init__(self, code: int, value: str, note: str) -> None:
        self.code, self.value, self.note = code, value, note


class CommandLine:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = main(words)
        read = self._capsys.readouterr()
        return Said(code, read.out.strip(), read.err.strip())


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("WARM_HANDOFF_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WARM_HANDOFF_KEYS_DIR", str(settings.keys_dir))
    return CommandLine(capsys)


def test_a_site_is_added_and_listed(run: CommandLine) -> None:
    assert (
        run("sites", "add", "Harbor House", "--languages", "en,es").note == "Added the site Harbor House with en, es."
    )

    assert run("sites", "list").value == "Harbor House\ten,es"


def test_a_printed_link_lets_somebody_choose_a_password(run: CommandLine, engine: Engine, keys: Keys) -> None:
    run("sites", "add", "Harbor House")
    invited = run("staff", "invite", "Bob", "--name", "Bob", "--role", "peer specialist", "--site", "Harbor House")

    assert invited.note.startswith("Invited Bob, peer specialist. Hand this link over; it works once, until")
    assert invited.value.startswith("http://localhost:8000/invitation?link=")
    with Session(writing(engine)) as session, session.begin():
        invitations.take_up(session, invited.value.partition("=")[2], PASSWORD, datetime.now(UTC))
    with Session(engine) as session:
        assert sign_in.whose_password(session, "bob", PASSWORD)[1]
    assert run("staff", "list").value == "bob\tBob\tpeer specialist\tHarbor House"


def test_a_printed_code_pairs_a_kiosk_that_can_be_revoked(run: CommandLine, engine: Engine, keys: Keys) -> None:
    run("sites", "add", "Harbor House")
    added = run("kiosks", "add", "--site", "Harbor House", "--name", "Front door")
    assert "It works once, until" in added.note
    assert "waits for its code" in run("kiosks", "list").value

    with Session(writing(engine)) as session, session.begin():
        kiosk, _ = kiosks.enroll(session, added.value, keys, NOW)
        kiosk_id = str(kiosk.id)
    assert "\tenrolled\t" in run("kiosks", "list").value

    assert run("kiosks", "revoke", kiosk_id).note.startswith("Revoked.")
    assert "\trevoked\t" in run("kiosks", "list").value
    with Session(writing(engine)) as session, pytest.raises(WrongPairingCode):
        kiosks.enroll(session, added.value, keys, NOW)


def test_somebody_is_designated_and_no_longer(run: CommandLine, engine: Engine) -> None:
    run("sites", "add", "Harbor House")
    run("staff", "invite", "bob", "--name", "Bob", "--role", "peer specialist", "--site", "Harbor House")

    assert run("staff", "designate", "bob", "--site", "Harbor House").note == "Bob is designated at Harbor House."
    with Session(engine) as session:
        assert [entry.designated for entry in roster.of_site(session, 1)] == [True]
    run("staff", "designate", "bob", "--site", "Harbor House", "--off")
    with Session(engine) as session:
        assert [entry.designated for entry in roster.of_site(session, 1)] == [False]


def test_a_reset_voids_the_password_and_prints_a_link(
    run: CommandLine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sites", "add", "Harbor House")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    arguments = ("--name", "Bob", "--role", "volunteer", "--site", "Harbor House", "--password-stdin")
    assert run("staff", "add", "bob", *arguments).note == "Added Bob, volunteer."

    reset = run("staff", "reset", "bob", "--clear-second-factor")

    assert reset.note.startswith("Bob is signed out everywhere. Hand this link over")
    with Session(engine) as session:
        assert not sign_in.whose_password(session, "bob", PASSWORD)[1]


def test_the_rules_of_signing_in_are_changed_and_shown(run: CommandLine) -> None:
    default = "A second factor is for leaders; signed out after 15 idle minutes."
    assert run("staff", "rules").note == default
    run("staff", "rules", "--second-factor", "everybody")

    assert run("staff", "rules", "--idle-minutes", "4").note == "Minutes go from 5 to 60."
    assert run("staff", "rules").note == default.replace("leaders", "everybody")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("sites", "add", " "), "A site's name is one line"),
        (("sites", "add", "x" * 121), "A site's name is one line"),
        (("sites", "add", "Harbor House", "--languages", "qq"), "qq: not offered. There is en, es."),
        (("sites", "add", "Lantern House"), "There is a site of this name already."),
        (("kiosks", "add", "--site", "Nowhere"), "There is no site of this name. See: sites list"),
        (("kiosks", "revoke", "0198c0de-0000-7000-8000-00000000000a"), "There is no kiosk with this id."),
        (("staff", "designate", "nobody", "--site", "Lantern House"), "There is no staff member"),
        (
            ("staff", "invite", "two words", "--name", "A", "--role", "organizational administrator"),
            "A username is one word",
        ),
    ],
)
def test_a_refusal_is_one_sentence(run: CommandLine, words: tuple[str, ...], sentence: str) -> None:
    run("sites", "add", "Lantern House")
    refused = run(*words)

    assert (refused.code, refused.value) == (1, "")
    assert refused.note.startswith(sentence)
    assert "Traceback" not in refused.note


def test_a_refused_command_changes_nothing(run: CommandLine, engine: Engine) -> None:
    run("kiosks", "add", "--site", "Nowhere")

    with Session(engine) as session:
        assert session.scalars(select(Kiosk)).all() == []


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "many", "These settings are not what they should be: WARM_HANDOFF_PORT"),
        ("DATABASE_URL", "sqlite:////no/such/folder/db", "The database cannot be used (OperationalError)"),
        ("KEYS_DIR", "/proc/no/such/folder", "No such file or directory: /proc/no"),
    ],
)
def test_a_wrong_setting_is_named(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("WARM_HANDOFF_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    monkeypatch.setenv(f"WARM_HANDOFF_{variable}", value)

    refused = run("sites", "list")

    assert refused.code == 1
    assert refused.note.startswith(sentence)


def test_an_unknown_command_says_how(run: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["kiosks", "bless"])

    assert ended.value.code == 2
    assert "usage: warm-handoff kiosks" in capsys.readouterr().err
