"""The service dies or is away, and no participant is lost, doubled, or troubled."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kiosk import eventually, received, running_kiosk
from tests.support.middleman import middleman
from tests.support.service import Service, running_service

SITE = "Harbor House"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, database_url) as service:
        service.command("sites", "add", SITE)
        yield service


def a_code(service: Service) -> str:
    return service.command("kiosks", "add", "--site", SITE).strip()


def test_killed_after_the_commit_and_before_the_answer_it_gives_the_same_receipt_again(
    service: Service, tmp_path: Path
) -> None:
    killed: list[bytes] = []

    def kill_at_the_receipt(answer: bytes) -> bool:
        if killed or not answer.startswith(b"HTTP/1.1 201"):
            return True
        service.kill()
        killed.append(answer)
        return False

    with middleman(service.port) as between, running_kiosk(tmp_path / "kiosk", between.url, a_code(service)) as kiosk:
        eventually(lambda: kiosk.sender.contact.reachable, "a first contact")
        between.on_answer = kill_at_the_receipt

        assert kiosk.somebody_asks_for_a_person() == "ticket"
        eventually(lambda: bool(killed), "the receipt")
        assert kiosk.spool.counts().held == 1
        service.start()
        eventually(lambda: kiosk.spool.counts().held == 0, "the same receipt")

        assert between.answers.count(b"HTTP/1.1 201 Created") == 1
        assert b"HTTP/1.1 200 OK" in between.answers[between.answers.index(b"HTTP/1.1 201 Created") + 1 :]
    assert len(received(service.database_url)) == 1


def test_a_participant_does_not_notice_that_the_service_is_down(service: Service, tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "kiosk", service.url, a_code(service)) as kiosk:
        eventually(lambda: kiosk.sender.contact.reachable, "a first contact")
        kiosk.tap("begin:es", "next", "choose:none", "next", "choose:yes")
        service.kill()

        kiosk.tap("take-word", "choose:company", "next", *["skip"] * 6)
        assert kiosk.tap("send") == "ticket"
        kiosk.tap("done")
        assert kiosk.somebody_asks_for_a_person() == "ticket"
        eventually(lambda: not kiosk.sender.contact.reachable, "a failed try")
        assert kiosk.spool.counts().held == 2

        service.start()
        eventually(lambda: kiosk.spool.counts().held == 0, "the backlog")
    assert len(received(service.database_url)) == 2


def test_killed_again_and_again_it_gets_every_intake_once_and_in_order(service: Service, tmp_path: Path) -> None:
    source = random.Random(2026)
    with running_kiosk(tmp_path / "kiosk", service.url, a_code(service)) as kiosk:
        eventually(lambda: kiosk.sender.contact.reachable, "a first contact")
        sent = []
        for _ in range(3):
            for _ in range(15):
                kiosk.tap("talk-from-welcome:en")
                sent.append(kiosk.session._flow.intake_id)
                assert kiosk.tap("confirm") == "ticket"
                kiosk.tap("done")
            time.sleep(source.uniform(0, 0.15))
            service.kill()
            service.start()
            kiosk.sender.wake()
        eventually(lambda: kiosk.spool.counts().held == 0, "all of them")

    assert received(service.database_url) == sent
