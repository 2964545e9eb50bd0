"""What the command line can do about what is kept for how long. To be run every night by the machine's own clock."""

import argparse
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import retention, sites
from intake_service.commands import Said
from intake_service.keys import Keys
from intake_service.retention import Line
from intake_service.settings import Settings
from intake_service.tables import Site


def describe(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `retention` to a parser; its command commits by itself, record by record."""
    actions = commands.add_parser("retention", help="what is kept for how long").add_subparsers(
        required=True, metavar="ACTION"
    )
    parser = actions.add_parser("run", help="erase what the sites keep no longer")
    parser.add_argument("--dry-run", action="store_true", help="only count")
    parser.set_defaults(command=None, in_steps=_run)


def _run(engine: Engine, _keys: Keys, _settings: Settings, arguments: argparse.Namespace) -> Said:
    now = datetime.now(UTC)
    with Session(engine) as session:
        every = [(site.id, site.name) for site in sites.every(session)]
    listed, count = [], 0
    for site_id, name in every:
        for line in _counted(engine, site_id, now, dry=arguments.dry_run):
            listed.append(_told(name, line))
            count += line.count
    what = "would be erased. Nothing was changed." if arguments.dry_run else "erased."
    return Said(
        "\n".join(listed), f"{count} {what}" if listed else "No site erases anything by itself: Sites → Records."
    )


def _counted(engine: Engine, site_id: int, now: datetime, *, dry: bool) -> list[Line]:
    if not dry:
        return retention.run(engine, site_id, now)
    with Session(engine) as session:
        return retention.due(session, session.get_one(Site, site_id), now)


def _told(name: str, line: Line) -> str:
    held = f"\t{line.held} on legal hold" if line.held else ""
    return f"{name}\t{line.kind}\tbefore {line.before:%Y-%m-%d}\t{line.count}{held}"
