"""What somebody with a copy of a database has: its files, its log, freed pages, and on PostgreSQL its dump."""

import base64
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

_LOG_PAGE = 8192  # bytes, XLOG_BLCKSZ


def stored_bytes(engine: Engine, database_url: str) -> dict[str, bytes]:
    """The bytes of each place, as they are now, also those of pages that are not in use any more."""
    if engine.dialect.name == "sqlite":
        return _sqlite_files(engine, Path(make_url(database_url).database or ""))
    return {"dump": _dump(database_url), **_postgres_files(engine, database_url)}


def ways_to_write(word: str) -> Iterator[tuple[str, bytes]]:
    """The bytes by which a word may stand somewhere, with the name of that way."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield encoding, word.encode(encoding)
        yield f"{encoding} in hex", word.encode(encoding).hex().encode()
        yield f"{encoding} in HEX", word.encode(encoding).hex().upper().encode()
    yield "JSON", word.encode("ascii", "backslashreplace")
    for before in range(3):  # base64 writes three bytes as four letters: a word begins at one of three places
        padded = bytes(before) + word.encode()
        whole = padded[: len(padded) // 3 * 3][3 if before else 0 :]
        yield f"base64 after {before}", base64.b64encode(whole)
        yield f"base64url after {before}", base64.urlsafe_b64encode(whole)


def found(word: str, places: Mapping[str, bytes]) -> list[str]:
    """In which place and how the word stands; small and capital letters are one where they are letters."""
    return [
        f"{way} in {place}"
        for place, content in places.items()
        for way, written in ways_to_write(word)
        if (written in content if "64" in way or "16" in way else written.lower() in _lowered(content))
    ]


@lru_cache(8)
def _lowered(content: bytes) -> bytes:
    return content.lower()


def _sqlite_files(engine: Engine, file: Path) -> dict[str, bytes]:
    """The log as it is, and then the file with what the log brought into it."""
    log = file.with_name(f"{file.name}-wal").read_bytes()
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))
    return {"log": log, "files": file.read_bytes()}


def _dump(database_url: str) -> bytes:
    url = make_url(database_url)
    dump = ["pg_dump", "--host", str(url.query["host"]), "--username", url.username or "", url.database or ""]
    return subprocess.run(dump, capture_output=True, check=True).stdout


def _postgres_files(engine: Engine, database_url: str) -> dict[str, bytes]:
    """The database's own files, and what the server's write-ahead log was last written to."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
        newest = connection.execute(text("SELECT pg_walfile_name(pg_current_wal_lsn())")).scalar_one()
    data = Path(str(make_url(database_url).query["host"])) / "data"
    files = b"\n".join(each.read_bytes() for each in sorted((data / "base" / str(number)).iterdir()))
    log = sorted(each for each in (data / "pg_wal").iterdir() if each.is_file() and each.name <= newest)
    return {"files": _dense(files), "log": _dense(b"".join(map(_records, log[-2:])))}


def _records(segment: Path) -> bytes:
    """What the log says without the headers of its pages, which stand in the middle of whatever goes over a page's end.

    xlog_internal.h: a segment's first page has the long header, 40 bytes; each other one the short header, 24.
    """
    content = segment.read_bytes()
    pages = (content[start : start + _LOG_PAGE] for start in range(0, len(content), _LOG_PAGE))
    return b"".join(page[24 if number else 40 :] for number, page in enumerate(pages))


def _dense(content: bytes) -> bytes:
    """Without long runs of zeros, of which most of it is."""
    return re.sub(rb"\0{16,}", bytes(8), content)
