"""Showing how far long work is: a bar on a terminal, a line now and then otherwise."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forecast_service.cli.output import say

__all__ = ["Look", "Stage", "shown", "timed"]

LOOK_SECONDS = 0.5
QUIET_SECONDS = 10.0  # at most one plain line per this time, unless the stage changes


@dataclass(frozen=True)
class Stage:
    """What long work is at."""

    name: str
    share: float | None
    """Finished share, 0 to 1; None when nobody knows."""
    note: str = ""

    def __str__(self) -> str:
        share = "" if self.share is None else f" {self.share:.0%}"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}{share}{note}"


Look = Callable[[], Stage | None]
"""Says what the work is at; None while there is nothing to say."""


@contextlib.contextmanager
def shown(look: Look) -> Iterator[None]:
    """Show what ``look`` says for as long as the block runs."""
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
def timed(what: str) -> Iterator[None]:
    """Say how long the block took."""
    start = time.monotonic()
    yield
    say(f"{what} took {time.monotonic() - start:.1f} s.")


def _show_lines(look: Look, stop: threading.Event) -> None:
    said, said_at = None, 0.0
    while not stop.wait(LOOK_SECONDS):
        stage = look()
        if stage is None or stage == said:
            continue
        is_new = said is None or stage.name != said.name
        if is_new or time.monotonic() - said_at >= QUIET_SECONDS:
            say(f"  {stage}")
            said, said_at = stage, time.monotonic()


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
