"""Reads the memory of a process from outside, as somebody with its disk image or a debugger would."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_PIECE = 1 << 16  # bytes
_WIDEST = 3  # bytes of zero with which the last letter of a text may end
_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")


def found_in_memory(pid: int, texts: Iterable[str]) -> list[str]:
    """Which of the texts are anywhere in the process's memory, in any of the usual encodings, and where."""
    wanted = {text.encode(encoding): f"{text} ({encoding})" for text in texts for encoding in _ENCODINGS}
    pattern = re.compile(b"|".join(re.escape(each) for each in wanted))
    found = []
    for region, content in _regions(pid):
        for start, end in _written(content):
            hits = pattern.finditer(content, start, end + _WIDEST)
            found += [f"{wanted[hit.group()]} at {hit.start():#x} in {region}" for hit in hits]
    return found


def _written(content: bytes) -> Iterator[tuple[int, int]]:
    """Where something else than nothing stands: most of what a process has reserved was never written to."""
    nothing = bytes(_PIECE)
    start = None
    for at in range(0, len(content), _PIECE):
        is_empty = content[at : at + _PIECE] == nothing
        if start is not None and is_empty:
            yield start, at
            start = None
        elif start is None and not is_empty:
            start = at
    if start is not None:
        yield start, len(content)


def _regions(pid: int) -> Iterator[tuple[str, bytes]]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(each, 16) for each in span.split("-"))
            if not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
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
