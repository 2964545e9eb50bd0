"""What kiosk and service say to each other besides intakes."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared_schema.form import load_form
from shared_schema.intake import PathwayType
from shared_schema.kiosk_api import (
    Call,
    Enrollment,
    EnrollmentRequest,
    Heartbeat,
    KioskConfig,
    KioskSettings,
    form_path,
)
from shared_schema.sealing import OpeningKey

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CONFIG = KioskConfig(
    site_name="Harbor House",
    languages=("en", "es"),
    form_name="brief-intake",
    form_version=1,
    service_key=OpeningKey.generate().public(),
)


@pytest.mark.parametrize("code", ["K7QM-4XPD", " k7qm-4xpd ", "K7QM 4XPD", "k7qm4xpd"])
def test_a_pairing_code_may_be_typed_as_people_type(code: str) -> None:
    assert EnrollmentRequest(pairing_code=code).pairing_code == code.strip().upper()


@pytest.mark.parametrize("code", ["", "K7QM", "K7QM-4XPD-K7QM-4XPD", "K7QM_4XPD", "K7QM-4XPÖ"])
def test_what_cannot_be_a_pairing_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        EnrollmentRequest(pairing_code=code)


def test_a_newer_service_may_say_more_than_an_older_kiosk_knows() -> None:
    newer = CONFIG.model_dump(mode="json") | {"mascot": "otter"}
    newer["settings"] |= {"aquarium": True}

    assert KioskConfig.model_validate_json(json.dumps(newer)) == CONFIG


def test_an_older_service_that_says_less_leaves_the_defaults() -> None:
    older = CONFIG.model_dump(mode="json")
    del older["settings"], older["hours"]

    assert KioskConfig.model_validate_json(json.dumps(older)) == CONFIG
    assert KioskSettings.model_validate({}) == KioskSettings()
    assert KioskSettings().pathways == tuple(PathwayType)


@pytest.mark.parametrize(
    "setting",
    [
        {"idle_seconds": 29},
        {"idle_seconds": 601},
        {"warning_seconds": 19},
        {"volume": 1.1},
        {"volume": -0.1},
        {"theme": "neon"},
        {"pathways": ()},
        {"pathways": ("something else",)},
        {"closed_help": {"en": "x" * 161}},
        {"closed_help": {"en": "  "}},
    ],
)
def test_settings_outside_their_bounds_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KioskSettings.model_validate(setting)


@pytest.mark.parametrize("printer", ["", "tcp:192.0.2.7:9100", "tcp:printer.local:9100", "/dev/usb/lp0"])
def test_a_printer_is_named_by_its_place(printer: str) -> None:
    assert KioskSettings(printer=printer).printer == printer


@pytest.mark.parametrize(
    "printer", ["/etc/passwd", "/dev/../etc/passwd", "lp0", "tcp:host", "usb:04b8:0e15", "http://x/"]
)
def test_nothing_else_is_a_printer(printer: str) -> None:
    with pytest.raises(ValidationError):
        KioskSettings(printer=printer)


@pytest.mark.parametrize("changed", [{"held": -1}, {"app_version": "1.0 beta"}, {"sent_at": "2026-11-23T09:30:00"}])
def test_a_heartbeat_is_numbers_and_nothing_else(changed: dict[str, Any]) -> None:
    beat = {"app_version": "0.1.0", "sent_at": NOW.isoformat(), "held": 0, "refused": 0}

    assert Heartbeat.model_validate(beat).oldest_held_at is None
    with pytest.raises(ValidationError):
        Heartbeat.model_validate(beat | changed)


def test_a_call_for_a_person_has_no_room_for_an_answer() -> None:
    assert set(Call.model_fields) == {"intake_id", "called_at"}
    with pytest.raises(ValidationError):
        Call.model_validate({"intake_id": str(UUID(int=1)), "called_at": NOW.isoformat(), "reason": "unsafe"})


def test_a_credential_is_long_and_never_quoted() -> None:
    with pytest.raises(ValidationError) as refusal:
        Enrollment(kiosk_id=UUID(int=1), credential="too short", config=CONFIG)

    assert "too short" not in str(refusal.value)


def test_a_form_has_its_path() -> None:
    assert form_path(load_form().name, 1) == "/api/v1/forms/brief-intake/1"
