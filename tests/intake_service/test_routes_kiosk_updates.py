"""Releases of the kiosk image: fetched by anybody, whole or from somewhere on, and nothing else out of their folder."""

from pathlib import Path

import pytest

from intake_service.app import create_app
from intake_service.settings import Settings
from tests.intake_service.live import Service, running_service

# Nothing here comes from a database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ROOT = "warm-handoff-kiosk_0.2.0_af5cc786-3887-0bc9-73a4-1add3bff95d7.root"
CONTENT = bytes(range(256)) * 1024  # several pieces


@pytest.fixture(autouse=True)
def release(kiosk_updates: Path) -> None:
    (kiosk_updates / ROOT).write_bytes(CONTENT)


def test_a_release_is_fetched_whole_by_who_brings_nothing(service: Service) -> None:
    answer = service.client.get(f"/kiosk-updates/{ROOT}")

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers


def test_how_large_it_is_can_be_asked(service: Service) -> None:
    answer = service.client.head(f"/kiosk-updates/{ROOT}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["accept-ranges"]) == (str(len(CONTENT)), "bytes")


def test_a_download_that_broke_off_goes_on(service: Service) -> None:
    answer = service.client.get(f"/kiosk-updates/{ROOT}", headers={"Range": "bytes=100000-"})

    assert (answer.status_code, answer.content) == (206, CONTENT[100000:])
    assert answer.headers["content-range"] == f"bytes 100000-{len(CONTENT) - 1}/{len(CONTENT)}"


def test_nothing_comes_after_the_end(service: Service) -> None:
    answer = service.client.get(f"/kiosk-updates/{ROOT}", headers={"Range": f"bytes={len(CONTENT)}-"})

    assert answer.status_code == 416


@pytest.mark.parametrize("parts", ["bytes=0-9,20-29", "bytes=9-2", "bytes=-5", "bytes=", "lines=1-", f"bytes={9**30}-"])
def test_whoever_asks_for_other_parts_gets_the_whole(service: Service, parts: str) -> None:
    answer = service.client.get(f"/kiosk-updates/{ROOT}", headers={"Range": parts})

    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..%2fkeys",
        "%2e%2e/test.sqlite3",
        "..%5ctest.sqlite3",
        "SHA256SUMS%00",
        "SHA256SUMS%0a",
        "warm-handoff-kiosk_..%2f..%2ftest.sqlite3_.efi",
        "secret-key.asc",
        "warm-handoff-kiosk_0.3.0.efi",
    ],
)
def test_nothing_else_is_there(service: Service, kiosk_updates: Path, path: str) -> None:
    (kiosk_updates / "secret-key.asc").write_text("left here by mistake")
    (kiosk_updates / "warm-handoff-kiosk_0.3.0.efi").mkdir()

    answer = service.client.get(f"/kiosk-updates/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_without_a_folder_there_is_no_release(settings: Settings) -> None:
    with running_service(create_app(settings.model_copy(update={"kiosk_updates": None}))) as service:
        assert service.client.get("/kiosk-updates/SHA256SUMS").status_code == 404
