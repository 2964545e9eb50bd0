"""A center with its own certificate authority: its service is trusted, and nobody else's is."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_client.enrollment import PairingFailed, Store, pair
from kiosk_client.settings import Settings
from tests.faults.kiosk import Kiosk, eventually, received, running_kiosk
from tests.support.certificates import Certificates, certificates_for
from tests.support.middleman import Middleman, middleman
from tests.support.service import Service, running_service

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, f"sqlite:///{tmp_path / 'test.sqlite3'}") as service:
        service.command("sites", "add", "Harbor House")
        yield service


def certificates(folder: Path, *names: str) -> Certificates:
    folder.mkdir()
    return certificates_for(folder, *names)


@pytest.fixture
def ours(tmp_path: Path) -> Certificates:
    return certificates(tmp_path / "ours", "localhost")


@contextmanager
def speaking_tls(service: Service, certificates: Certificates) -> Iterator[Middleman]:
    """The real service behind a real TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.chain)
    with middleman(service.port, context) as front:
        yield front


def a_code(service: Service) -> str:
    return service.command("kiosks", "add", "--site", "Harbor House").strip()


def test_a_kiosk_that_knows_the_authority_pairs_and_sends(service: Service, ours: Certificates, tmp_path: Path) -> None:
    with (
        speaking_tls(service, ours) as front,
        running_kiosk(tmp_path / "kiosk", front.url, a_code(service), str(ours.authority)) as kiosk,
    ):
        kiosk.somebody_asks_for_a_person()
        eventually(lambda: kiosk.spool.counts().held == 0, "the intake")

    assert len(received(service.database_url)) == 1


@pytest.mark.parametrize("knows", ["nobody", "another authority", "a file that is not there"])
def test_a_kiosk_that_does_not_know_it_sends_no_code(
    service: Service, ours: Certificates, tmp_path: Path, knows: str
) -> None:
    other = certificates(tmp_path / "theirs", "localhost")
    ca_file = {"nobody": None, "another authority": str(other.authority)}.get(knows, str(tmp_path / "gone.pem"))
    with speaking_tls(service, ours) as front:
        with pytest.raises(PairingFailed, match=r"not trusted here|There is no file"):
            pair(Settings(tmp_path / "kiosk", ca_file=ca_file), front.url, a_code(service))

        assert front.answers == []
    assert Store(tmp_path / "kiosk").load() is None


def test_a_certificate_for_another_name_is_not_the_services(service: Service, tmp_path: Path) -> None:
    elsewhere = certificates(tmp_path / "elsewhere", "handoff.example.org")
    with speaking_tls(service, elsewhere) as front, pytest.raises(PairingFailed, match="not trusted"):
        pair(Settings(tmp_path / "kiosk", ca_file=str(elsewhere.authority)), front.url, a_code(service))


def test_an_intake_is_never_handed_to_somebody_with_another_certificate(
    service: Service, ours: Certificates, tmp_path: Path
) -> None:
    theirs = certificates(tmp_path / "theirs", "localhost")
    with speaking_tls(service, ours) as front:
        stored = pair(Settings(tmp_path / "kiosk", ca_file=str(ours.authority)), front.url, a_code(service))
    with speaking_tls(service, theirs) as impostor:
        kiosk = Kiosk(tmp_path / "kiosk", stored.model_copy(update={"address": impostor.url}), str(ours.authority))
        kiosk.sender.start()
        assert kiosk.somebody_asks_for_a_person() == "ticket"
        eventually(lambda: kiosk.sender.contact.trouble == "SSLError", "a refusal")

        assert kiosk.spool.counts().held == 1
        assert impostor.answers == []
        kiosk.sender.stop(30)
        kiosk.spool.close()
