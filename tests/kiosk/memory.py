"""Reads the memory of a process from outside, as somebody with its disk image or a debugger would."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")


def found_in_memory(pid: int, texts: Iterable[str]) -> Iterator[str]:
    """Which of the texts are anywhere in the process's memory, in any of the usual encodings, and where: as they are
    found, so that who wants one need not read all of it."""
    wanted = {text.encode(encoding): f"{text} ({encoding})" for text in texts for encoding in _ENCODINGS}
    pattern = re.compile(b"|".join(re.escape(each) for each in wanted))
    for region, content in _regions(pid):
        for match in pattern.finditer(content):
            yield f"{wanted[match.group()]} at {match.start():#x} in {region}"


def _regions(pid: int) -> Iterator[tuple[str, bytes]]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, _, _, _, *file = line.split(maxsplit=5)
            start, end = (int(each, 16) for each in span.split("-"))
            is_a_program = rights == "r-xp" and bool(file) and file[0].startswith("/")  # as it is on the disk
            if is_a_program or not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            try:
                memory.seek(start)
                yield line, memory.read(end - start)
            except OSError:
                continue  # a device's memory, such as a graphics card's


def files_with(folder: Path, texts: Iterable[str]) -> list[str]:
    """Which files under a folder hold one of the texts."""
    wanted = [text.encode(encoding) for text in texts for encoding in _ENCODINGS]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if any(each in path.read_bytes() for each in wanted)]
