"""Progress of long work: a bar on a terminal, otherwise a line now and then."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forecast_service.cli.output import say

__all__ = ["Look", "Stage", "report_time", "show_progress"]

LOOK_SECONDS = 0.5
QUIET_SECONDS = 10.0  # shortest time between two lines about the same stage


@dataclass(frozen=True)
class Stage:
    """The current stage of long work."""

    name: str
    share: float | None
    """Finished share, 0 to 1; None if it is not known."""
    note: str = ""

    def __str__(self) -> str:
        share = "" if self.share is None else f" {self.share:.0%}"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}{share}{note}"


Look = Callable[[], Stage | None]
"""Returns the current stage; None while there is nothing to show."""


@contextlib.contextmanager
def show_progress(look: Look) -> Iterator[None]:
    """Show the stage that ``look`` returns, while the block runs."""
    stop = threading.Event()
    show = _show_bar if sys.stderr.isatty() else _show_lines
    thread = threading.Thread(target=show, args=(look, stop), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def report_time(work: str) -> Iterator[None]:
    """Print how long the block took."""
    start = time.monotonic()
    yield
    say(f"{work} took {time.monotonic() - start:.1f} s.")


def _show_lines(look: Look, stop: threading.Event) -> None:
    last, last_at = None, 0.0
    while not stop.wait(LOOK_SECONDS):
        stage = look()
        if stage is None or stage == last:
            continue
        is_new = last is None or stage.name != last.name
        if is_new or time.monotonic() - last_at >= QUIET_SECONDS:
            say(f"  {stage}")
            last, last_at = stage, time.monotonic()


def _show_bar(look: Look, stop: threading.Event) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        while not stop.wait(LOOK_SECONDS):
            stage = look()
            if stage:
                total = None if stage.share is None else 1.0
                bar.update(task, description=str(stage), completed=stage.share or 0.0, total=total)
