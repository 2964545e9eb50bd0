"""The database's tables, step by step. The functions here are the only doors; Alembic is behind them."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from intake_service.errors import NotReady
from notifications.db import writing

_ONE_AT_A_TIME = 0x5741524D  # the number of a PostgreSQL advisory lock that nobody else takes: "WARM"


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the database to this program's tables. Several processes may call it at once: one works, the others wait.

    `to`: an earlier migration, for tests of the way from there.
    Raises NotReady when the database is ahead of this program.
    """
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
        try:
            command.upgrade(_config(connection), to)
        except CommandError:
            raise NotReady("The database was made by a newer release. Install that release, or a later one.") from None


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly this program's tables."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(ScriptDirectory.from_config(_config()).get_heads())


def draft(engine: Engine, message: str, number: str) -> None:
    """Write the next migration from the difference between a migrated database and the tables' classes. To be read!"""
    with engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True, rev_id=number)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "intake_service:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
