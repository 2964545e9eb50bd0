"""A kiosk that is not paired, with what an administrator has written down for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from uuid import uuid4

import pytest

from kiosk_client.enrollment import Store, Stored
from kiosk_client.setting_up import SettingUp
from kiosk_client.settings import Settings
from kiosk_client.setup import SetUp
from kiosk_client.view import Action, Tap, Typing
from kiosk_client.wifi_screen import WifiScreen
from shared_schema.kiosk_api import Enrollment
from shared_schema.problem import Problem
from tests.kiosk.intakes import a_config
from tests.kiosk.radio import InRange, fake_radio
from tests.kiosk.test_setup import told_by
from tests.support.certificates import certificates_for
from tests.support.misbehaving import answers, misbehaving_server
from tests.support.service import free_port

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
_PATIENCE = 60.0  # seconds
ENROLLMENT = Enrollment(kiosk_id=uuid4(), credential="c" * 43, config=a_config())

HARBOR = InRange("Harbor House", -40, "a long walk home")
WIFI = '[wifi]\nname = "Harbor House"\npassphrase = "{passphrase}"\ncountry = "US"\n'


class Kiosk:
    """`paired`: what came of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "handoff.toml"
        self.store = Store(folder / "state")
        self.paired: list[Stored] = []
        self.changes: Queue[Callable[[], None]] = Queue()
        self.shown: list[object] = []
        self.setting_up = SettingUp(
            Settings(state=self.store.folder, setup=self.file, wifi=folder / "wifi"),
            self.changes.put,
            self.shown.append,
            self.paired.append,
        )

    def turn(self) -> None:
        """The window's loop, until something was to be changed."""
        self.changes.get(timeout=_PATIENCE)()


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


def test_it_pairs_by_itself(kiosk: Kiosk) -> None:
    with misbehaving_server(answers(200, ENROLLMENT.model_dump_json().encode())) as server:
        kiosk.file.write_text(f'address = "{server.url}"\ncode = "K7QM-4XPD"\n')
        kiosk.setting_up.first("").begin()
        kiosk.turn()

    assert kiosk.paired == [kiosk.store.load()]
    assert kiosk.store.ca_file is None


def test_the_centers_own_authority_is_kept_with_the_pairing(kiosk: Kiosk) -> None:
    authority = Path(certificates_for(kiosk.file.parent, "localhost").authority).read_text()
    kiosk.file.with_name("ca.pem").write_text(authority)
    with misbehaving_server(answers(200, ENROLLMENT.model_dump_json().encode())) as server:
        kiosk.file.write_text(f'address = "{server.url}"\ncode = "K7QM-4XPD"\n')
        kiosk.setting_up.first("").begin()
        kiosk.turn()

    assert kiosk.store.ca_file is not None
    assert Path(kiosk.store.ca_file).read_text() == authority
    assert Path(kiosk.store.ca_file).parent == kiosk.store.folder


def test_nobody_there_may_be_tried_again_and_a_used_code_not(kiosk: Kiosk) -> None:
    kiosk.file.write_text(f'address = "127.0.0.1:{free_port()}"\ncode = "K7QM-4XPD"\n')
    setup = kiosk.setting_up.first("")
    setup.begin()
    kiosk.turn()
    assert "Check the address" in told_by(setup)
    for second in range(10):
        setup.tick(second)
    kiosk.turn()

    problem = Problem(title="t", status=403, detail="d", code="wrong_pairing_code").model_dump_json().encode()
    with misbehaving_server(answers(403, problem)) as server:
        kiosk.file.write_text(f'address = "{server.url}"\ncode = "K7QM-4XPD"\n')
        setup = kiosk.setting_up.first("")
        setup.begin()
        kiosk.turn()
        for second in range(100):
            setup.tick(second)
        assert "mistyped, used or too old" in told_by(setup)
        assert len(server.asked) == 1


def test_a_bad_file_is_said_on_the_screen_and_nothing_of_it_is_used(kiosk: Kiosk) -> None:
    kiosk.file.write_text('address = "handoff.example.org"\ncode = "K7"\n')

    setup = kiosk.setting_up.first("")

    assert "The code in handoff.toml" in told_by(setup)
    setup.tap(Tap(Action.BACK), NOW, 0)
    view = setup.view
    assert isinstance(view.body, Typing)
    assert [field.text for field in view.body.fields] == ["", ""]


def test_paired_again_it_goes_on_trusting_whom_it_trusts(kiosk: Kiosk) -> None:
    stored = Stored(address="https://handoff.example.org", enrollment=ENROLLMENT)
    kiosk.store.save(stored)
    authority = kiosk.file.with_name("own.pem")
    authority.write_text("-----BEGIN CERTIFICATE-----")
    kiosk.store.save_authority(str(authority))
    with misbehaving_server(answers(200, ENROLLMENT.model_dump_json().encode())) as server:
        setup = kiosk.setting_up.again(stored.model_copy(update={"address": server.url}), lambda: None)
        for letter in "k7qm4xpd":
            setup.type(letter, NOW, 0)
        setup.tap(next(touch.tap for touch in setup.view.act), NOW, 0)
        kiosk.turn()

    assert kiosk.store.ca_file is not None
    assert kiosk.paired[0].address == server.url


def test_the_network_that_is_written_down_is_joined_first_and_only_once(kiosk: Kiosk) -> None:
    with (
        fake_radio(kiosk.file.with_name("wifi"), HARBOR) as supplicant,
        misbehaving_server(answers(500), answers(200, ENROLLMENT.model_dump_json().encode())) as server,
    ):
        kiosk.file.write_text(
            f'address = "{server.url}"\ncode = "K7QM-4XPD"\n{WIFI.format(passphrase="a long walk home")}'
        )
        setup = kiosk.setting_up.first("")
        setup.begin()
        kiosk.turn()
        for second in range(10):
            setup.tick(second)
        kiosk.turn()

        assert (supplicant.saved, supplicant.country) == (["Harbor House"], "US")
        assert list(supplicant.known) == ["0"]
    assert kiosk.paired == [kiosk.store.load()]


def test_what_is_wrong_with_the_network_is_said_if_nobody_answers_without_it(kiosk: Kiosk) -> None:
    with fake_radio(kiosk.file.with_name("wifi"), HARBOR):
        kiosk.file.write_text(
            f'address = "127.0.0.1:{free_port()}"\ncode = "K7QM-4XPD"\n{WIFI.format(passphrase="a wrong turn")}'
        )
        setup = kiosk.setting_up.first("")
        setup.begin()
        kiosk.turn()

    assert told_by(setup) == "Harbor House does not take the passphrase in handoff.toml."


def test_a_cable_does_as_well_as_a_network_that_cannot_be_joined(kiosk: Kiosk) -> None:
    with (
        fake_radio(kiosk.file.with_name("wifi"), HARBOR),
        misbehaving_server(answers(200, ENROLLMENT.model_dump_json().encode())) as server,
    ):
        kiosk.file.write_text(f'address = "{server.url}"\ncode = "K7QM-4XPD"\n{WIFI.format(passphrase="a wrong turn")}')
        kiosk.setting_up.first("").begin()
        kiosk.turn()

    assert len(kiosk.paired) == 1


def test_a_network_alone_may_be_written_down(kiosk: Kiosk) -> None:
    with fake_radio(kiosk.file.with_name("wifi"), HARBOR):
        kiosk.file.write_text(WIFI.format(passphrase="a wrong turn"))
        setup = kiosk.setting_up.first("")
        kiosk.turn()

    assert told_by(setup) == "Harbor House does not take the passphrase in handoff.toml."


def offered(setup: SetUp) -> list[str]:
    return [touch.text for touch in setup.view.quiet]


def test_wifi_is_offered_where_there_is_a_radio_and_leads_back(kiosk: Kiosk) -> None:
    setup = kiosk.setting_up.first("")
    assert offered(setup) == []

    with fake_radio(kiosk.file.with_name("wifi"), HARBOR):  # its firmware has been read by now
        assert offered(setup) == ["Wi-Fi"]
        setup.tap(Tap(Action.WIFI), NOW, 0)
        kiosk.turn()
        (screen,) = kiosk.shown
        assert isinstance(screen, WifiScreen)
        screen.tap(Tap(Action.CANCEL), NOW, 0)

    assert kiosk.shown == [screen, setup]
