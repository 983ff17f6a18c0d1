"""The processes of a worker, as ``/proc`` shows them."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def children_of(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = (int(path.name) for path in PROC.glob("[0-9]*"))
    return [child for child in found if _fields(child)[1:2] == [str(pid)]]


def descendants(pid: int) -> list[int]:
    """All descendants of this process."""
    children = children_of(pid)
    return children + [below for child in children for below in descendants(child)]


def computations(worker: int) -> list[int]:
    """The child processes that compute: those that the fork server of the worker has started."""
    return [pid for server in children_of(worker) for pid in children_of(server)]


def is_running(pid: int) -> bool:
    return _fields(pid)[:1] not in ([], ["Z"])


def _fields(pid: int) -> list[str]:
    """State, parent and further fields; none once the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
