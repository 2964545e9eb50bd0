"""A command line whose process is killed at a chosen moment: `with dying() as run: run(7, "keys", "rotate", "data")`.

A moment is what a power cut could come before: a durable write of a file or a folder, a link, a deletion, a statement
that writes, a commit. Every run is a process of its own, forked from one that has everything imported.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from intake_service.__main__ import main

_WRITES = ("INSERT", "UPDATE", "DELETE")
Run = Callable[..., int]
"""Of a number and a command: killed before that moment, counted from 1. -9, or the command's exit code."""


@contextmanager
def dying(environment: Mapping[str, str]) -> Iterator[Run]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.dying"],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        asked, answers = parent.stdin, parent.stdout

        def run(moment: int, *command: str) -> int:
            print(json.dumps([moment, *command]), file=asked, flush=True)
            return int(answers.readline())

        try:
            yield run
        finally:
            asked.close()


def _killed_before(moment: int) -> None:
    """From here on this process counts moments."""
    left = moment

    def comes() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("fsync", "link", "unlink"):
        setattr(os, name, _after(comes, getattr(os, name)))
    event.listen(Engine, "commit", lambda _connection: comes())
    event.listen(Engine, "before_cursor_execute", lambda _c, _u, sql, *_: comes() if sql.startswith(_WRITES) else None)


def _after(comes: Callable[[], None], call: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        comes()
        return call(*arguments, **named)

    return counted


def _serve() -> None:
    for line in sys.stdin:
        moment, *command = json.loads(line)
        child = os.fork()
        if not child:
            os.dup2(2, 1)  # what the command prints is no answer of ours
            _killed_before(moment)
            os._exit(main(command))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
