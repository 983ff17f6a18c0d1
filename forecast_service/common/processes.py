"""Processes: a child ends together with its parent; the CPU time of a family."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path

__all__ = ["cpu_seconds", "end_with_parent"]

PROC = Path("/proc")


def end_with_parent(before: Callable[[], object] | None = None) -> None:
    """End this process as soon as its parent is gone, for whatever reason.

    ``before`` is called first. Nothing else is cleaned up, because nobody is left to take a result.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        if before is not None:
            before()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def cpu_seconds(process: int) -> float | None:
    """CPU time that a process and its descendants have used; None where ``/proc`` is missing."""
    if not (PROC / "self" / "stat").exists():
        return None
    ticks, children = {}, dict[int, list[int]]()
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        number = int(path.parent.name)
        ticks[number] = sum(int(field) for field in fields[11:15])  # own and of ended children
        children.setdefault(int(fields[1]), []).append(number)
    family, total = [process], 0
    while family:
        member = family.pop()
        total += ticks.get(member, 0)
        family += children.get(member, [])
    return total / os.sysconf("SC_CLK_TCK")
