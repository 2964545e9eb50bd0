"""The command line: `warm-handoff serve`, `migrate`, and what sets up sites, staff and kiosks."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from intake_service import audit_commands, commands, key_commands, retention_commands
from intake_service.commands import Call, Said
from intake_service.errors import NotReady, ServiceError
from intake_service.keys import Keys
from intake_service.preparing import migrate, prepare
from intake_service.sealer import try_to_seal
from intake_service.settings import Settings
from notifications.db import connect, writing


def main(argv: Sequence[str] | None = None) -> int:
    """0: done. 1: it could not be done, with a sentence on standard error. 2: the command was not understood."""
    arguments = _parser().parse_args(argv)
    try:
        settings = Settings()
        if arguments.command is _serve:
            _serve(settings)
        elif arguments.command is _migrate:
            _migrate(settings)
        else:
            _run(settings, arguments)
    except (NotReady, ServiceError) as refusal:
        return _refuse(str(refusal))
    except ValidationError as error:
        names = ", ".join(f"WARM_HANDOFF_{'.'.join(map(str, fault['loc'])).upper()}" for fault in error.errors())
        return _refuse(f"These settings are not what they should be: {names}")
    except DBAPIError as error:
        return _refuse(f"The database cannot be used ({type(error.orig).__name__}): {error.orig}")
    except OSError as error:
        return _refuse(f"{error.strerror}: {error.filename}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="warm-handoff", description="The service behind the kiosks and the console.")
    actions = parser.add_subparsers(required=True, metavar="COMMAND")
    actions.add_parser("serve", help="serve kiosks and console").set_defaults(command=_serve)
    actions.add_parser("migrate", help="bring the database to this release").set_defaults(command=_migrate)
    commands.describe(actions)
    key_commands.describe(actions)
    retention_commands.describe(actions)
    audit_commands.describe(actions)
    return parser


def _serve(settings: Settings) -> None:
    # imported here: no other command needs what serves, and it takes half a second
    from intake_service import server  # noqa: PLC0415

    server.serve(settings)


def _migrate(settings: Settings) -> None:
    engine = connect(settings.database_url)
    try:
        migrate(engine, settings.keys_dir)
    finally:
        engine.dispose()
    print("The database has this release's tables.", file=sys.stderr)


def _run(settings: Settings, arguments: argparse.Namespace) -> None:
    engine, keys = prepare(settings)
    try:
        said = _said(engine, keys, settings, arguments)
        # Only after the commit: a code that was shown is a code that works.
        if said.note:
            print(said.note, file=sys.stderr)
        if said.value:
            print(said.value)
        try_to_seal(engine, settings.keys_dir)
    finally:
        engine.dispose()


def _said(engine: Engine, keys: Keys, settings: Settings, arguments: argparse.Namespace) -> Said:
    said: Said
    if arguments.command is None:  # it goes in steps and commits each by itself
        said = arguments.in_steps(engine, keys, settings, arguments)
        return said
    with Session(writing(engine)) as session, session.begin():
        call = Call(session, keys, settings.keys_dir, settings.public_url, arguments, datetime.now(UTC))
        said = arguments.command(call)
    return said


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
