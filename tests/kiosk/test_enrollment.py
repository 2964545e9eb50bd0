"""Pairing, and what of it is kept."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk_client.enrollment import EnrollmentDamaged, PairingFailed, Store, Stored, pair, service_address
from kiosk_client.settings import Settings
from shared_schema.form import load_form
from shared_schema.kiosk_api import Enrollment
from shared_schema.problem import Problem
from tests.kiosk.intakes import a_config
from tests.support.misbehaving import answers, misbehaving_server
from tests.support.service import free_port

STORED = Stored(
    address="https://handoff.example.org",
    enrollment=Enrollment(kiosk_id=uuid4(), credential="c" * 43, config=a_config()),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "kiosk")


@pytest.fixture
def settings(store: Store) -> Settings:
    return Settings(state=store.folder)


def test_what_was_stored_is_there_at_the_next_start(store: Store) -> None:
    assert store.load() is None

    store.save(STORED)

    assert store.load() == STORED


def test_the_credential_is_for_its_own_user_only(store: Store) -> None:
    store.save(STORED)

    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in store.folder.iterdir()] == [
        ("enrollment.json", 0o600)
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"address": "https://x.example"}'])
def test_a_damaged_file_says_what_to_do_and_quotes_nothing(store: Store, content: bytes) -> None:
    store.save(STORED)
    (store.folder / "enrollment.json").write_bytes(content)

    with pytest.raises(EnrollmentDamaged, match="pair this kiosk again") as damage:
        store.load()
    assert "cccc" not in str(damage.value)


def test_half_written_files_of_a_power_cut_are_in_nobodys_way(store: Store) -> None:
    store.save(STORED)
    (store.folder / ".enrollment.json.new").write_bytes(b'{"address": "htt')

    assert store.load() == STORED
    store.save_config(a_config(site_name="Lantern House"))
    stored = store.load()
    assert stored is not None
    assert stored.enrollment.config.site_name == "Lantern House"
    assert stored.enrollment.credential == STORED.enrollment.credential


def test_a_fetched_form_is_used_while_the_site_uses_it(store: Store) -> None:
    newer = load_form().model_copy(update={"version": 2})
    store.save_form(newer)

    assert store.load_form(a_config(form_version=2)) == newer
    assert store.load_form(a_config()) == load_form()
    assert store.load_form(None) == load_form()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_a_damaged_form_is_replaced_by_the_packaged_one(store: Store, content: bytes) -> None:
    store.save_form(load_form())
    (store.folder / "form.json").write_bytes(content)

    assert store.load_form(a_config(form_version=2)) == load_form()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("handoff.example.org", "https://handoff.example.org"),
        (" HTTPS://handoff.example.org:8443/ ", "https://handoff.example.org:8443"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_an_address_is_completed(typed: str, address: str) -> None:
    assert service_address(typed, allow_http=False) == address


@pytest.mark.parametrize("typed", ["http://handoff.example.org", "http://192.0.2.7", "http://localhost.example.org"])
def test_without_tls_only_this_very_machine_is_talked_to(typed: str) -> None:
    with pytest.raises(PairingFailed, match="https://"):
        service_address(typed, allow_http=False)
    assert service_address(typed, allow_http=True) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "ftp://x.example",
        "x.example/console",
        "x.example?a=b",
        "user@x.example",
        "x.example:99999",
        "[::1",
    ],
)
def test_what_is_no_address_is_said_so(typed: str) -> None:
    with pytest.raises(PairingFailed, match="looks like"):
        service_address(typed, allow_http=False)


@pytest.mark.parametrize("code", ["", "K7QM", "K7QM_4XPD"])
def test_what_is_no_code_is_not_even_sent(settings: Settings, code: str) -> None:
    with misbehaving_server(answers(204)) as server:
        with pytest.raises(PairingFailed, match="eight letters and digits"):
            pair(settings, server.url, code)
        assert server.asked == []


def test_a_wrong_used_or_expired_code_is_one_sentence(settings: Settings, store: Store) -> None:
    problem = Problem(title="t", status=403, detail="d", code="wrong_pairing_code")
    with (
        misbehaving_server(answers(403, problem.model_dump_json().encode())) as server,
        pytest.raises(PairingFailed, match="mistyped, used or too old"),
    ):
        pair(settings, server.url, "K7QM-4XPD")
    assert store.load() is None


@pytest.mark.parametrize("behaviour", [answers(200, b"<h1>Wi-Fi</h1>"), answers(302, Location="/"), answers(500)])
def test_whoever_else_answers_pairs_nothing(settings: Settings, store: Store, behaviour: object) -> None:
    with (
        misbehaving_server(behaviour) as server,  # type: ignore[arg-type]
        pytest.raises(PairingFailed, match="No Warm Handoff service answers"),
    ):
        pair(settings, server.url, "K7QM-4XPD")
    assert store.load() is None


def test_nobody_at_the_address_is_said_so(settings: Settings) -> None:
    with pytest.raises(PairingFailed, match="Check the address"):
        pair(settings, f"127.0.0.1:{free_port()}", "K7QM-4XPD")


def test_a_good_code_is_traded_for_a_credential_that_is_kept(settings: Settings, store: Store) -> None:
    with misbehaving_server(answers(200, STORED.enrollment.model_dump_json().encode())) as server:
        stored = pair(settings, server.url, " k7qm 4xpd ")

        assert stored == store.load() == Stored(address=server.url, enrollment=STORED.enrollment)
        (asked,) = server.asked
        assert json.loads(asked.body) == {"pairing_code": "K7QM 4XPD"}
        assert "authorization" not in asked.headers


def test_a_folder_that_takes_nothing_is_said_before_it_looks_paired(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with (
        misbehaving_server(answers(200, STORED.enrollment.model_dump_json().encode())) as server,
        pytest.raises(PairingFailed, match="cannot write"),
    ):
        pair(Settings(state=tmp_path / "state"), server.url, "K7QM-4XPD")
