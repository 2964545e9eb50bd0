import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.handoff import DATABASE, PASSWORD, SITE
from tests.image.machine import ROOT
from tests.support.misbehaving import MisbehavingServer, answers, misbehaving_server
from tests.support.service import Service, running_service


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Under build, which the tools see, by a short name: that of a socket in it has an end. Its disk goes later."""
    folder = ROOT / "build" / "image-test" / request.module.__name__.rpartition(".")[2]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    (folder / "disk.raw").unlink(missing_ok=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Bob is a designated peer specialist."""
    with running_service(tmp_path, f"sqlite:///{tmp_path / DATABASE}") as service:
        service.command("sites", "add", SITE)
        service.command("staff", "rules", "--second-factor", "nobody")
        arguments = ("--name", "Bob", "--role", "peer specialist", "--site", SITE, "--password-stdin")
        service.command("staff", "add", "bob", *arguments, typed=PASSWORD)
        service.command("staff", "designate", "bob", "--site", SITE)
        yield service


@pytest.fixture
def push_service() -> Iterator[MisbehavingServer]:
    with misbehaving_server(answers(201)) as server:
        yield server
