"""Sealed intakes as a kiosk holds them."""

from datetime import UTC, datetime, timedelta
from secrets import token_hex

from uuid_utils.compat import uuid7

from kiosk_client.spool import Spool
from shared_schema.form import load_form
from shared_schema.intake import SKIPPED, Answer, IntakeRecord, SealedIntake
from shared_schema.kiosk_api import KioskConfig, ServiceKey
from shared_schema.sealing import OpeningKey, seal

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = load_form()


def a_config(key: ServiceKey | None = None, **changed: object) -> KioskConfig:
    """Of a site with both languages. `key`: what intakes are sealed to."""
    config = KioskConfig(
        site_name="Harbor House",
        languages=FORM.reviewed_languages(),
        form_name=FORM.name,
        form_version=FORM.version,
        service_key=key or OpeningKey.generate().public(),
    )
    return config.model_copy(update=changed)


def a_record(name: str = "Zuleika Testperson") -> IntakeRecord:
    answers = {screen.id: SKIPPED for screen in FORM.items if screen.show_if is None}
    return IntakeRecord(
        id=uuid7(),
        form_name=FORM.name,
        form_version=FORM.version,
        language="en",
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=2),
        ticket="maple-7",
        answers={**answers, "name": Answer.of(text=name)},
        receipt_nonce=token_hex(16),
    )


def sealed(record: IntakeRecord, key: ServiceKey) -> SealedIntake:
    return SealedIntake(intake_id=record.id, envelope=seal(record.model_dump_json().encode(), record.id, key))


def held(spool: Spool, key: ServiceKey, count: int = 1) -> list[IntakeRecord]:
    """So many intakes in the spool, in this order."""
    records = [a_record() for _ in range(count)]
    for record in records:
        spool.hold(sealed(record, key), record.expected_proof(), record.ticket, NOW)
    return records
