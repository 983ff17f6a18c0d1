"""Cost of some work: time and memory of a process and its children, read from ``/proc``."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forecast_service.common.processes import cpu_seconds

__all__ = ["Cost", "family", "measured", "resident_bytes"]

PROC = Path("/proc")
STAT_PARENT = 1  # counted after the closing bracket of the command
SAMPLE_SECONDS = 0.05
RESET_PEAK = "5"  # written to clear_refs, it sets VmHWM to the memory resident now


@dataclass
class Cost:
    """Cost of some work. ``peak_bytes``: peak memory of this process and its children together."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


def family(pid: int) -> set[int]:
    """A process, its children and theirs."""
    members, stats = {pid}, _stats()
    children = {pid}
    while children:
        children = {other for other, stat in stats.items() if int(stat[STAT_PARENT]) in members}
        children -= members
        members |= children
    return members


def resident_bytes(pids: Iterable[int | str]) -> int:
    """Memory of all processes (PSS): a page that k processes share counts 1/k for each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # the process has ended
            total += _kilobytes(PROC / str(pid) / "smaps_rollup", "Pss:")
    return total * 1024


@contextlib.contextmanager
def measured() -> Iterator[Cost]:
    """The cost of the work inside for this process and its children; complete at the end.

    The kernel reports the peak of this process. While there are children, the memory of all is
    sampled twenty times a second.
    """
    cost, own = Cost(), os.getpid()
    (PROC / "self/clear_refs").write_text(RESET_PEAK)
    stopped = threading.Event()
    watching = threading.Thread(target=_watch, args=(own, cost, stopped))
    began, used = time.monotonic(), cpu_seconds(own) or 0.0
    watching.start()
    try:
        yield cost
    finally:
        stopped.set()
        watching.join()
        cost.wall_seconds = time.monotonic() - began
        cost.cpu_seconds = (cpu_seconds(own) or 0.0) - used
        own_peak = _kilobytes(PROC / "self/status", "VmHWM:") * 1024
        cost.peak_bytes = max(cost.peak_bytes, own_peak)


def _watch(pid: int, cost: Cost, stopped: threading.Event) -> None:
    while not stopped.wait(SAMPLE_SECONDS):
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
