"""What the processes of this machine cost, read from ``/proc``: CPU time and memory of a family."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cost", "cpu_seconds", "family", "measured", "resident_bytes"]

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STAT_PARENT = 1  # after the command's closing bracket
STAT_CPU = slice(11, 15)  # user and system time: its own, then those of its ended children
SAMPLE_SECONDS = 0.05
RESET_PEAK = "5"  # to clear_refs: VmHWM starts again from what is resident now


@dataclass
class Cost:
    """Of some work. ``peak_bytes``: most memory held at once by this process and its children."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


def family(pid: int) -> set[int]:
    """A process, its children and theirs."""
    found, stats = {pid}, _stats()
    while more := {each for each, stat in stats.items() if int(stat[STAT_PARENT]) in found} - found:
        found |= more
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far, that of ended children included."""
    stats = _stats()
    ticks = [int(each) for pid in pids if pid in stats for each in stats[pid][STAT_CPU]]
    return sum(ticks) / TICKS_PER_SECOND


def resident_bytes(pids: Iterable[int | str]) -> int:
    """Memory of all of them; a page that k of them share counts as a k-th of it for each (PSS)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended
            total += _kilobytes(PROC / str(pid) / "smaps_rollup", "Pss:")
    return total * 1024


@contextlib.contextmanager
def measured() -> Iterator[Cost]:
    """What the work inside costs this process and those it starts; complete when it is over.

    The own peak is the kernel's; that of the whole family is looked at twenty times a second, for
    as long as there is more than one.
    """
    cost, own = Cost(), os.getpid()
    (PROC / "self/clear_refs").write_text(RESET_PEAK)
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(own, cost, over))
    began, used = time.monotonic(), cpu_seconds(family(own))
    watching.start()
    try:
        yield cost
    finally:
        over.set()
        watching.join()
        cost.wall_seconds = time.monotonic() - began
        cost.cpu_seconds = cpu_seconds(family(own)) - used
        alone = _kilobytes(PROC / "self/status", "VmHWM:") * 1024
        cost.peak_bytes = max(cost.peak_bytes, alone)


def _watch(pid: int, cost: Cost, over: threading.Event) -> None:
    while not over.wait(SAMPLE_SECONDS):
        members = family(pid)
        if len(members) > 1:
            cost.peak_bytes = max(cost.peak_bytes, resident_bytes(members))


def _kilobytes(file: Path, name: str) -> int:
    lines = file.read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _stats() -> dict[int, list[str]]:
    stats = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                stats[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    return stats
