"""From a finished intake to a sealed one on the disk. Only then is a ticket shown."""

import secrets
from collections.abc import Callable
from datetime import datetime

from kiosk_client.flow import Flow
from kiosk_client.spool import Spool, SpoolError
from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import ServiceKey
from shared_schema.sealing import SealingError, seal


def hand_in(flow: Flow, spool: Spool, key: ServiceKey, wake: Callable[[], None], now: datetime) -> bool:
    """Seal what the participant answered and keep it durably. Whether it is safe now; `wake` tells the sender.

    The plaintext exists in memory only, and no longer than this call.
    """
    record = flow.record(secrets.token_hex(16), now)
    try:
        envelope = seal(record.model_dump_json().encode(), record.id, key)
        sealed = SealedIntake(intake_id=record.id, envelope=envelope)
        spool.hold(sealed, record.expected_proof(), record.ticket, now)
    except (SealingError, SpoolError):
        return False
    wake()
    return True
