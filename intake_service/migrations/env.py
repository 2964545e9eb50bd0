"""Run by Alembic, in the transaction of the connection that it is handed."""

from typing import Any, Literal

from alembic import context

import intake_service.audit_tables
import intake_service.records_tables
import intake_service.sign_in_tables
import intake_service.tables  # noqa: F401
import notifications.tables  # noqa: F401
from notifications.db import Base, UtcDateTime
from notifications.encrypted import EncryptedText


def _plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """New migrations name the database's own types, so that they outlive ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EncryptedText):
        return "sa.LargeBinary()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_item=_plain_type,
)
context.run_migrations()
