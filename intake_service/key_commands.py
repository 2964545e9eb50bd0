"""What the command line can do to the keys. It says names, ids and numbers of keys and never what is in them."""

import argparse
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import audit, key_changes
from intake_service.audit import Act
from intake_service.commands import Call, Said
from intake_service.key_changes import KnownKey
from intake_service.keys import Keys
from intake_service.settings import Settings
from notifications.db import writing

_EVERYWHERE = (
    "Copy the file to the keys folder of every other machine and to the backup of the folder, "
    "then restart the service and its workers: they read the folder when they start."
)


_USES = {"opening": ("opens", "sealed to"), "data": ("reads", "written with"), "vapid": ("signs", "subscribed with")}
"""What an earlier key still does, and what the newest is for."""


def describe(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `keys` to a parser; each command's function is its `command`, or its `in_steps` if it commits by itself."""
    actions = commands.add_parser("keys", help="what opens intakes and encrypts the database").add_subparsers(
        required=True, metavar="ACTION"
    )
    actions.add_parser("list", help="every key, never its secret").set_defaults(command=_list)
    parser = actions.add_parser(
        "rotate", help="a new key beside the old ones, which still open and read; or everybody signs in again"
    )
    parser.add_argument("kind", choices=["opening", "data", "vapid", "sessions"])
    parser.set_defaults(command=_rotate)
    parser = actions.add_parser("reencrypt", help="move everything stored to the newest data key")
    _describe_restarted(parser)
    parser.set_defaults(command=None, in_steps=_reencrypt)
    parser = actions.add_parser("retire", help="delete an old data or VAPID key that nothing needs any more")
    parser.add_argument("kind", choices=["data", "vapid"])
    parser.add_argument("number", type=int)
    _describe_restarted(parser)
    parser.set_defaults(command=None, in_steps=_retire)


def _describe_restarted(parser: argparse.ArgumentParser) -> None:
    # We cannot see other processes, and one without the newest key could read nothing of what this command writes.
    said = "say that service and workers were restarted since the last key was made"
    parser.add_argument("--all-restarted", action="store_true", required=True, help=said)


def _list(call: Call) -> Said:
    return Said("\n".join(_line(key) for key in key_changes.every(call.session, call.keys_dir, call.keys)))


def _line(key: KnownKey) -> str:
    since = f"{key.since.astimezone(UTC):%Y-%m-%d %H:%M}Z" if key.since else "not yet"
    old, new = _USES.get(key.kind, ("", "in use"))
    return f"{key.kind}\t{key.file}\t{key.key_id}\t{since}\t{new if key.is_newest else old}"


def _rotate(call: Call) -> Said:
    if call.arguments.kind == "sessions":
        ended = key_changes.end_every_session(call.session, call.now)
        return Said(note=f"{ended} browsers were signed in; none is any more. Nothing needs to be restarted.")
    if call.arguments.kind == "opening":
        path = key_changes.rotate_opening(call.session, call.keys_dir, call.now)
        then = "Kiosks take the new key with their next configuration. Earlier keys still open what was sealed to them."
    elif call.arguments.kind == "vapid":
        path = key_changes.rotate_vapid(call.session, call.keys_dir, call.now)
        then = (
            "Workers first: they must know the key before a browser takes it, which each does when its owner opens "
            "the console there. Until then the earlier key sends to it."
        )
    else:
        path = key_changes.rotate_data(call.session, call.keys_dir, call.now)
        then = (
            "Earlier keys still read what they wrote. To move that to the new key, after the restart: "
            "warm-handoff keys reencrypt --all-restarted"
        )
    return Said(note=f"Made {path}. {_EVERYWHERE} {then}")


def _reencrypt(engine: Engine, keys: Keys, _settings: Settings, _arguments: argparse.Namespace) -> Said:
    moved = key_changes.reencrypt(engine, keys)
    with Session(writing(engine)) as session, session.begin():
        after = {"moved to the newest data key": sum(moved.values())}
        audit.record(session, Act.KEYS_CHANGED, datetime.now(UTC), after=after)
    listed = "\n".join(f"{place}\t{count}" for place, count in moved.items())
    return Said(listed, f"{sum(moved.values())} values moved to the newest data key.")


def _retire(engine: Engine, _keys: Keys, settings: Settings, arguments: argparse.Namespace) -> Said:
    retire = {"data": key_changes.retire_data, "vapid": key_changes.retire_vapid}[arguments.kind]
    key = retire(engine, settings.keys_dir, arguments.number, datetime.now(UTC))
    done = f"Deleted {key.path}. Delete it" if key.path else f"Nothing needs {key.name} any more. Take it away here and"
    return Said(
        note=f"{done} on every other machine before anything starts there. "
        "Keep its copy beside the backups of the database from before: they cannot be used without it."
    )
