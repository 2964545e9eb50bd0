"""A kiosk that was paired with a service which cannot be reached now."""

import secrets
from pathlib import Path

from uuid_utils.compat import uuid7

from kiosk_client.enrollment import Store, Stored
from shared_schema.form import load_form
from shared_schema.kiosk_api import Enrollment, KioskConfig, KioskSettings
from shared_schema.sealing import OpeningKey
from tests.support.service import free_port


def pair_offline(state: Path, **settings: object) -> OpeningKey:
    """Writes what pairing leaves in the state folder. The key that opens what the kiosk seals."""
    form, key = load_form(), OpeningKey.generate()
    config = KioskConfig(
        site_name="Harbor House",
        languages=("en", "es"),
        form_name=form.name,
        form_version=form.version,
        service_key=key.public(),
        settings=KioskSettings.model_validate(settings),
    )
    enrollment = Enrollment(kiosk_id=uuid7(), credential=secrets.token_urlsafe(32), config=config)
    Store(state).save(Stored(address=f"http://localhost:{free_port()}", enrollment=enrollment))
    return key
