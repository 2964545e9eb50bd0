"""The database and the keys that the service and every command stand on."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake_service import migrations, sealer
from intake_service.errors import NotReady
from intake_service.keys import Keys, open_keys
from intake_service.known_people import remember_earlier
from intake_service.settings import Settings
from intake_service.telling import tell_everything
from notifications.db import connect, writing
from notifications.encrypted import stored_keys, unlock
from notifications.private_files import PrivateFileError


def migrate(engine: Engine, folder: Path) -> None:
    """This program's tables. What an earlier release stored in plain is encrypted, with the folder's data key.

    Raises NotReady.
    """
    try:
        keys = stored_keys(folder)
    except PrivateFileError as error:
        raise NotReady(str(error)) from None
    if keys is not None:
        unlock(engine, keys)
    migrations.migrate(engine)


def prepare(settings: Settings) -> tuple[Engine, Keys]:
    """The database at this program's tables, and its keys. Raises NotReady.

    An SQLite file belongs to this one process and is migrated here. A PostgreSQL may be in use by older processes at
    this moment, so its operator says when: `migrate`.
    """
    engine = connect(settings.database_url)
    try:
        if engine.dialect.name == "sqlite":
            migrate(engine, settings.keys_dir)
        elif not migrations.is_current(engine):
            raise NotReady(
                "The database's tables are not those of this release. Back it up, stop the other services, "
                "then run: warm-handoff migrate"
            )
        keys = open_keys(settings.keys_dir, engine, datetime.now(UTC))
    except BaseException:
        engine.dispose()
        raise
    unlock(engine, keys.data)
    with suppress(IntegrityError), Session(writing(engine)) as session, session.begin():
        tell_everything(session)  # another process that starts at this moment may tell it instead
    with suppress(IntegrityError), Session(writing(engine)) as session, session.begin():
        remember_earlier(session)  # and the same here
    sealer.begin(engine, settings.keys_dir)
    return engine, keys
