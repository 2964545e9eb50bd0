"""What the command line can do to the audit: ask whether it is whole."""

import argparse
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import audit, sealer
from intake_service.audit import Act
from intake_service.audit_verify import Verdict, verify
from intake_service.commands import Said
from intake_service.errors import NotReady
from intake_service.keys import Keys
from intake_service.settings import Settings
from notifications.db import writing


def describe(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `audit` to a parser; its command commits by itself."""
    actions = commands.add_parser("audit", help="who did what").add_subparsers(required=True, metavar="ACTION")
    parser = actions.add_parser("verify", help="find whatever was edited, deleted, put in, exchanged or cut off")
    said = "an end that an earlier run has printed, kept where nobody of this machine can change it; may be repeated"
    parser.add_argument("--end", action="append", default=[], metavar="END", help=said)
    parser.set_defaults(command=None, in_steps=_verify)


def _verify(engine: Engine, _keys: Keys, settings: Settings, arguments: argparse.Namespace) -> Said:
    """The chain's end goes to standard output. Raises NotReady with what was found."""
    with Session(engine) as session:
        verdict = verify(session, [sealer.seen_end(settings.keys_dir), *arguments.end])
    told = {"linked": verdict.linked, "findings": len(verdict.findings) + verdict.more_findings}
    with Session(writing(engine)) as session, session.begin():
        audit.record(session, Act.AUDIT_VERIFIED, datetime.now(UTC), after=told)
    if not verdict.is_whole:
        raise NotReady(_found(verdict))
    waiting = f", {verdict.waiting} wait for their link" if verdict.waiting else ""
    note = f"The audit is whole: {verdict.linked} entries{waiting}. Keep this end elsewhere, for the next time:"
    return Said(verdict.head, note)


def _found(verdict: Verdict) -> str:
    more = [f"and {verdict.more_findings} more"] if verdict.more_findings else []
    return "\n".join(["The audit is not whole.", *map(str, verdict.findings), *more])
