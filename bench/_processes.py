"""What a program costs with everything that it started."""

import time

import psutil


class Tree:
    """A process and its descendants, as they are at each question."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of processor time until now, of those that have ended as well when their parent waited for them."""
        return sum(sum(process.cpu_times()[:2]) for process in self._all()) + sum(self._root.cpu_times()[2:4])

    def pss(self) -> float:
        """MiB of memory, what is shared counted by its share."""
        return sum(process.memory_full_info().pss for process in self._all()) / 2**20

    def idle_cpu(self, seconds: float) -> float:
        """Percent of one processor over so many seconds."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds * 100

    def _all(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]
