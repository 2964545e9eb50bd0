"""Links what the audit has gathered, soon after it was written: while the service runs, and at a command's end.

The keys folder keeps the chain's end in a file, which no right in the database reaches: a chain that is set back to an
earlier end, with everything that belongs to it, shows too.
"""

import asyncio
import logging
import secrets
from pathlib import Path

import anyio.to_thread
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from intake_service import audit_chain
from intake_service.guards import places
from notifications.db import writing

HEAD_FILE = "audit-head"
_EVERY = 1.0  # seconds: how long, at most, an entry stands without its link
_AFTER_TROUBLE = 30.0  # seconds

_log = logging.getLogger(__name__)


def begin(engine: Engine, keys_dir: Path) -> None:
    """At every start: the chain begins once. See audit_chain.begin."""
    with Session(writing(engine)) as session, session.begin():
        audit_chain.begin(session, is_known_to_have_begun=bool(seen_end(keys_dir)))


async def keep_sealing(engine: Engine, keys_dir: Path, stop: asyncio.Event) -> None:
    """Until told to stop, and once more then. Trouble is logged: entries wait, and nothing else waits for them."""
    while not stop.is_set():
        went_well = await anyio.to_thread.run_sync(try_to_seal, engine, keys_dir)
        try:
            await asyncio.wait_for(stop.wait(), _EVERY if went_well else _AFTER_TROUBLE)
        except TimeoutError:
            continue
    await anyio.to_thread.run_sync(try_to_seal, engine, keys_dir)


def try_to_seal(engine: Engine, keys_dir: Path) -> bool:
    """False: it did not go, which the log says; what waits is linked another time."""
    try:
        seal_all(engine, keys_dir)
    except Exception as error:
        _log.error("the audit's entries were not linked; they wait\n%s", places(error))
        return False
    return True


def seal_all(engine: Engine, keys_dir: Path) -> int:
    """Link what waits, batch by batch; returns how many entries."""
    linked = 0
    with Session(engine) as session:
        waiting = audit_chain.is_waiting(session)
    while waiting:
        with Session(writing(engine)) as session, session.begin():
            batch = audit_chain.seal(session)
        linked += batch
        waiting = batch == audit_chain.BATCH
    if linked:
        with Session(writing(engine)) as session:
            audit_chain.settle(session)
            session.commit()
        _keep_end(engine, keys_dir)
    return linked


def seen_end(keys_dir: Path) -> str:
    """The chain's end as this machine has last seen it; empty if never."""
    file = keys_dir / HEAD_FILE
    return file.read_text().strip() if file.exists() else ""


def _keep_end(engine: Engine, keys_dir: Path) -> None:
    """Unless the chain no longer has the end that we know: that stays, to be found."""
    known = seen_end(keys_dir)
    with Session(engine) as session:
        if known and not audit_chain.holds(session, known):
            return
        end = audit_chain.written_down(session)
    draft = keys_dir / f".{HEAD_FILE}.{secrets.token_hex(4)}"
    try:
        draft.touch(mode=0o600)  # as everything in that folder
        draft.write_text(f"{end}\n")
        draft.replace(keys_dir / HEAD_FILE)
    except OSError:  # a keys folder that is only read
        _log.debug("the keys folder cannot be written: the chain's end is not kept in it")
